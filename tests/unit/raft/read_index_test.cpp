// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/read_index.hpp>

#include <gtest/gtest.h>

namespace {

using namespace chronik;
using namespace chronik::raft;

time_point after(int milliseconds) { return time_point{} + std::chrono::milliseconds{milliseconds}; }

TEST(raft_read_index, leader_that_is_lost_fails_its_own_reads_only) {
    reads_of_leader reads;
    effects out;
    reads.push({{log_term{1}, 7}, no_node, log_index{3}, 2});
    reads.push({{log_term{1}, 9}, node_id{2}, log_index{3}, 2});
    EXPECT_EQ(reads.newest_round(), 2U);

    reads.fail(out);

    EXPECT_TRUE(reads.empty());
    EXPECT_EQ(out.reads, (std::vector{read_outcome{{log_term{1}, 7}, std::nullopt}}));
}

TEST(raft_read_index, answer_counts_once) {
    reads_of_follower reads;
    reads.push({log_term{1}, 7}, after(10));

    EXPECT_FALSE(reads.take({log_term{2}, 7}));
    EXPECT_TRUE(reads.take({log_term{1}, 7}));
    EXPECT_FALSE(reads.take({log_term{1}, 7}));
    EXPECT_EQ(reads.deadline(), never);
}

TEST(raft_read_index, what_waits_too_long_fails) {
    reads_of_follower reads;
    effects out;
    reads.push({log_term{1}, 7}, after(10));
    reads.push({log_term{1}, 8}, after(20));
    EXPECT_EQ(reads.deadline(), after(10));

    reads.fail_until(after(10), out);

    EXPECT_EQ(out.reads.size(), 1U);
    EXPECT_EQ(reads.deadline(), after(20));
}

}  // namespace
