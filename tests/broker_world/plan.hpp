// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker_world/history.hpp>
#include <broker_world/wires.hpp>
#include <settings/settings.hpp>

#include <chronik/base/random.hpp>
#include <chronik/base/time.hpp>
#include <chronik/testing/fault.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace broker::world {

struct topic_plan {
    std::string name;
    std::int32_t partitions = 1;
    std::int16_t copies = 1;
    std::int32_t copies_min = 1;  ///< min.insync.replicas
};

/// Everything about a trial that is decided before it begins; all of it follows from the seed.
///
/// producers    one for each, with what it is promised
/// readers      each reads every partition from the beginning
/// members      of one consumer group
/// skew_ppm     clocks run up to so many millionths too fast or too slow
/// placing, moves_max   how partitions are placed, and how many move at once
/// segment_bytes, segments_unsettled_max   of the journals: the smaller, the sooner records settle
/// staged_bytes_max, groups_max            of the journals
/// is_watched   state_checks look at every turn of every process
/// cold_percent, unreadable_percent        see page_cache
/// replace_failed_after   who is away for longer is replaced, where there are enough brokers
/// lasts        how long faults happen; peace comes after
/// pause_max    between two batches of a producer
struct plan {
    std::uint64_t seed = 0;
    std::uint32_t nodes = 3;
    std::vector<topic_plan> topics;
    std::vector<guarantee> producers;
    std::uint32_t readers = 1;
    std::uint32_t members = 0;
    std::uint32_t skew_ppm = 0;
    broker::placement placing = broker::placement::sticky;
    std::uint32_t moves_max = 10;
    std::size_t segment_bytes = std::size_t{256} << 10;
    std::size_t staged_bytes_max = std::size_t{128} << 10;
    std::size_t groups_max = 64;
    bool is_watched = true;
    std::uint32_t segments_unsettled_max = 4;
    unsigned cold_percent = 0;
    unsigned unreadable_percent = 0;
    wire_times wires;
    chronik::duration sync_time_min = std::chrono::microseconds{100};
    chronik::duration sync_time_max = std::chrono::milliseconds{3};
    chronik::duration election_timeout = std::chrono::milliseconds{200};
    chronik::duration replace_failed_after = std::chrono::minutes{15};
    chronik::duration pause_max = std::chrono::milliseconds{200};
    chronik::duration lasts = std::chrono::seconds{30};
    std::vector<chronik::testing::fault> faults;

    /// Whether a node may lose its storage for a while, and with that its process.
    bool hurts_disks() const {
        using enum chronik::testing::fault_kind;
        return has(disk_full) || has(failing_write) || has(failing_sync);
    }
    bool fails_syncs() const { return has(chronik::testing::fault_kind::failing_sync); }
    bool moves_partitions() const { return has(chronik::testing::fault_kind::change_members); }

private:
    bool has(chronik::testing::fault_kind kind) const {
        return std::ranges::any_of(faults, [kind](auto const& each) { return each.what == kind; });
    }
};

/// Decides a trial.
class planner {
public:
    explicit planner(std::uint64_t seed) : chance_(seed ^ 0x62726f6b6572ULL) { plan_.seed = seed; }

    plan decide() {
        choose_cluster();
        choose_clients();
        choose_faults();
        return plan_;
    }

private:
    using kind = chronik::testing::fault_kind;
    using milliseconds = std::chrono::milliseconds;

    chronik::duration some(milliseconds least, milliseconds most) {
        return milliseconds{chance_.between(static_cast<std::uint64_t>(least.count()),
                                            static_cast<std::uint64_t>(most.count()))};
    }

    void choose_cluster() {
        static constexpr std::array<std::uint32_t, 8> sizes{1, 3, 3, 3, 3, 3, 4, 5};
        plan_.nodes = sizes[static_cast<std::size_t>(chance_.below(sizes.size()))];
        auto const topics = chance_.between(1, 2);
        for (std::uint64_t number = 1; number <= topics; ++number) {
            topic_plan made{.name = "topic" + std::to_string(number)};
            made.partitions = static_cast<std::int32_t>(chance_.between(1, 3));
            made.copies = static_cast<std::int16_t>(std::min<std::uint32_t>(plan_.nodes, 3));
            made.copies_min = made.copies == 3 ? static_cast<std::int32_t>(chance_.between(1, 2)) : 1;
            plan_.topics.push_back(made);
        }
        plan_.election_timeout = some(milliseconds{100}, milliseconds{600});
        plan_.wires.delay_max = some(milliseconds{1}, milliseconds{20});
        plan_.sync_time_max = some(milliseconds{1}, milliseconds{30});
        plan_.segment_bytes = std::size_t{64} << (10 + chance_.below(3));
        plan_.segments_unsettled_max = static_cast<std::uint32_t>(chance_.between(1, 6));
        static constexpr std::array<unsigned, 4> colds{0, 20, 60, 100};
        plan_.cold_percent = colds[static_cast<std::size_t>(chance_.below(colds.size()))];
        if (chance_.chance(30)) plan_.skew_ppm = 20'000;
        if (chance_.chance(30)) plan_.replace_failed_after = some(milliseconds{500}, milliseconds{8'000});
    }

    void choose_clients() {
        auto const producers = chance_.between(2, 5);
        for (std::uint64_t each = 0; each < producers; ++each) {
            bool const is_first = each == 0;
            plan_.producers.push_back(is_first ? guarantee::exactly_once
                                               : static_cast<guarantee>(chance_.below(4)));
        }
        plan_.readers = static_cast<std::uint32_t>(chance_.between(1, 2));
        plan_.members = chance_.chance(70) ? static_cast<std::uint32_t>(chance_.between(1, 4)) : 0;
        plan_.pause_max = some(milliseconds{10}, milliseconds{400});
        plan_.lasts = some(milliseconds{10'000}, milliseconds{40'000});
    }

    /// Each trial has some kinds of faults and not others: what one kind hides, another trial without it shows.
    void choose_faults() {
        static constexpr std::array possible{kind::power_cut,     kind::partition,    kind::one_way_cut,
                                             kind::lossy_links,   kind::slow_links,   kind::clogged_links,
                                             kind::disk_stall,    kind::disk_full,    kind::failing_write,
                                             kind::failing_sync,  kind::clock_skew,   kind::transfer,
                                             kind::change_members, kind::freeze};
        std::vector<kind> kinds;
        for (auto const each : possible)
            if (chance_.chance(35)) kinds.push_back(each);
        // Then another broker comes, and has its share of what happens.
        bool const wipes = plan_.nodes >= 3 && chance_.chance(20);
        if (wipes) kinds.push_back(kind::wiped_disk);
        last_ = plan_.nodes + (wipes ? 1U : 0U);
        if (kinds.empty()) return;
        auto const pause_max = some(milliseconds{300}, milliseconds{8'000});
        auto const lasts_max = some(milliseconds{300}, milliseconds{8'000});
        auto const up_to = [this](chronik::duration most) {
            return some(milliseconds{1}, std::chrono::duration_cast<milliseconds>(most));
        };
        for (auto at = up_to(pause_max); at < plan_.lasts; at += up_to(pause_max)) {
            chronik::testing::fault made{.at = at,
                                         .what = kinds[static_cast<std::size_t>(chance_.below(kinds.size()))],
                                         .on = chronik::testing::set_of(any_node()),
                                         .lasts = up_to(lasts_max)};
            fill_in(made);
            if (made.on != 0) plan_.faults.push_back(made);
        }
        if (plan_.hurts_disks()) plan_.unreadable_percent = 5;
    }

    void fill_in(chronik::testing::fault& made) {
        switch (made.what) {
            case kind::power_cut:
                if (chance_.chance(10)) made.on = everyone();
                return;
            case kind::partition:
            case kind::one_way_cut:
            case kind::clogged_links: return choose_sides(made);
            case kind::lossy_links: made.amount = chance_.between(5, 60); return choose_sides(made);
            case kind::slow_links:
                made.amount = static_cast<std::uint64_t>(
                    chronik::duration{some(milliseconds{5}, milliseconds{1'000})}.count());
                return choose_sides(made);
            case kind::disk_full: made.amount = chance_.below(1 << 18); return;
            case kind::failing_write:
            case kind::failing_sync: made.amount = chance_.below(20); return;
            case kind::clock_skew:
                made.amount = static_cast<std::uint64_t>(static_cast<std::int64_t>(chance_.below(40'001)) - 20'000);
                return;
            // Of a partition, as the metadata number them.
            case kind::transfer: made.amount = chance_.between(1'000, 1'007); return;
            // It is to move to these.
            case kind::change_members:
                made.amount = chance_.between(1'000, 1'007);
                made.on = chance_.between(1, everyone());
                return;
            default: return;
        }
    }

    void choose_sides(chronik::testing::fault& made) {
        if (chance_.chance(40)) made.on = chance_.between(1, everyone());
        made.other = everyone() & ~made.on;
        if (made.other == 0) made.on = 0;
    }

    chronik::node_id any_node() { return chronik::node_id{static_cast<std::uint32_t>(chance_.between(1, last_))}; }
    chronik::testing::node_set everyone() const { return (chronik::testing::node_set{1} << last_) - 1; }

    chronik::random chance_;
    plan plan_;
    std::uint32_t last_ = 0;  ///< the number of the last broker
};

inline plan plan_of(std::uint64_t seed) { return planner{seed}.decide(); }

}  // namespace broker::world
