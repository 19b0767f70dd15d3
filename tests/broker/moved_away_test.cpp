// SPDX-License-Identifier: Apache-2.0
#include <partitions/moved_away.hpp>

#include <paper/paper_fixture.hpp>

#include <gtest/gtest.h>

namespace broker::partitions {
namespace {

using namespace chronik;
using namespace chronik::paper;

/// Node 3 leaves by entry 2, and comes back as a learner by entry 3, both of term 1.
struct moved_away : ::testing::Test {
    paper::world world{3};

    moved_away() {
        world.start_all();
        world.elect(n(1));
    }
    void leave() { change({.voters = {n(1), n(2)}, .learners = {}}); }
    void come_back() { change({.voters = {n(1), n(2)}, .learners = {n(3)}}); }
    void change(raft::configuration to) {
        EXPECT_TRUE(world.change(n(1), std::move(to)));
        world.deliver_all();
    }
    bool is_member(std::uint64_t members_at, std::uint64_t epoch) {
        return is_member_since(world.core_of(n(3)), i(members_at), t(epoch));
    }
};

TEST_F(moved_away, a_log_that_ends_with_being_sent_away_is_no_members) {
    leave();
    EXPECT_FALSE(is_member(2, 1));
    EXPECT_FALSE(is_member(0, 1)) << "nor if the metadata are older";
}

TEST_F(moved_away, a_log_that_has_not_heard_of_it_is_no_members) {
    world.isolate(n(3));
    leave();
    EXPECT_FALSE(is_member(2, 1));
}

TEST_F(moved_away, a_log_that_says_that_it_has_come_back_is_a_members) {
    leave();
    come_back();
    EXPECT_TRUE(is_member(2, 1));
    EXPECT_FALSE(is_member(3, 1)) << "the metadata know of that, and have sent it away once more";
    EXPECT_FALSE(is_member(2, 2)) << "the leader of the next term does not have that change";
}

}  // namespace
}  // namespace broker::partitions
