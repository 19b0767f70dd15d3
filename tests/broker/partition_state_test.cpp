// SPDX-License-Identifier: Apache-2.0
#include <partitions/in_sync.hpp>
#include <partitions/machine.hpp>
#include <partitions/signal.hpp>
#include <partitions/time_index.hpp>
#include <wire/batch_builder.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace broker::partitions {
namespace {

using namespace std::chrono_literals;
using chronik::log_index;
using chronik::log_offset;
using chronik::log_term;
using chronik::node_id;
using chronik::time_point;
using enum sequence_verdict;

TEST(time_index, the_first_entry_that_reaches_a_time_is_found_although_times_go_back) {
    time_index times;
    times.append(log_index{1}, 100);
    times.append(log_index{2}, 50);  // older than one before: never the first that reaches anything
    times.append(log_index{3}, 100);
    times.append(log_index{5}, 200);

    EXPECT_EQ(times.first_reaching(-7), log_index{1});
    EXPECT_EQ(times.first_reaching(100), log_index{1});
    EXPECT_EQ(times.first_reaching(101), log_index{5});
    EXPECT_EQ(times.first_reaching(201), std::nullopt);
    EXPECT_EQ(times.newest(), log_index{5});
}

TEST(time_index, what_is_forgotten_says_which_times_may_have_been_missed) {
    time_index times;
    times.append(log_index{1}, 100);
    times.append(log_index{2}, 50);
    times.append(log_index{3}, 200);

    times.forget_up_to(log_index{2});
    EXPECT_EQ(times.forgotten_ms(), 100);
    EXPECT_EQ(times.newest(), log_index{3});
    times.forget_up_to(log_index{3});
    times.append(log_index{4}, 150);

    EXPECT_EQ(times.forgotten_ms(), 200);
    EXPECT_EQ(times.newest(), log_index{4});
}

TEST(time_index, an_empty_one_finds_nothing) {
    time_index const times;

    EXPECT_EQ(times.first_reaching(0), std::nullopt);
    EXPECT_EQ(times.newest(), std::nullopt);
}

struct in_sync_world {
    std::vector<node_id> look(log_index match, log_index committed, chronik::duration silence = 0ns) {
        set.look(node_id{2}, match, now - silence, now);
        return set.finish(node_id{1}, committed);
    }

    in_sync_set set{};
    time_point now{1h};
    std::vector<node_id> const alone{node_id{1}};
    std::vector<node_id> const both{node_id{1}, node_id{2}};
};

TEST(in_sync, a_follower_joins_when_it_holds_what_was_committed_at_the_look_before) {
    in_sync_world world;

    EXPECT_EQ(world.look(log_index{0}, log_index{5}), world.alone);
    EXPECT_EQ(world.look(log_index{4}, log_index{9}), world.alone);
    EXPECT_EQ(world.look(log_index{9}, log_index{12}), world.both);
}

TEST(in_sync, a_slow_follower_stays_for_the_lag_time_and_then_leaves) {
    in_sync_world world;
    world.look(log_index{5}, log_index{5});

    world.now += 10s;
    EXPECT_EQ(world.look(log_index{4}, log_index{50}), world.both);
    world.now += 1ms;
    EXPECT_EQ(world.look(log_index{4}, log_index{60}), world.alone);
}

TEST(in_sync, a_silent_follower_leaves_at_once_and_returns_when_it_has_everything) {
    in_sync_world world;
    world.look(log_index{5}, log_index{5});

    EXPECT_EQ(world.look(log_index{5}, log_index{5}, 1501ms), world.alone);
    EXPECT_EQ(world.look(log_index{5}, log_index{5}), world.both);
}

TEST(in_sync, who_holds_everything_is_known_from_the_second_look_on) {
    in_sync_world world;
    world.look(log_index{5}, log_index{5});
    EXPECT_TRUE(world.set.holding_all().empty()) << "what is committed is not known yet";

    world.look(log_index{5}, log_index{9});
    EXPECT_EQ(world.set.holding_all(), std::vector{node_id{2}});
    world.look(log_index{8}, log_index{9});
    EXPECT_TRUE(world.set.holding_all().empty()) << "although it is in sync for a while";
    world.look(log_index{9}, log_index{9}, 1501ms);
    EXPECT_TRUE(world.set.holding_all().empty()) << "although it held it when it was heard last";
}

TEST(in_sync, who_is_no_member_any_more_is_not_in_the_set) {
    in_sync_world world;
    world.look(log_index{5}, log_index{5});
    EXPECT_EQ(world.look(log_index{5}, log_index{5}), world.both);

    EXPECT_EQ(world.set.finish(node_id{1}, log_index{5}), world.alone);
    EXPECT_TRUE(world.set.holding_all().empty());
}

TEST(in_sync, a_new_leader_begins_alone) {
    in_sync_world world;
    world.look(log_index{5}, log_index{5});

    world.set.reset();

    EXPECT_EQ(world.set.finish(node_id{1}, log_index{5}), world.alone);
}

TEST(signal, everyone_is_told_once) {
    signal change;
    int told = 0;
    change.add([&] { ++told; });
    change.add([&] { ++told; });

    change.fire();
    change.fire();

    EXPECT_EQ(told, 2);
    EXPECT_EQ(change.size(), 0U);
}

TEST(signal, who_asks_again_while_being_told_hears_of_the_next_change) {
    signal change;
    int told = 0;
    change.add([&] {
        ++told;
        change.add([&] { told += 10; });
    });

    change.fire();
    EXPECT_EQ(told, 1);
    change.fire();
    EXPECT_EQ(told, 11);
}

TEST(signal, who_is_removed_is_not_told) {
    signal change;
    int told = 0;
    auto const handle = change.add([&] { ++told; });

    change.remove(handle);
    change.remove(handle);
    change.fire();

    EXPECT_EQ(told, 0);
}

chronik::entry entry_of(wire::batch_builder const& batch, std::uint64_t index, std::uint32_t records) {
    chronik::entry made;
    made.term = log_term{1};
    made.index = log_index{index};
    made.kind = chronik::entry_kind::command;
    made.base_offset = log_offset{index * 10};
    made.record_count = records;
    made.payload = chronik::shared_bytes{batch.build()};
    return made;
}

TEST(partition_machine, an_applied_batch_is_known_by_its_producer_and_its_time) {
    machine state;

    state.apply(entry_of(wire::batch_builder{}.producer(7, 1, 0).add("k", "a", 500).add("k", "b", 900), 3, 2));

    auto const again = state.producers().check({7, 1, 0, 1});
    EXPECT_EQ(again.verdict, duplicate);
    EXPECT_EQ(again.earlier.base_offset, log_offset{30});
    EXPECT_EQ(state.times().first_reaching(900), log_index{3});
}

TEST(partition_machine, the_last_sequence_of_a_batch_wraps) {
    constexpr auto newest = std::numeric_limits<std::int32_t>::max();
    machine state;

    state.apply(entry_of(wire::batch_builder{}.producer(7, 0, newest).add("k", "a", 1).add("k", "b", 1), 1, 2));

    EXPECT_EQ(state.producers().check({7, 0, newest, 0}).verdict, duplicate);
    EXPECT_EQ(state.producers().check({7, 0, 1, 1}).verdict, append);
}

chronik::entry deletion_of(std::uint64_t before, std::uint64_t index) {
    chronik::entry made;
    made.term = log_term{1};
    made.index = log_index{index};
    made.kind = chronik::entry_kind::command;
    made.base_offset = log_offset{index * 10};
    made.payload = command_set::encode(delete_records{log_offset{before}}).value();
    return made;
}

TEST(partition_machine, a_deletion_moves_the_beginning_forward_and_never_back) {
    machine state;
    EXPECT_EQ(state.deleted_before(), log_offset{0});

    state.apply(deletion_of(25, 5));
    EXPECT_EQ(state.deleted_before(), log_offset{25});
    state.apply(deletion_of(7, 6));
    EXPECT_EQ(state.deleted_before(), log_offset{25});
}

TEST(partition_machine, what_is_not_yet_there_cannot_be_deleted) {
    machine state;

    state.apply(deletion_of(1'000, 3));

    EXPECT_EQ(state.deleted_before(), log_offset{30});
}

TEST(partition_machine, a_deletion_is_no_batch_and_has_no_time) {
    auto const deletion = deletion_of(25, 5);

    EXPECT_FALSE(is_batch(deletion));
    EXPECT_TRUE(is_batch(entry_of(wire::batch_builder{}.add("k", "a", 1), 1, 1)));
    EXPECT_EQ(timestamp_of(deletion.kind, deletion.payload.view()), chronik::wal::no_timestamp);
}

TEST(appended_producers, a_term_begins_with_what_is_applied_and_forgets_what_it_lost) {
    producer_table applied;
    applied.append({7, 0, 0, 0}, {log_index{1}, log_offset{0}});
    appended_producers appended;

    appended.begin(log_term{3}, applied, log_index{1});
    appended.append({7, 0, 1, 1}, {log_index{2}, log_offset{1}});
    appended.begin(log_term{3}, applied, log_index{1});
    EXPECT_TRUE(appended.serves(log_term{3}));
    EXPECT_EQ(appended.check({7, 0, 1, 1}).verdict, duplicate);

    appended.begin(log_term{5}, applied, log_index{1});
    EXPECT_FALSE(appended.serves(log_term{3}));
    EXPECT_EQ(appended.check({7, 0, 1, 1}).verdict, append);
    EXPECT_EQ(appended.check({-1, -1, -1, -1}).verdict, append);
}

/// A leader in whose term producer 7 has appended once, so that it knows of no batch that was refused.
struct appended_producers_going_on : ::testing::Test {
    appended_producers_going_on() {
        producer_table applied;
        applied.append({7, 1, 0, 0}, {log_index{1}, log_offset{0}});
        appended.begin(log_term{3}, applied, log_index{1});
        appended.append({7, 1, 1, 1}, {log_index{2}, log_offset{1}});
    }
    auto check(std::int32_t sequence) { return appended.check({7, 1, sequence, sequence}).verdict; }
    void expect_early(std::size_t times) {
        for (std::size_t nth = 0; nth < times; ++nth) EXPECT_EQ(check(3), early) << nth;
    }

    appended_producers appended;
};

TEST_F(appended_producers_going_on, a_gap_is_told_at_once) { EXPECT_EQ(check(3), out_of_order); }

TEST_F(appended_producers_going_on, what_was_sent_behind_a_refused_batch_is_early_and_not_out_of_order) {
    appended.put_off({7, 1, 2, 2});
    EXPECT_EQ(check(3), early);
    EXPECT_EQ(check(4), early);
    EXPECT_EQ(check(2), append);
    appended.append({7, 1, 2, 2}, {log_index{3}, log_offset{2}});
    EXPECT_EQ(check(3), append);
    EXPECT_EQ(check(4), out_of_order);
}

TEST_F(appended_producers_going_on, a_refused_batch_that_never_comes_again_is_a_gap) {
    appended.put_off({7, 1, 2, 2});
    expect_early(producer_table::batches_kept);
    EXPECT_EQ(check(3), out_of_order);
    EXPECT_EQ(check(3), out_of_order);

    appended.put_off({7, 0, 2, 2});
    EXPECT_EQ(check(3), out_of_order) << "refused in an older epoch";
}

// Before it serves a leader refuses without a look at the batch, so the one behind it is the first it sees.
TEST(appended_producers, a_gap_at_the_beginning_of_a_term_may_be_a_batch_that_was_refused_before_it) {
    producer_table applied;
    applied.append({7, 0, 0, 0}, {log_index{1}, log_offset{0}});
    appended_producers appended;
    appended.begin(log_term{3}, applied, log_index{1});

    EXPECT_EQ(appended.check({7, 0, 2, 2}).verdict, early);
    EXPECT_EQ(appended.check({7, 0, 1, 1}).verdict, append);
    appended.append({7, 0, 1, 1}, {log_index{2}, log_offset{1}});
    EXPECT_EQ(appended.check({7, 0, 3, 3}).verdict, out_of_order);

    appended.begin(log_term{4}, applied, log_index{2});
    for (std::size_t nth = 0; nth < producer_table::batches_kept; ++nth)
        EXPECT_EQ(appended.check({7, 0, 2, 2}).verdict, early) << nth;
    EXPECT_EQ(appended.check({7, 0, 2, 2}).verdict, out_of_order);
}

}  // namespace
}  // namespace broker::partitions
