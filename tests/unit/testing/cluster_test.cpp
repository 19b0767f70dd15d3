// SPDX-License-Identifier: Apache-2.0
#include "archetypes/snapshottable.hpp"
#include "archetypes/state_machine.hpp"

#include <chronik/testing/calls.hpp>
#include <chronik/testing/cluster.hpp>
#include <chronik/testing/harm.hpp>
#include <chronik/testing/lifetime.hpp>
#include <chronik/testing/mending.hpp>
#include <chronik/testing/watched_link.hpp>
#include <chronik/testing/watched_machine.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace chronik::testing {
namespace {

using namespace std::chrono_literals;

constexpr group_id orders{1};
using world_type = cluster<archetypes::state_machine>;
using outcome = proposal_outcome<std::uint64_t>;

struct testing_cluster : ::testing::Test {
    world_type world{42, {}, [](node_id, group_id) { return archetypes::state_machine{}; }};

    void elect() {
        world.open(orders);
        ASSERT_TRUE(world.run_until([&] { return world.leader_of(orders) != no_node; }, 5s));
    }
    void expect_no_violations() {
        EXPECT_TRUE(world.violations().empty()) << world.violations().front();
    }
};

TEST_F(testing_cluster, a_proposal_is_acknowledged_and_reaches_every_machine) {
    elect();
    std::optional<outcome> done;

    ASSERT_TRUE(world.propose(orders, shared_bytes::copy_of("a"), 1, [&](outcome told) { done = told; }));
    ASSERT_TRUE(world.run_until([&] { return world.converged(); }, 1s));

    ASSERT_TRUE(done);
    EXPECT_FALSE(done->error);
    for (node_id each : world.nodes()) EXPECT_EQ(world.group_on(each, orders)->machine.own().commands, 1U);
    expect_no_violations();
}

TEST_F(testing_cluster, the_preferred_node_leads_first) {
    world.open(orders, node_id{3});
    ASSERT_TRUE(world.run_until([&] { return world.leader_of(orders) != no_node; }, 100ms));

    EXPECT_EQ(world.leader_of(orders), node_id{3});
}

TEST_F(testing_cluster, what_was_acknowledged_survives_the_power_of_all_nodes) {
    elect();
    bool done = false;
    ASSERT_TRUE(world.propose(orders, shared_bytes::copy_of("a"), 1, [&](outcome told) { done = !told.error; }));
    ASSERT_TRUE(world.run_until([&] { return done; }, 1s));

    for (node_id each : world.nodes()) world.crash(each);
    EXPECT_EQ(world.leader_of(orders), no_node);
    world.expect_recovery(5s);

    expect_no_violations();
    for (node_id each : world.nodes()) EXPECT_EQ(world.group_on(each, orders)->machine.own().commands, 1U);
}

TEST_F(testing_cluster, an_isolated_leader_loses_its_office_and_catches_up) {
    elect();
    node_id const old = world.leader_of(orders);
    world.isolate(old);
    ASSERT_TRUE(
        world.run_until([&] { return world.leader_of(orders) != old && world.leader_of(orders) != no_node; }, 5s));

    ASSERT_TRUE(world.propose(orders, shared_bytes::copy_of("b"), 1));
    world.expect_recovery(5s);

    expect_no_violations();
}

TEST_F(testing_cluster, a_majority_that_is_down_stops_the_group_until_it_is_back) {
    elect();
    world.crash(node_id{1});
    world.crash(node_id{2});
    world.run_for(2s);
    EXPECT_EQ(world.leader_of(orders), no_node);
    EXPECT_EQ(world.propose(orders, {}, 0).error(), errc::not_leader);

    world.expect_recovery(5s);

    expect_no_violations();
    EXPECT_NE(world.leader_of(orders), no_node);
}

TEST_F(testing_cluster, a_node_whose_disk_fails_goes_down_and_the_others_go_on) {
    elect();
    node_id const hurt = world.leader_of(orders);
    world.disk_of(hurt).fail(disk_operation::sync, 1, std::errc::io_error);
    ASSERT_TRUE(world.propose(orders, shared_bytes::copy_of("a"), 1));

    ASSERT_TRUE(world.run_until([&] { return !world.is_running(hurt); }, 1s));
    ASSERT_TRUE(world.run_until([&] { return world.leader_of(orders) != no_node; }, 5s));

    world.expect_recovery(5s);
    expect_no_violations();
}

TEST_F(testing_cluster, a_journal_that_rots_while_its_node_is_down_is_a_violation) {
    elect();
    for (int each = 0; each < 20; ++each) static_cast<void>(world.propose(orders, shared_bytes::copy_of("a"), 1));
    world.run_for(1s);
    world.crash(node_id{1});
    auto* const bytes = world.disk_of(node_id{1}).bytes("segment-00000001.journal");
    ASSERT_NE(bytes, nullptr);
    (*bytes)[wal::segment_header_area_bytes + wal::record_header_bytes] ^= std::byte{1};

    world.restart(node_id{1});

    ASSERT_FALSE(world.violations().empty());
    EXPECT_NE(world.violations().front().find("recovery refused"), std::string::npos);
    EXPECT_FALSE(world.is_running(node_id{1}));
}

TEST_F(testing_cluster, a_node_whose_disk_is_damaged_repairs_it_and_is_in_doubt_until_it_has_caught_up) {
    elect();
    // Synced one after the other: rot spares what was synced last.
    for (int each = 0; each < 20; ++each) {
        static_cast<void>(world.propose(orders, shared_bytes::copy_of("a"), 1));
        world.run_for(50ms);
    }
    node_id const hurt = world.leader_of(orders) == node_id{3} ? node_id{2} : node_id{3};
    for (int each = 0; each < 100 && world.repaired_count() == 0; ++each) {
        world.crash(hurt);
        static_cast<void>(world.disk_of(hurt).rot());
        world.restart(hurt);
        if (world.is_lost(hurt)) break;
    }

    ASSERT_EQ(world.repaired_count(), 1U);
    EXPECT_NE(world.group_on(hurt, orders)->core.doubt(), no_doubt);
    EXPECT_FALSE(world.converged());
    EXPECT_TRUE(world.run_until([&] { return world.group_on(hurt, orders)->core.doubt() == no_doubt; }, 5s));
    world.expect_recovery(5s);
    expect_no_violations();
}

TEST_F(testing_cluster, a_node_that_decides_alone_does_not_repair_what_nobody_else_has) {
    world.open(group_id{2}, no_node, {.voters = {node_id{3}}});
    elect();
    static_cast<void>(world.propose(orders, shared_bytes::copy_of("a"), 1));
    world.run_for(1s);
    for (int each = 0; each < 100 && !world.is_lost(node_id{3}); ++each) {
        world.crash(node_id{3});
        static_cast<void>(world.disk_of(node_id{3}).rot());
        world.restart(node_id{3});
    }

    EXPECT_TRUE(world.is_lost(node_id{3}));
    EXPECT_EQ(world.repaired_count(), 0U);
}

TEST_F(testing_cluster, a_handed_over_office_goes_to_the_one_named) {
    elect();
    node_id const target = world.leader_of(orders) == node_id{1} ? node_id{2} : node_id{1};

    world.transfer(orders, target);

    EXPECT_TRUE(world.run_until([&] { return world.leader_of(orders) == target; }, 1s));
}

TEST_F(testing_cluster, a_frozen_node_finds_afterwards_what_came_meanwhile) {
    elect();
    node_id const leader = world.leader_of(orders);
    node_id const frozen = leader == node_id{1} ? node_id{2} : node_id{1};
    auto const counted = [&] { return world.group_on(frozen, orders)->machine.own().commands; };

    world.freeze(frozen, 1s);
    ASSERT_TRUE(world.propose(orders, shared_bytes::copy_of("a"), 1));
    world.run_for(900ms);
    EXPECT_TRUE(world.is_stuck(frozen));
    EXPECT_EQ(counted(), 0U);
    world.run_for(200ms);
    EXPECT_FALSE(world.is_stuck(frozen));
    EXPECT_EQ(counted(), 1U);

    EXPECT_EQ(world.leader_of(orders), leader);
    expect_no_violations();
}

TEST_F(testing_cluster, a_leader_that_is_frozen_for_long_is_replaced) {
    elect();
    node_id const old = world.leader_of(orders);

    world.freeze(old, 5s);
    ASSERT_TRUE(world.run_until([&] { return world.leader_of(orders) != old; }, 4s));

    world.expect_recovery(5s);
    expect_no_violations();
}

TEST_F(testing_cluster, a_read_is_answered_by_any_node_and_has_seen_what_came_before) {
    elect();
    ASSERT_TRUE(world.propose(orders, shared_bytes::copy_of("a"), 1));
    ASSERT_TRUE(world.run_until([&] { return world.converged(); }, 1s));

    for (node_id each : world.nodes()) ASSERT_TRUE(world.read_at(each, orders));
    ASSERT_TRUE(world.run_until([&] { return world.reads() == 3; }, 1s));

    expect_no_violations();
}

/// Counts, and has snapshots: a log of few entries is behind one.
TEST(testing_cluster_storms, a_long_log_in_small_frames_is_none) {
    cluster_options options;
    options.host.raft.election_timeout_min = 1s;
    options.host.raft.election_timeout_max = 2s;
    options.host.raft.append_bytes_max = 1;  // an entry each,
    options.host.raft.inflight_messages_max = 1;  // and one at a time
    options.sync_time_max = 200us;
    options.frames_per_node_max = 1000;
    world_type world{42, options, [](node_id, group_id) { return archetypes::state_machine{}; }};
    world.open(orders, node_id{1});
    ASSERT_TRUE(world.run_until([&] { return world.leader_of(orders) != no_node; }, 5s));
    world.crash(node_id{3});
    for (int burst = 0; burst < 200; ++burst) {
        for (int each = 0; each < 10; ++each)
            ASSERT_TRUE(world.propose_at(node_id{1}, orders, shared_bytes::copy_of("x"), 1));
        world.run_for(50ms);
    }
    auto const before = world.links().frames_delivered();
    world.restart(node_id{3});
    ASSERT_TRUE(world.run_until([&] { return world.converged(); }, 4s));

    EXPECT_GT(world.links().frames_delivered() - before, 4000U);
    EXPECT_TRUE(world.violations().empty()) << world.violations().front();
}

struct with_snapshots : ::testing::Test {
    using world_type = cluster<archetypes::snapshottable>;
    static cluster_options options() {
        cluster_options made;
        made.nodes = 4;
        made.first.voters = {node_id{1}, node_id{2}, node_id{3}};
        made.first.witnesses = made.witnesses = {node_id{3}};
        made.host.snapshots = {.after_entries = 10, .after_bytes = 0, .keep_entries = 2};
        return made;
    }
    world_type world{7, options(), [](node_id, group_id) { return archetypes::snapshottable{}; }};

    void work() {
        world.open(orders);
        ASSERT_TRUE(world.run_until([&] { return world.leader_of(orders) != no_node; }, 5s));
        for (int count = 0; count < 50; ++count) {
            ASSERT_TRUE(world.propose(orders, shared_bytes::copy_of(std::to_string(count)), 1));
            world.run_for(10ms);
        }
    }
    std::uint64_t counted_on(node_id node) { return world.group_on(node, orders)->machine.own().commands; }
};

TEST_F(with_snapshots, a_newcomer_gets_the_state_that_the_logs_do_not_have_any_more) {
    work();
    EXPECT_GT(world.group_on({1}, orders)->core.base_index(), log_index{20});

    world.change_members(orders, {.voters = {{1}, {2}, {3}, {4}}, .witnesses = {{3}}});
    world.expect_recovery(5s);

    EXPECT_TRUE(world.violations().empty()) << world.violations().front();
    EXPECT_EQ(world.changes(), 1U);
    EXPECT_GE(world.restored_count(), 1U);
    EXPECT_TRUE(world.group_on({4}, orders)->core.members().is_voter({4}));
    EXPECT_EQ(counted_on({4}), 50U);
}

TEST_F(with_snapshots, only_who_has_left_loses_its_disk_and_then_it_is_a_newcomer) {
    work();
    EXPECT_FALSE(world.wipe({1})) << "it votes";
    world.change_members(orders, {.voters = {{1}, {2}, {3}, {4}}, .witnesses = {{3}}});
    EXPECT_FALSE(world.wipe({4})) << "it is about to vote";
    ASSERT_TRUE(world.run_until([&] { return world.converged() && world.changes() == 1; }, 5s));
    EXPECT_EQ(counted_on({4}), 50U);

    world.change_members(orders, {.voters = {{1}, {2}, {3}}, .witnesses = {{3}}});
    EXPECT_FALSE(world.wipe({4})) << "it has not left";
    ASSERT_TRUE(world.run_until([&] { return world.converged() && world.changes() == 2; }, 5s));
    EXPECT_TRUE(world.wipe({4}));
    world.restart({4});
    EXPECT_EQ(counted_on({4}), 0U);

    world.change_members(orders, {.voters = {{1}, {2}, {3}, {4}}, .witnesses = {{3}}});
    world.expect_recovery(5s);
    EXPECT_TRUE(world.violations().empty()) << world.violations().front();
    EXPECT_EQ(counted_on({4}), 50U);
    EXPECT_EQ(world.wiped_count(), 1U);
}

TEST_F(with_snapshots, a_witness_applies_nothing_and_nobody_waits_for_that) {
    work();
    world.crash({3});
    world.restart({3});
    world.expect_recovery(5s);

    EXPECT_TRUE(world.violations().empty()) << world.violations().front();
    EXPECT_EQ(counted_on({1}), 50U);
    EXPECT_EQ(counted_on({3}), 0U);
    EXPECT_FALSE(world.group_on({4}, orders)->core.members().contains({4})) << "a newcomer waits to be asked";
}

}  // namespace
}  // namespace chronik::testing
