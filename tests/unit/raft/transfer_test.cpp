// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/transfer.hpp>

#include <gtest/gtest.h>

namespace {

using namespace chronik;

TEST(raft_transfer, deadline_exists_only_while_a_transfer_is_active) {
    raft::leadership_transfer handover;
    EXPECT_FALSE(handover.active());
    EXPECT_EQ(handover.deadline(), never);

    handover.begin(node_id{2}, time_point{} + duration{5});
    EXPECT_TRUE(handover.active());
    EXPECT_EQ(handover.target(), node_id{2});
    EXPECT_EQ(handover.deadline(), time_point{} + duration{5});
    handover.end();
    EXPECT_FALSE(handover.active());
    EXPECT_EQ(handover.deadline(), never);
}

}  // namespace
