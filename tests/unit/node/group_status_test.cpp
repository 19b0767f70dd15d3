// SPDX-License-Identifier: Apache-2.0
#include "host_fixture.hpp"

#include <chronik/node/group_handle.hpp>
#include <chronik/node/group_status.hpp>

#include <gtest/gtest.h>

namespace chronik {
namespace {

constexpr group_id orders{7};

struct group_status_test : ::testing::Test {
    test::host_cluster cluster{3};

    void SetUp() override {
        cluster.open_everywhere(orders, 1);
        cluster.settle();
        ASSERT_TRUE(cluster.at(1).host->find(orders)->is_leader());
    }
    group_status status_at(std::uint32_t node) {
        return *group_handle{*cluster.at(node).host, orders}.status(cluster.now());
    }
    void propose() {
        group_handle at_leader{*cluster.at(1).host, orders};
        at_leader.propose(shared_bytes::copy_of("x"), cluster.now(), [](auto const&) {});
    }
};

TEST_F(group_status_test, a_leader_tells_its_log_and_who_follows_how_far) {
    propose();
    cluster.settle();

    group_status const now = status_at(1);

    EXPECT_EQ(now.group, orders);
    EXPECT_EQ(now.role, raft::role::leader);
    EXPECT_EQ(now.term, log_term{1});
    EXPECT_EQ(now.vote, node_id{1});
    EXPECT_EQ(now.leader, node_id{1});
    EXPECT_EQ(now.first, log_index{1});
    for (log_index const at : {now.last, now.durable, now.committed, now.applied}) EXPECT_EQ(at, log_index{2});
    EXPECT_EQ(now.members.voters, (std::vector{node_id{1}, node_id{2}, node_id{3}}));
    EXPECT_TRUE(now.settled);
    EXPECT_EQ(now.uncommitted_bytes, 0U);
    ASSERT_EQ(now.peers.size(), 2U);
    EXPECT_EQ(now.peers.front().node, node_id{2});
    for (auto const& peer : now.peers) EXPECT_EQ(peer.match, log_index{2});
}

TEST_F(group_status_test, a_follower_tells_whom_it_follows_and_voted_for) {
    group_status const now = status_at(2);

    EXPECT_EQ(now.role, raft::role::follower);
    EXPECT_EQ(now.leader, node_id{1});
    EXPECT_EQ(now.vote, node_id{1});
    EXPECT_EQ(now.last, log_index{1});
    EXPECT_TRUE(now.peers.empty());
}

TEST_F(group_status_test, what_is_proposed_counts_until_it_is_committed) {
    propose();

    group_status const now = status_at(1);

    EXPECT_EQ(now.last, log_index{2});
    EXPECT_EQ(now.committed, log_index{1});
    EXPECT_EQ(now.uncommitted_bytes, 1 + raft::entry_overhead_bytes);
    EXPECT_EQ(status_at(2).uncommitted_bytes, 0U);
}

TEST_F(group_status_test, an_idle_group_rests_and_one_with_something_to_do_does_not) {
    for (int step = 0; step < 40; ++step) cluster.pass(std::chrono::milliseconds{50});
    EXPECT_TRUE(status_at(1).rests);
    EXPECT_TRUE(status_at(2).rests);

    propose();
    cluster.settle();

    EXPECT_FALSE(status_at(1).rests);
}

TEST_F(group_status_test, a_group_that_is_not_here_has_none) {
    auto const none = group_handle{*cluster.at(1).host, group_id{8}}.status(cluster.now());

    ASSERT_FALSE(none);
    EXPECT_EQ(none.error(), errc::unknown_group);
}

}  // namespace
}  // namespace chronik
