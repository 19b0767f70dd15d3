// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/random.hpp>
#include <chronik/testing/cluster_options.hpp>
#include <chronik/testing/fault.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

namespace chronik::testing {

/// Everything about a trial that is decided before it begins; all of it follows from the seed.
///
/// world       nodes, limits, and how bad the network is all the time
/// fragile     the only nodes whose synced bytes are damaged: the others alone are a quorum, so nothing that was
///             acknowledged may be lost, and the group must go on. None where members change, or some keep no payloads
/// lasts       how long faults happen; peace comes after
/// pause_max   between two proposals
struct trial_plan {
    std::uint64_t seed = 0;
    cluster_options world;
    std::uint64_t groups = 1;
    node_set fragile = 0;
    duration lasts{};
    duration pause_max{};
    std::vector<fault> faults;

    raft::options const& raft() const { return world.host.raft; }
    /// Somebody comes or goes, or could have: then nobody can say which nodes are a quorum.
    bool changes_members() const {
        bool const has_newcomers = !world.first.is_blank() && world.first.voters.size() < world.nodes;
        return has_newcomers || std::ranges::count(faults, fault_kind::change_members, &fault::what) != 0;
    }
};

/// Decides a trial.
class trial_planner {
public:
    explicit trial_planner(std::uint64_t seed) : chance_(seed ^ 0x706c616e6e696e67ULL) { plan_.seed = seed; }

    trial_plan decide() {
        choose_world();
        choose_limits();
        choose_members();
        choose_faults();
        return plan_;
    }

private:
    using milliseconds = std::chrono::milliseconds;

    /// Uniform over the orders of magnitude between two times.
    duration some(duration least, duration most) {
        auto const low = static_cast<std::uint64_t>(std::max<duration::rep>(1, least.count()));
        auto const high = std::max(low, static_cast<std::uint64_t>(most.count()));
        auto const magnitudes = std::bit_width(high) - std::bit_width(low);
        auto const from = low << chance_.below(static_cast<std::uint64_t>(magnitudes) + 1);
        auto const made = std::min(high, from + chance_.below(from));
        return duration{static_cast<duration::rep>(made)};
    }
    std::size_t some_bytes(std::size_t least, std::size_t most) {
        return static_cast<std::size_t>(some(duration{static_cast<duration::rep>(least)},
                                             duration{static_cast<duration::rep>(most)})
                                            .count());
    }

    void choose_world() {
        static constexpr std::array<std::uint32_t, 16> sizes{1, 2, 3, 3, 3, 3, 3, 3, 3, 4, 4, 5, 5, 5, 5, 7};
        cluster_options& world = plan_.world;
        world.nodes = sizes[static_cast<std::size_t>(chance_.below(sizes.size()))];
        plan_.groups = chance_.chance(60) ? 1 : chance_.between(2, 4);

        patience_ = some(milliseconds{100}, std::chrono::seconds{10});
        raft::options& raft = world.host.raft;
        raft.election_timeout_min = patience_;
        raft.election_timeout_max = patience_ * static_cast<int>(chance_.between(2, 3));
        raft.heartbeat_interval = patience_ / static_cast<int>(chance_.between(3, 5));
        raft.vote_retry_interval = raft.heartbeat_interval;
        world.host.idle_groups_rest = plan_.seed % 10 < 7;
        raft.append_bytes_max = some_bytes(200, 8192);
        raft.inflight_bytes_max = some_bytes(400, 16384);
        raft.inflight_messages_max = static_cast<std::size_t>(chance_.between(1, 8));
        raft.uncommitted_bytes_max = some_bytes(2000, 65536);
        raft.unstable_bytes_max = some_bytes(4000, 65536);

        network_faults& net = world.network;
        if (chance_.chance(50)) net.loss_percent = static_cast<unsigned>(chance_.below(20));
        if (chance_.chance(50)) net.duplicate_percent = static_cast<unsigned>(chance_.below(30));
        net.delay_max = some(net.delay_min * 2, patience_ / 4);
        if (chance_.chance(50)) {
            net.straggler_percent = static_cast<unsigned>(chance_.between(1, 3));
            net.straggler_max = patience_ * 200;
        }
        world.sync_time_max = some(world.sync_time_min * 2, patience_ / 3);
        if (chance_.chance(50)) world.skew_ppm_max = 50'000;

        plan_.lasts = patience_ * static_cast<int>(chance_.between(60, 300));
        plan_.pause_max = some(patience_ / 10, patience_ * 4);
        std::uint32_t const spare = (world.nodes - 1) / 2;
        for (std::uint32_t each = 0; each < spare; ++each) plan_.fragile |= set_of(any_node());
    }

    /// Of snapshots, reads and newcomers: so tight that what seldom happens happens often.
    void choose_limits() {
        host_options& host = plan_.world.host;
        host.snapshots = {};
        host.snapshots.after_bytes = 0;
        if (chance_.chance(60)) {
            host.snapshots.after_entries = chance_.between(5, 100);
            host.snapshots.keep_entries = chance_.below(20);
        }
        if (chance_.chance(30)) host.apply_entries_max = static_cast<std::size_t>(chance_.between(1, 8));
        host.raft.snapshot_chunk_bytes = some_bytes(64, 4096);
        host.raft.snapshot_retry_interval = host.raft.heartbeat_interval * 2;
        host.raft.catch_up_bytes_per_second = chance_.chance(50) ? 0 : std::uint64_t{1} << 20;
        if (chance_.chance(30)) {
            host.raft.reads = raft::read_mode::lease;
            host.raft.lease_duration = patience_ / 4 * static_cast<int>(chance_.between(1, 8));
            host.raft.clock_error_ppm = 50'000;
        }
        if (chance_.chance(30)) host.raft.new_voters = raft::promotion::at_once;
        host.raft.promotion_lag_bytes_max = some_bytes(500, 16384);
    }

    /// Some trials have witnesses, and in some of them members come and go.
    void choose_members() {
        cluster_options& world = plan_.world;
        std::uint32_t const voters = world.nodes;
        bool const churns = chance_.chance(35);
        churns_ = churns;
        tides_ = churns && chance_.chance(30);
        if (tides_) return begin_tides();
        if (churns) world.nodes += static_cast<std::uint32_t>(chance_.between(1, 2));
        bool const witnesses = voters >= 3 && chance_.chance(30);
        if (!churns && !witnesses) return;
        plan_.fragile = 0;
        for (std::uint32_t each = 1; each <= voters; ++each) world.first.voters.push_back(node_id{each});
        if (!witnesses) return;
        world.first.witnesses.push_back(node_id{voters});
        if (voters >= 5 && chance_.chance(50)) world.first.witnesses.push_back(node_id{voters - 1});
        world.first = raft::normalized(std::move(world.first));
        world.witnesses = world.first.witnesses;
        if (churns && chance_.chance(50)) world.witnesses.push_back(node_id{world.nodes});
    }

    /// Everybody but the first node is a newcomer. There is time to grow and to shrink more than once.
    void begin_tides() {
        plan_.world.nodes = static_cast<std::uint32_t>(chance_.between(5, 7));
        plan_.world.first.voters.push_back(node_id{1});
        plan_.fragile = 0;
        plan_.groups = std::min<std::uint64_t>(plan_.groups, 2);
        plan_.lasts = patience_ * 250;
    }

    /// Each trial has some kinds of faults and not others: what one kind hides, another trial without it shows.
    void choose_faults() {
        std::vector<fault_kind> kinds;
        for (std::size_t kind = 0; kind < fault_kinds; ++kind) {
            if (takes_part(static_cast<fault_kind>(kind))) kinds.push_back(static_cast<fault_kind>(kind));
        }
        if (kinds.empty()) return;
        // A tide comes and goes only if there is calm enough between the faults.
        duration const pause_max = tides_ ? patience_ * 6 : some(patience_, patience_ * 20);
        duration const lasts_max = tides_ ? patience_ * 2 : some(patience_, patience_ * 30);
        for (duration at = some(milliseconds{1}, pause_max); at < plan_.lasts; at += some(milliseconds{1}, pause_max)) {
            bool const changes = tides_ && chance_.chance(50);
            auto const kind = changes ? fault_kind::change_members
                                      : kinds[static_cast<std::size_t>(chance_.below(kinds.size()))];
            fault made{.at = at, .what = kind, .on = set_of(any_node()), .lasts = some(milliseconds{1}, lasts_max)};
            fill_in(made);
            if (made.on != 0) plan_.faults.push_back(made);
        }
    }

    bool takes_part(fault_kind kind) {
        bool const by_chance = chance_.chance(40);
        // Who comes back with an empty disk gives no vote before it has the log: a group must not need it before that.
        bool const learn_first = plan_.raft().new_voters == raft::promotion::when_caught_up;
        switch (kind) {
            case fault_kind::change_members: return churns_;
            case fault_kind::wiped_disk: return learn_first && (tides_ || (churns_ && by_chance));
            case fault_kind::transfer: return tides_ || by_chance;
            default: return by_chance;
        }
    }

    void fill_in(fault& made) {
        switch (made.what) {
            case fault_kind::power_cut:
                if (chance_.chance(15)) made.on = everyone();
                else if (chance_.chance(20)) made.on |= some_nodes();
                return;
            case fault_kind::partition:
            case fault_kind::one_way_cut: return choose_sides(made);
            case fault_kind::lossy_links: made.amount = chance_.between(10, 90); return choose_sides(made);
            case fault_kind::slow_links:
                made.amount = static_cast<std::uint64_t>(some(patience_ / 20, patience_ * 4).count());
                return choose_sides(made);
            case fault_kind::clogged_links: return choose_sides(made);
            case fault_kind::disk_full: made.amount = chance_.below(1 << 17); return;
            case fault_kind::failing_write:
            case fault_kind::failing_sync: made.amount = chance_.below(20); return;
            case fault_kind::rot:
            case fault_kind::misdirected_write: made.on &= plan_.fragile; return;
            case fault_kind::clock_skew:
                made.amount = static_cast<std::uint64_t>(static_cast<std::int64_t>(chance_.below(100'001)) - 50'000);
                return;
            case fault_kind::transfer: made.amount = chance_.between(1, plan_.groups); return;
            case fault_kind::change_members:
                made.amount = chance_.between(1, plan_.groups);
                if (tides_) return follow_tide(made);
                made.on = some_nodes();
                made.other = some_nodes() & ~made.on;
                return;
            case fault_kind::wiped_disk: made.on |= some_nodes(); return;
            case fault_kind::disk_stall:
            case fault_kind::freeze: return;
        }
    }

    /// One voter more each time until all vote, and then one less each time until one is left; whoever comes next
    /// learns before. Who has voted longest goes first, so that all leave, and come back.
    void follow_tide(fault& made) {
        tide& now = tide_of_[made.amount];
        std::uint32_t const nodes = plan_.world.nodes;
        if (now.size == 1) now.rises = true;
        if (now.size == nodes) now.rises = false;
        if (!now.rises) ++now.first;
        now.size = now.rises ? now.size + 1 : now.size - 1;
        auto const in_turn = [&](std::uint32_t place) { return set_of(node_id{(now.first + place) % nodes + 1}); };
        made.on = 0;
        for (std::uint32_t place = 0; place < now.size; ++place) made.on |= in_turn(place);
        made.other = now.rises && now.size < nodes ? in_turn(now.size) : 0;
    }

    /// One against all, two halves, or two sides with a bridge between them.
    void choose_sides(fault& made) {
        auto const dice = chance_.below(3);
        if (dice == 1) made.on = some_nodes();
        made.other = everyone() & ~made.on;
        if (dice == 2) {
            made.on = some_nodes();
            made.other = everyone() & ~made.on & ~set_of(any_node());
        }
        if (made.other == 0) made.on = 0;
    }

    node_id any_node() { return node_id{static_cast<std::uint32_t>(chance_.between(1, plan_.world.nodes))}; }
    node_set everyone() const { return (node_set{1} << plan_.world.nodes) - 1; }
    node_set some_nodes() { return chance_.between(1, everyone()); }

    /// Of one group: `size` voters from the `first` on, in a ring of all nodes.
    struct tide {
        std::uint32_t first = 0;
        std::uint32_t size = 1;
        bool rises = true;
    };

    chronik::random chance_;
    trial_plan plan_;
    duration patience_{};
    bool churns_ = false;
    bool tides_ = false;  ///< of those that churn: groups of one grow to all nodes, and back
    std::map<std::uint64_t, tide> tide_of_;
};

inline trial_plan plan_of(std::uint64_t seed) { return trial_planner{seed}.decide(); }

}  // namespace chronik::testing
