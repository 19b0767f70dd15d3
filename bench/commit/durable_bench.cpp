// SPDX-License-Identifier: Apache-2.0
#include "../figures/bounds.hpp"
#include "../figures/lane.hpp"
#include "../wal/ready_journal.hpp"
#include "loopback_rooflines.hpp"
#include "three_processes.hpp"

#include <chronik/posix/io_lanes.hpp>
#include <chronik/posix/loop_lane.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <vector>

/// What a commit costs three processes on loopback: everything that a node does but its clients. All three journals are
/// on one disk, so its syncs compete; `sync_of_three_us` is what a quorum of three bare ones takes then.
namespace {

using namespace chronik;
using namespace chronik::bench;

constexpr group_id only_group{1};
constexpr double node_us_max = 60;  ///< what the nodes may add to the sync and the round trip

// ---- rooflines ----

void tell_median(benchmark::State& state, std::vector<double>& ns) {
    state.counters["p50_us"] = quantile(ns, 0.5) / 1000;
    state.counters["p99_us"] = quantile(ns, 0.99) / 1000;
}
template <waits How>
void round_trip(benchmark::State& state) {
    echo_process other{64, How};
    std::vector<double> took;
    for (auto each : state) {
        (void)each;
        took.push_back(other.round_trip_ns());
        state.SetIterationTime(took.back() / 1e9);
    }
    tell_median(state, took);
}
void loopback_stream(benchmark::State& state) {
    for (auto each : state) {
        (void)each;
        double const speed = loopback_bytes_per_second(std::size_t{64} << 10, 32768);
        state.SetIterationTime(64.0 * 1024 / speed);
        state.counters["GBps"] = speed / 1e9;
    }
}

// ---- what a commit is held to ----

/// A bare write and its sync, as one that is run on a lane.
struct bare_sync {
    written_file* file;
    std::vector<std::byte> const* block;
    double ns = 0;
    void run() { ns = file->write_and_sync_ns(*block); }
};

/// The disk and the line under three nodes, looked at by turns with their commits.
class floor_of_commit {
public:
    explicit floor_of_commit(posix::directory& where)
        : files_{written_file{where, "bare-1", file_bytes}, written_file{where, "bare-2", file_bytes},
                 written_file{where, "bare-3", file_bytes}} {}

    void look(echo_process& other) {
        round_trips_.push_back(other.round_trip_ns());
        syncs_.push_back(files_[0].write_and_sync_ns(block_));
    }
    /// The second of three that begin together is when a quorum has it.
    void look_at_three() {
        bare_sync own{&files_[0], &block_};
        lanes_[0].start({&files_[1], &block_});
        lanes_[1].start({&files_[2], &block_});
        own.run();
        std::array<double, 3> ns{own.ns, lanes_[0].take().ns, lanes_[1].take().ns};
        std::ranges::sort(ns);
        syncs_of_three_.push_back(ns[1]);
    }

    double round_trip_us() { return quantile(round_trips_, 0.5) / 1000; }
    double sync_us() { return quantile(syncs_, 0.5) / 1000; }
    double sync_of_three_us() { return quantile(syncs_of_three_, 0.5) / 1000; }

private:
    static constexpr std::size_t file_bytes = std::size_t{16} << 20;

    std::array<written_file, 3> files_;
    std::array<lane<bare_sync>, 2> lanes_;
    std::vector<std::byte> block_ = std::vector<std::byte>(4096, std::byte{1});
    std::vector<double> round_trips_;
    std::vector<double> syncs_;
    std::vector<double> syncs_of_three_;
};

/// Nanoseconds from the first proposal until `count` entries, proposed together, are known to be committed; nothing if
/// one was not.
template <class Lanes>
std::optional<double> commit_ns(disk_node<Lanes>& leader, shared_bytes const& payload, std::size_t count) {
    std::size_t committed = 0;
    bool good = true;
    auto const begin = steady::now();
    for (std::size_t nth = 0; nth < count && good; ++nth) {
        auto const accepted = leader.host().propose(only_group, payload, 1, acknowledge::committed, 0,
                                                    net::steady_now(), [&](auto const& outcome) {
                                                        ++committed;
                                                        good = good && !outcome.error;
                                                    });
        if (!accepted) return std::nullopt;
    }
    leader.request_turn();
    while (committed < count && good) leader.loop().run_one();
    if (!good) return std::nullopt;
    return nanoseconds(steady::now() - begin);
}

enum class durability { fdatasync, page_cache };

template <durability How>
wal::options options_of() {
    wal::options limits;
    limits.sync = How == durability::fdatasync;
    return limits;
}

/// One entry after the other.
template <durability How, class Lanes>
void latency(benchmark::State& state) {
    auto const payload = payload_of(static_cast<std::size_t>(state.range(0)));
    echo_process other{64, waits::asleep};
    three_processes<Lanes> group{1, options_of<How>()};
    floor_of_commit floor{group.where()};
    std::vector<double> took;
    for (auto each : state) {
        (void)each;
        auto const ns = commit_ns(group.leader(), payload, 1);
        if (!ns) return state.SkipWithError("an entry was not committed");
        took.push_back(*ns);
        state.SetIterationTime(*ns / 1e9);
        floor.look(other);
        floor.look_at_three();
    }
    double const sync = How == durability::fdatasync ? floor.sync_us() : 0;
    double const p50 = quantile(took, 0.5) / 1000;
    bounds{state}.at_most("p50_us", p50, sync + floor.round_trip_us() + node_us_max);
    state.counters["p99_us"] = quantile(took, 0.99) / 1000;
    state.counters["sync_us"] = floor.sync_us();
    state.counters["sync_of_three_us"] = floor.sync_of_three_us();
    state.counters["round_trip_us"] = floor.round_trip_us();
    state.counters["beyond_us"] = p50 - sync - floor.round_trip_us();
    double const quorum = How == durability::fdatasync ? floor.sync_of_three_us() : 0;
    state.counters["beyond_three_us"] = p50 - quorum - floor.round_trip_us();
}

/// So many at once, again and again, beside as many in each sync and round trip of the machine.
template <class Lanes>
void throughput(benchmark::State& state) {
    auto const batch = static_cast<std::size_t>(state.range(0));
    auto const payload = payload_of(static_cast<std::size_t>(state.range(1)));
    echo_process other{64, waits::asleep};
    three_processes<Lanes> group{1};
    floor_of_commit floor{group.where()};
    std::vector<double> took;
    for (auto each : state) {
        (void)each;
        auto const ns = commit_ns(group.leader(), payload, batch);
        if (!ns) return state.SkipWithError("an entry was not committed");
        took.push_back(*ns);
        state.SetIterationTime(*ns / 1e9);
        floor.look(other);
    }
    double const p50 = quantile(took, 0.5);
    double const records = static_cast<double>(batch) / p50 * 1e9;
    double const limit = static_cast<double>(batch) / (floor.sync_us() + floor.round_trip_us()) * 1e6;
    state.counters["p50_us"] = p50 / 1000;
    state.counters["records_s"] = records;
    state.counters["MBps"] = records * static_cast<double>(payload.size()) / 1e6;
    state.counters["limit_records_s"] = limit;
    state.counters["of_limit"] = records / limit;
}

}  // namespace

BENCHMARK(round_trip<waits::asleep>)->Name("BM_Roofline_RttBlock")->UseManualTime()->Iterations(2000);
BENCHMARK(round_trip<waits::spinning>)->Name("BM_Roofline_RttSpin")->UseManualTime()->Iterations(2000);
BENCHMARK(loopback_stream)->Name("BM_Roofline_LoopbackStream")->UseManualTime()->Iterations(1);

// Each with threads of their own for the syncs, and with syncs on the loop.
BENCHMARK(latency<durability::fdatasync, posix::io_lanes>)->Name("BM_Commit_Latency/fdatasync")
    ->Arg(100)->Arg(1024)->UseManualTime()->Iterations(500);
BENCHMARK(latency<durability::fdatasync, posix::loop_lane>)->Name("BM_Commit_Latency/fdatasync/on_loop")
    ->Arg(100)->Arg(1024)->UseManualTime()->Iterations(500);
BENCHMARK(latency<durability::page_cache, posix::io_lanes>)->Name("BM_Commit_Latency/page_cache")
    ->Arg(100)->Arg(1024)->UseManualTime()->Iterations(500);
BENCHMARK(latency<durability::page_cache, posix::loop_lane>)->Name("BM_Commit_Latency/page_cache/on_loop")
    ->Arg(100)->Arg(1024)->UseManualTime()->Iterations(500);
BENCHMARK(throughput<posix::io_lanes>)->Name("BM_Commit_Throughput")
    ->ArgsProduct({{1, 8, 64, 512, 4096}, {100, 1024}})->ArgNames({"batch", "bytes"})->UseManualTime()->Iterations(200);
BENCHMARK(throughput<posix::loop_lane>)->Name("BM_Commit_Throughput/on_loop")
    ->ArgsProduct({{1, 8, 64, 512, 4096}, {100, 1024}})->ArgNames({"batch", "bytes"})->UseManualTime()->Iterations(200);
