// SPDX-License-Identifier: Apache-2.0
#include "../figures/bounds.hpp"
#include "../figures/process.hpp"
#include "../figures/quantile.hpp"
#include "../wal/rooflines.hpp"
#include "counted_new.hpp"
#include "counting.hpp"
#include "inline_executor.hpp"

#include <chronik/node/host.hpp>
#include <chronik/posix/directory.hpp>
#include <chronik/transport/loopback.hpp>
#include <chronik/wal/journal.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// What groups cost that have nothing to do: three hosts with their journals on one thread, in virtual time, so that a
/// minute of rest is over as soon as its work is done. Frames go from hand to hand: what sockets cost is not in it, and
/// two nodes exchange a few frames in a heartbeat interval, however many groups they share.
namespace {

using namespace chronik;
using namespace chronik::bench;

constexpr std::uint32_t members_max = 3;

class member {
public:
    using journal_type = wal::journal<posix::directory>;
    using endpoint_type = transport::loopback::endpoint;
    using bag_type = policies<use<slot::storage, journal_type&>, use<slot::transport, endpoint_type&>,
                              use_type<slot::machine, counting>, use<slot::executor, inline_executor&>>;
    using host_type = chronik::host<bag_type>;

    member(transport::loopback& network, node_id self, std::string const& path, time_point const& now)
        : files_(*posix::directory::open_exclusive(path)), journal_(*journal_type::open(files_, limits(), self.value)),
          link_(network.attach(self, [this, &now](node_id from, std::uint8_t, shared_bytes body) {
              host_.on_frame(from, std::move(body), now);
          })),
          host_(self, bag_type{{journal_}, {link_}, {}, {work_}}, {}, self.value, [] {}) {}

    host_type& host() { return host_; }
    /// False if nothing was left to be written.
    bool turn(time_point now) {
        host_.finish_turn(now);
        return work_.finish_all();
    }

private:
    /// The table at the start of a segment has a row for each group.
    static wal::options limits() {
        wal::options made;
        made.groups_max = std::size_t{1} << 17;
        made.staged_bytes_max = std::size_t{32} << 20;
        made.sync = false;
        return made;
    }

    posix::directory files_;
    journal_type journal_;
    inline_executor work_;
    endpoint_type link_;
    host_type host_;
};

class three_hosts {
public:
    three_hosts() {
        for (std::uint32_t number = 1; number <= members_max; ++number) {
            members_[number - 1] = std::make_unique<member>(network_, node_id{number},
                                                            place_.path + "/" + std::to_string(number), now_);
        }
        settle();
    }

    /// Groups in which every entry is committed everywhere, led by the three in turn.
    void open(std::uint64_t groups) {
        raft::configuration const all{.voters = {node_id{1}, node_id{2}, node_id{3}}, .learners = {}};
        for (std::uint64_t group = 1; group <= groups; ++group) {
            for (std::uint64_t seat = 0; seat < members_max; ++seat) {
                bool const campaign = group % members_max == seat;
                if (!members_[seat]->host().open_group({group}, all, counting{}, campaign, now_)) std::abort();
            }
            if (group % opened_at_once == 0) settle();
        }
        settle();
    }

    void run_for(duration span) {
        time_point const end = now_ + span;
        while (true) {
            time_point due = never;
            for (auto const& each : members_) due = std::min(due, each->host().wake_at());
            if (due > end) break;
            now_ = std::max(now_, due);
            for (auto const& each : members_) {
                if (each->host().wake_at() <= now_) each->host().on_time(now_);
            }
            settle();
        }
        now_ = end;
    }

    /// How many of the groups rest, as the first node knows it.
    std::uint64_t resting() const {
        return static_cast<std::uint64_t>(std::ranges::count_if(members_[0]->host().groups(), [](auto const& each) {
            return each.second->core.resting() != raft::resting{};
        }));
    }

private:
    static constexpr std::uint64_t opened_at_once = 1000;

    /// Until nothing is on its way and nothing is to be written.
    void settle() {
        for (bool moved = true; moved;) {
            moved = false;
            for (auto const& each : members_) moved |= each->turn(now_);
            while (network_.deliver_one()) moved = true;
        }
    }

    scratch place_;
    time_point now_{std::chrono::seconds{1}};
    transport::loopback network_{std::size_t{1} << 20};
    std::array<std::unique_ptr<member>, members_max> members_;
};

constexpr std::uint64_t groups_bounded = 100'000;

/// The heap of one replica, index of its log included, and the share of a core that a node needs for all of them.
void idle(benchmark::State& state) {
    auto const groups = static_cast<std::uint64_t>(state.range(0));
    constexpr auto rest = std::chrono::seconds{60};
    three_hosts three;
    auto const before = heap().live_bytes;
    three.open(groups);
    three.run_for(std::chrono::seconds{5});
    if (three.resting() != groups) return state.SkipWithError("not all groups rest");
    auto const replicas = static_cast<double>(groups) * members_max;
    double const bytes = static_cast<double>(heap().live_bytes - before) / replicas;

    std::vector<double> shares;
    for (auto each : state) {
        (void)each;
        double const begin = thread_nanoseconds();
        three.run_for(rest);
        double const took = thread_nanoseconds() - begin;
        shares.push_back(took / members_max / std::chrono::duration<double, std::nano>(rest).count());
        state.SetIterationTime(took / 1e9);
    }
    if (three.resting() != groups) return state.SkipWithError("not all groups rest");
    auto held = bounds{state}.at_most("core_percent", quantile(shares, 0.5) * 100, 1);
    state.counters["bytes_per_group"] = bytes;
    // Of fewer groups it is the nodes' own buffers that are seen, which all groups share.
    if (groups == groups_bounded) held.at_most("bytes_per_group", bytes, 1024);
    state.counters["sizeof_group"] = static_cast<double>(sizeof(member::host_type::group_type));
}

}  // namespace

BENCHMARK(idle)->Name("BM_Commit_Groups/idle")->Arg(1000)->Arg(groups_bounded)->UseManualTime()->Iterations(10);
