// SPDX-License-Identifier: Apache-2.0
#include "unit/testing/model/forged_trace.hpp"

#include <chronik/testing/model/commits.hpp>
#include <chronik/testing/model/members.hpp>

namespace chronik::testing::model {
namespace {

constexpr node_id four{4};

struct testing_model_commits : forged_trace {};

TEST_F(testing_model_commits, a_quorum_commits_and_tells) {
    begin();
    elect(one, 1, two);
    replicate(one, two, 1);
    commit(one, 1);
    auto const sent = append_of(one, 2);
    say(one, two, sent);
    hear(two, one, sent);
    commit(two, 1);
    expect_allowed();
}

TEST_F(testing_model_commits, a_leader_needs_a_quorum) {
    begin();
    elect(one, 1, two);
    commit(one, 1);
    expect_denied("commits index 1: no quorum has told it, and no leader either");
}

TEST_F(testing_model_commits, the_leaders_own_entry_counts_when_it_is_durable) {
    begin();
    elect(one, 1, two);
    write(one, {}, {command(2, 1)});
    auto const sent = append_of(one, 1);
    say(one, two, sent);
    hear(two, one, sent);
    write_durably(two, {}, sent.entries);
    acknowledge(two, one, 2);
    expect_allowed();
    commit(one, 2);
    expect_denied("commits index 2");
}

TEST_F(testing_model_commits, an_entry_of_an_earlier_term_is_not_counted) {
    begin();
    elect(one, 1, two);
    replicate(one, two, 1);
    elect(two, 2, three);
    hear(three, two, append_of(two, 1));
    write_durably(three, {}, {no_op(1, 1)});
    acknowledge(three, two, 1);
    expect_allowed();
    commit(two, 1);
    expect_denied("commits index 1");
}

TEST_F(testing_model_commits, what_a_member_said_counts_until_the_leader_has_heard_that_it_left) {
    begin();
    elect(one, 1, two);
    replicate(one, two, 1);
    allowed.forgets(two);
    disks.wiped(two);
    commit(one, 1);
    expect_allowed();
}

TEST_F(testing_model_commits, a_follower_is_told) {
    begin();
    elect(one, 1, two);
    replicate(one, two, 1);
    commit(two, 1);
    expect_denied("commits index 1");
}

TEST_F(testing_model_commits, a_follower_commits_no_more_than_was_found_to_agree) {
    begin();
    elect(one, 1, two);
    write_durably(one, {}, {command(2, 1)});
    replicate(one, two, 1);
    commit(one, 2);
    hear(three, one, heartbeat(1, 2));
    expect_allowed();
    commit(three, 1);
    expect_denied("commits index 1");
}

TEST_F(testing_model_commits, a_commit_is_not_taken_back) {
    begin();
    elect(one, 1, two);
    replicate(one, two, 1);
    commit(one, 1);
    commit(one, 0);
    expect_denied("takes back a commit: index 0 after index 1");
}

TEST_F(testing_model_commits, one_entry_is_committed_at_an_index) {
    begin();
    elect(one, 1, two);
    replicate(one, two, 1);
    commit(one, 1);
    memory[three].now = {2};
    memory[three].entries = {no_op(1, 2)};
    commit(three, 1);
    expect_denied_after_all("where another entry is committed");
}

TEST_F(testing_model_commits, while_members_change_both_sets_commit) {
    begin();
    elect(one, 1, two);
    replicate(one, two, 1);
    commit(one, 1);
    write_durably(one, {}, {members(2, 1, {.voters = {three, four}, .outgoing = {one, two, three}})});
    turn(one);
    replicate(one, two, 2);
    expect_allowed();
    commit(one, 2);
    expect_denied("commits index 2");
}

// It was appended, counted by, and cut by the next leader before its turn ended and its disk had room.
TEST_F(testing_model_commits, who_was_in_force_in_a_turn_commits_in_it) {
    begin();
    elect(one, 1, two);
    allowed.has_members(one, group, {.voters = {one}});
    commit(one, 1);
    expect_allowed();
}

TEST_F(testing_model_commits, who_was_in_force_when_a_turn_began_commits_in_it) {
    begin();
    elect(one, 1, two);
    replicate(one, two, 1);
    commit(one, 1);
    write_durably(one, {}, {members(2, 1, {.voters = {one, two}})});
    replicate(one, two, 2);
    commit(one, 2);
    write_durably(one, {}, {command(3, 1)});
    hear(two, one, append_of(one, 3));
    write_durably(two, {}, {command(3, 1)});
    write_durably(one, {}, {members(4, 1, {.voters = {one}})});
    turn(one);
    elect(two, 2, three);
    expect_allowed();

    hear(one, two, append_of(two, 4));
    write(one, raft::hard_state{{2}, no_node}, {no_op(4, 2)});
    commit(one, 3);
    expect_allowed();
}

TEST_F(testing_model_commits, who_was_in_force_in_a_turn_before_commits_no_more) {
    begin();
    elect(one, 1, two);
    allowed.has_members(one, group, {.voters = {one}});
    turn(one);
    commit(one, 1);
    expect_denied("commits index 1: no quorum has told it, and no leader either");
}

TEST_F(testing_model_commits, a_change_waits_for_an_entry_of_the_own_term) {
    begin();
    elect(one, 1, two);
    write_durably(one, {}, {members(2, 1, {.voters = {one, two}})});
    turn(one);
    expect_denied("changes the members before an entry of its own term is committed");
}

TEST_F(testing_model_commits, a_change_waits_for_the_one_before) {
    begin();
    elect(one, 1, two);
    replicate(one, two, 1);
    commit(one, 1);
    write_durably(one, {}, {members(2, 1, {.voters = {one, two}})});
    turn(one);
    expect_allowed();
    write_durably(one, {}, {members(3, 1, {.voters = {one, two, three}})});
    turn(one);
    expect_denied("changes the members while another change is under way");
}

TEST_F(testing_model_commits, an_own_entry_that_comes_back_from_another_leader_begins_no_change) {
    begin();
    elect(one, 1, two);
    replicate(one, two, 1);
    commit(one, 1);
    write_durably(one, {}, {members(2, 1, {.voters = {one, two}})});
    turn(one);
    replicate(one, two, 2);
    restart(one, {{1}, one}, {no_op(1, 1)});
    elect(two, 2, one);
    replicate(two, one, 2);
    turn(one);
    expect_allowed();
}

TEST_F(testing_model_commits, a_change_keeps_a_common_voter) {
    begin();
    elect(one, 1, two);
    write(one, {}, {members(2, 1, {.voters = {one, four}})});
    expect_denied("two quorums without a common voter");
}

TEST(testing_model_members, a_configuration_follows_from_the_one_before) {
    raft::configuration const three_of{.voters = {one, two, three}};
    raft::configuration const joint{.voters = {three, four}, .outgoing = {one, two, three}};
    EXPECT_TRUE(may_follow(three_of, three_of));
    EXPECT_TRUE(may_follow(three_of, {.voters = {one, two}}));
    EXPECT_FALSE(may_follow(three_of, {.voters = {one, two, four}})) << "one comes and one goes: that takes two steps";
    EXPECT_TRUE(may_follow(three_of, joint));
    EXPECT_TRUE(may_follow(joint, {.voters = {three, four}}));
    EXPECT_FALSE(may_follow(joint, {.voters = {one, four}}));
    EXPECT_FALSE(may_follow(joint, joint));
    EXPECT_FALSE(may_follow(three_of, {.voters = {three, four}, .outgoing = {one, two}}));
    EXPECT_FALSE(may_follow(three_of, {.voters = {one, two, three}, .witnesses = {three}}));
}

TEST(testing_model_members, a_quorum_is_more_than_half_of_each_set) {
    auto const among = [](std::set<node_id> some) { return [some](node_id voter) { return some.contains(voter); }; };
    EXPECT_TRUE(agreed({.voters = {one, two, three}}, among({one, two})));
    EXPECT_FALSE(agreed({.voters = {one, two, three}}, among({one})));
    EXPECT_FALSE(agreed({.voters = {one, two}}, among({one})));
    EXPECT_FALSE(agreed({.voters = {one}, .outgoing = {two}}, among({one})));
    EXPECT_FALSE(agreed({}, among({one}))) << "a newcomer knows of no voters";
}

}  // namespace
}  // namespace chronik::testing::model
