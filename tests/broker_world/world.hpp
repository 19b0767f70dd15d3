// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker_world/brokers.hpp>
#include <broker_world/connection.hpp>
#include <broker_world/group_history.hpp>
#include <broker_world/history.hpp>
#include <broker_world/page_cache.hpp>
#include <broker_world/plan.hpp>
#include <broker_world/process.hpp>
#include <broker_world/state_checks.hpp>
#include <broker_world/wires.hpp>
#include <cluster/cluster.hpp>
#include <cluster/metadata_members.hpp>
#include <composition.hpp>
#include <engine/engine.hpp>
#include <log/log.hpp>
#include <metadata/commands.hpp>
#include <metadata/image.hpp>
#include <partitions/cold_reads.hpp>
#include <settings/exit.hpp>
#include <settings/settings.hpp>

#include <chronik/base/ids.hpp>
#include <chronik/base/random.hpp>
#include <chronik/base/time.hpp>
#include <chronik/raft/configuration.hpp>
#include <chronik/testing/clock.hpp>
#include <chronik/testing/disk.hpp>
#include <chronik/testing/findings.hpp>
#include <chronik/testing/lifetime.hpp>
#include <chronik/testing/scheduler.hpp>
#include <chronik/testing/trace.hpp>
#include <chronik/wal/recovery_report.hpp>

#include <asio/awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace broker::world {

/// Whole brokers in one thread, in which time, disks, connections and chance are the seed's. The engines, hosts and
/// journals are those that run in production; what they stand on is environment.hpp.
///
/// A crash is one of three: the power goes, the process is killed, or it is told to stop and leaves.
/// threads   one
class world {
public:
    /// For chronik::testing::inflict.
    struct observation {
        chronik::testing::trace told;
    };

    explicit world(plan of)
        : plan_(std::move(of)), chance_(plan_.seed), links_(events_, chance_(), plan_.wires),
          checks_(found_, watch_.told, records_, groups_) {
        for (std::uint32_t number = 1; number <= plan_.nodes; ++number) everyone_.push_back(chronik::node_id{number});
        founders_ = everyone_;
        for (auto const each : everyone_) nodes_.emplace(each, std::make_unique<node>(*this, each, chance_(), false));
    }
    world(world const&) = delete;
    world& operator=(world const&) = delete;

    /// Each thing that happens, and what the brokers log, as lines.
    void listen(chronik::testing::trace::listener told) {
        told_ = told;
        watch_.told.listen(std::move(told));
        for (auto const& [id, of] : nodes_) of->lines.set_level(log_level::debug);
    }

    /// The node recovers and joins again. A fault or a power cut that its disk was told to have may fall into the
    /// recovery: then it stays down.
    void restart(chronik::node_id which) {
        node& of = *nodes_.at(which);
        if (of.running || of.is_gone) return;
        ++of.starts;
        chronik::wal::recovery_report report;
        auto parts = parts_of(which, of);
        auto opened = process::open(std::move(parts), chance_(), report);
        if (!opened && !of.medium.has_power()) return of.medium.crash();
        if (!opened && chronik::testing::may_start_later(opened.error())) return lose_memory(of);
        if (!opened) {
            return found_.report("node " + std::to_string(which.value) + ": recovery refused: " +
                                 opened.error().message() + ": " + report.file + ": " + report.what);
        }
        of.running = std::move(*opened);
        note("starts with records", which, report.records);
        checks_.began(which);
        links_.attach(which, {.on_frame = [&of](auto from, auto channel,
                                                auto body) { of.running->on_frame(from, channel, std::move(body)); },
                              .on_peer = [&of](auto peer, bool up) { of.running->on_peer(peer, up); }});
        if (auto const begun = of.running->start(); !begun) end_soon(which, "cannot open the metadata");
    }

    void crash(chronik::node_id which) {
        node& of = *nodes_.at(which);
        if (!of.running) return;
        auto const dice = chance_.below(100);
        if (dice < 55) return cut_power(which);
        if (dice < 80) return kill(which, "is killed");
        note("is told to stop", which, 0);
        of.running->leave();
    }
    /// What no sync covered is lost, torn or kept, a write under way gets as far as chance lets it, and perhaps nobody
    /// hears that the machine is gone.
    void cut_power(chronik::node_id which) {
        node& of = *nodes_.at(which);
        if (!of.running) return;
        note("loses power", which, 0);
        bool const quiet = chance_.chance(50);
        links_.detach(which, quiet);
        of.medium.power_off_after(chance_.below(crash_operations_max));
        of.running->interrupt(quiet);
        end_life(of);
        of.medium.crash();
    }
    /// The process is gone; what it wrote is in the page cache, as far as it got.
    void kill(chronik::node_id which, std::string_view how) {
        node& of = *nodes_.at(which);
        if (!of.running) return;
        note(how, which, 0);
        links_.detach(which, false);
        end_life(of);
        lose_memory(of);
    }

    void freeze(chronik::node_id which, chronik::duration time) {
        if (is_running(which)) nodes_.at(which)->running->freeze(time);
    }
    /// A broker that comes back with an empty disk has forgotten its votes: another has to come in its place, which is
    /// an operator's business.
    ///
    /// returns   false: there is nothing to start again
    bool wipe(chronik::node_id which) {
        if (wiped_) wiped_(which);
        return false;
    }
    /// operated   called when a broker is to lose its disk, sooner or later
    void when_wiped(std::function<void(chronik::node_id)> operated) { wiped_ = std::move(operated); }
    /// A machine that nobody has known yet; its broker waits to be let in.
    void add(chronik::node_id which) {
        nodes_.emplace(which, std::make_unique<node>(*this, which, chance_(), true));
        if (told_) nodes_.at(which)->lines.set_level(log_level::debug);
        everyone_.push_back(which);
        restart(which);
    }
    /// It is to be told that it is not wanted any more, and ends then.
    void is_sent_away(chronik::node_id which) { sent_away_.insert(which); }
    /// Process, memory and disk are gone for ever.
    void remove(chronik::node_id which) {
        kill(which, "is gone for ever");
        nodes_.at(which)->is_gone = true;
        std::erase(everyone_, which);
    }
    void skew(chronik::node_id which, std::int64_t ppm) {
        if (is_running(which)) nodes_.at(which)->running->loop().run_at(ppm);
    }
    void stall_disk(chronik::node_id which, chronik::duration time) {
        if (is_running(which)) nodes_.at(which)->running->stall(time);
    }
    /// Whoever leads the group is asked to hand it over.
    void transfer(chronik::group_id group, chronik::node_id to) {
        for (auto const& [id, of] : nodes_) {
            auto* const found = of->running ? of->running->inside().logs().find(group) : nullptr;
            if (found == nullptr || !found->is_leader()) continue;
            of->running->loop().post([at = of->running.get(), group, to] {
                static_cast<void>(at->inside().logs().transfer(group, to, at->loop().now()));
                at->turns().request_turn();
            });
        }
    }
    /// Some broker is asked to get a partition moved to the voters of `to`.
    void change_members(chronik::group_id group, chronik::raft::configuration const& to) {
        auto const asked = any_node();
        if (to.voters.empty() || !is_running(asked) || !inside(asked).members().ready()) return;
        if (inside(asked).members().image()->find_partition(group) == nullptr) return;
        metadata::alter_reassignments command;
        // With a replica on each broker there is, nobody could be sent away.
        auto target = to.voters;
        target.resize(std::min<std::size_t>(target.size(), planned().nodes));
        command.partitions.push_back({group, std::move(target)});
        submit(asked, std::move(command));
    }
    /// A broker that runs is given a command for the metadata; nobody waits for what comes of it.
    template <class Command>
    void submit(chronik::node_id at, Command command) {
        auto& asked = *nodes_.at(at)->running;
        asked.loop().start(carry_out(asked.inside().members(), std::move(command)));
    }
    bool is_witness(chronik::node_id) const { return false; }

    /// Ends everything that hurts, and starts whoever is down.
    void heal() {
        links_.heal();
        for (auto const each : everyone_) {
            auto& of = *nodes_.at(each);
            of.medium.cancel_power_off();
            of.medium.heal();
            of.medium.limit_bytes(std::numeric_limits<std::uint64_t>::max());
            of.pages.heal();
            skew(each, 0);
            restart(each);
        }
    }

    /// A new connection of a client to a broker; null if nobody listens there.
    std::shared_ptr<connection> connect(chronik::node_id to, std::string const& client) {
        return is_running(to) ? nodes_.at(to)->running->accept(chance_(), client) : nullptr;
    }

    chronik::time_point now() const { return events_.now(); }
    bool is_running(chronik::node_id which) const { return nodes_.at(which)->running != nullptr; }
    engine& inside(chronik::node_id which) { return nodes_.at(which)->running->inside(); }
    std::vector<chronik::node_id> const& nodes() const { return everyone_; }
    plan const& planned() const { return plan_; }
    wires& links() { return links_; }
    chronik::testing::disk& disk_of(chronik::node_id which) { return nodes_.at(which)->medium; }
    chronik::testing::scheduler& events() { return events_; }
    observation& observed() { return watch_; }
    chronik::testing::findings& found() { return found_; }
    chronik::testing::findings const& found() const { return found_; }
    history& records() { return records_; }
    group_history& groups() { return groups_; }
    state_checks const& checks() const { return checks_; }
    /// Each broker's logs are read again from their beginning, and must be what was applied.
    void read_all_again() {
        for (auto const each : everyone_) {
            checks_.began(each);
            checks_.look(each, inside(each), now());
        }
    }
    /// Pieces of settled files that fetches or followers had to wait for, or that were read ahead.
    std::uint64_t brought() const {
        std::uint64_t sum = 0;
        for (auto const& [id, of] : nodes_) sum += of->pages.brought();
        return sum;
    }
    /// Reads that followers had to wait for.
    std::uint64_t reads_for_followers() const {
        std::uint64_t sum = 0;
        for (auto const& [id, of] : nodes_)
            sum += of->reads_for_followers + (of->running ? reads_for_followers_of(*of->running) : 0U);
        return sum;
    }
    /// What client and clock of the world agree on: milliseconds since 1970 at its beginning.
    static constexpr std::int64_t wall_base = 1'700'000'000'000;

private:
    /// Enough for a power cut to fall anywhere in a write, its sync, or the making of a segment.
    static constexpr std::uint64_t crash_operations_max = 8;

    struct node {
        node(world& in, chronik::node_id self, std::uint64_t seed, bool joins)
            : config(settings_of(in.plan_, self, in.everyone_, joins)), medium(seed),
              pages(seed + 1, in.plan_.cold_percent, in.plan_.unreadable_percent),
              lines({.level = log_level::error,
                     .node = self,
                     .sink = [&in](std::string_view line) { in.hear(line); },
                     .wall =
                         [&in] {
                             std::chrono::milliseconds const base{wall_base};
                             return std::chrono::system_clock::time_point{
                                 std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                     base + in.now().time_since_epoch())};
                         },
                     .monotonic = [&in] { return in.now(); }}) {}

        settings config;
        chronik::testing::disk medium;
        page_cache pages;
        log_writer lines;
        std::unique_ptr<process> running;
        std::uint64_t starts = 0;
        std::uint64_t reads_for_followers = 0;  ///< in the lives before
        bool is_gone = false;
    };

    process_parts parts_of(chronik::node_id which, node& of) {
        auto const ppm = static_cast<std::int64_t>(chance_.below(2 * std::uint64_t{plan_.skew_ppm} + 1)) -
                         static_cast<std::int64_t>(plan_.skew_ppm);
        auto const begins = chronik::time_point{chronik::duration{
            static_cast<chronik::duration::rep>(chance_.below(std::uint64_t{1} << 40))}};
        auto const wall_off = static_cast<std::int64_t>(chance_.below(2'000));
        return {.events = events_,
                .links = links_,
                .medium = of.medium,
                .pages = of.pages,
                .config = of.config,
                .lines = of.lines,
                .shows = chronik::testing::clock{events_.now(), begins, ppm},
                .wall_base = wall_base + wall_off,
                .incarnation = of.starts,
                .limits = limits_of(of.config),
                .journal = journal_of(plan_, which),
                .founders = of.config.join ? chronik::raft::configuration{} : founding_members(founders_),
                .sync_time_min = plan_.sync_time_min,
                .sync_time_max = plan_.sync_time_max,
                .know_cluster = [this](auto const& text) { know_cluster(text); },
                .failed = [this, which](auto code, auto const& why) { failed(which, code, why); },
                .turned =
                    [this, which, &of] {
                        if (plan_.is_watched) checks_.look(which, of.running->inside(), events_.now());
                    },
                .has_left = [this, which] { end_soon(which, "has left"); }};
    }

    template <class Command>
    static asio::awaitable<void> carry_out(cluster& at, Command command) {
        if (!at.ready()) co_return;
        // Refused, or too late: whoever wishes it looks whether it came true, and asks again.
        static_cast<void>(co_await at.commands().submit(std::move(command), std::chrono::seconds{5}));
    }

    void know_cluster(std::string const& text) {
        if (cluster_id_.empty()) cluster_id_ = text;
        if (cluster_id_ != text) found_.report("a node takes part in cluster " + text + ", others in " + cluster_id_);
    }
    void failed(chronik::node_id which, exit_code code, std::string const& why) {
        bool const is_unwanted = code == exit_code::configuration && sent_away_.contains(which);
        bool const is_hurt = code == exit_code::storage && plan_.hurts_disks();
        // Anything else that a process gives up for is a mistake of ours.
        if (!is_unwanted && !is_hurt)
            found_.report("node " + std::to_string(which.value) + " gives up: " + why);
        end_soon(which, "gives up");
    }
    /// The process ends when what it is doing is done.
    void end_soon(chronik::node_id which, std::string_view how) {
        events_.after(chronik::duration::zero(), [this, which, how, life = nodes_.at(which)->starts] {
            if (nodes_.at(which)->starts == life) kill(which, how);
        });
    }
    static std::uint64_t reads_for_followers_of(process& running) {
        return running.inside().cold().counted(partitions::cold_reads::reason::follower).reads;
    }
    static void end_life(node& of) {
        of.reads_for_followers += reads_for_followers_of(*of.running);
        of.running.reset();
    }
    /// Where syncs fail, a process ends with its machine: memory goes on showing what the disk does not have, and the
    /// next start would rely on it.
    void lose_memory(node& of) const {
        if (plan_.fails_syncs()) of.medium.crash();
    }

    chronik::node_id any_node() { return everyone_[static_cast<std::size_t>(chance_.below(everyone_.size()))]; }
    void note(std::string_view what, chronik::node_id which, std::uint64_t number) {
        watch_.told.note(events_.now(), what, which, chronik::group_id{}, number);
    }
    void hear(std::string_view line) const {
        if (told_) told_(std::string{line});
    }

    plan plan_;
    chronik::random chance_;
    chronik::testing::scheduler events_;
    observation watch_;
    chronik::testing::trace::listener told_;
    chronik::testing::findings found_;
    wires links_;
    history records_{found_};
    group_history groups_{found_};
    state_checks checks_;
    std::vector<chronik::node_id> everyone_;  ///< but who is gone
    std::vector<chronik::node_id> founders_;
    std::set<chronik::node_id> sent_away_;
    std::function<void(chronik::node_id)> wiped_;
    std::string cluster_id_;
    std::map<chronik::node_id, std::unique_ptr<node>> nodes_;
};

}  // namespace broker::world
