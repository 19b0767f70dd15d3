// SPDX-License-Identifier: Apache-2.0
#include <broker/groups_world.hpp>

namespace broker::tests {
namespace {

TEST_F(groups_world, one_member_alone_leads_the_first_generation) {
    auto const answer = joined(join({}));

    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->error, error_code::none);
    EXPECT_EQ(answer->generation_id, 1);
    EXPECT_EQ(answer->leader, answer->member_id);
    EXPECT_EQ(answer->protocol_type, "consumer");
    EXPECT_EQ(answer->protocol_name, "range");
    ASSERT_EQ(answer->members.size(), 1u);
    EXPECT_EQ(answer->members[0].metadata, subscription({"t"}));
    EXPECT_TRUE(answer->member_id.starts_with("client-")) << answer->member_id;
    EXPECT_EQ(state(), "CompletingRebalance");
}

TEST_F(groups_world, a_client_that_knows_two_steps_is_given_its_id_and_comes_back_with_it) {
    auto const first = joined(join({.needs_id = true}));
    ASSERT_TRUE(first);
    EXPECT_EQ(first->error, error_code::member_id_required);
    EXPECT_EQ(state(), "Empty");

    auto const second = joined(join({.id = first->member_id, .needs_id = true}));

    ASSERT_TRUE(second);
    EXPECT_EQ(second->error, error_code::none);
    EXPECT_EQ(second->member_id, first->member_id);
}

TEST_F(groups_world, an_id_that_nobody_comes_back_with_is_forgotten_after_a_session) {
    auto const given = joined(join({.needs_id = true}))->member_id;

    pass(10'001ms);

    EXPECT_EQ(joined(join({.id = given, .needs_id = true}))->error, error_code::unknown_member_id);
    EXPECT_EQ(state(), "none");
}

TEST_F(groups_world, a_round_waits_for_who_was_given_an_id) {
    auto const one = settle(1);
    auto const given = joined(join({.needs_id = true}))->member_id;
    // The leader joins again, which begins a round.
    auto const waiting = join({.id = one.leader});
    EXPECT_FALSE(joined(waiting));

    auto const second = join({.id = given, .needs_id = true});

    EXPECT_EQ(joined(waiting)->generation_id, 2);
    EXPECT_EQ(joined(second)->generation_id, 2);
}

TEST_F(groups_world, the_first_round_waits_for_the_delay_and_longer_while_members_come) {
    options.initial_rebalance_delay = 3s;
    auto const first = join({});
    pass(2'900ms);
    auto const second = join({});
    pass(200ms);
    EXPECT_FALSE(joined(first)) << "a member came, so it waits once more";
    pass(3'000ms);

    ASSERT_TRUE(joined(first) && joined(second));
    EXPECT_EQ(joined(first)->generation_id, 1);
    EXPECT_EQ(joined(second)->generation_id, 1);
    EXPECT_EQ(joined(first)->members.size(), 2u);
    EXPECT_TRUE(joined(second)->members.empty());
}

TEST_F(groups_world, the_first_round_is_not_put_off_beyond_the_rebalance_timeout) {
    options.initial_rebalance_delay = 3s;
    auto const first = join({.rebalance_ms = 5'000});
    for (int i = 0; i < 4; ++i) {
        pass(1'000ms);
        join({.rebalance_ms = 5'000});
        EXPECT_FALSE(joined(first));
    }
    pass(1'000ms);

    EXPECT_TRUE(joined(first));
}

TEST_F(groups_world, assignments_are_given_when_they_are_committed_and_not_before) {
    auto const one = joined(join({}))->member_id;
    auto const waits = join({});
    auto const leader = joined(join({.id = one}));
    auto const other = joined(waits)->member_id;
    ASSERT_EQ(leader->leader, one);

    auto const others = sync(other, 2);
    auto const leaders = sync(one, 2, {{one, "for one"}, {other, "for other"}});
    EXPECT_FALSE(synced(others));
    EXPECT_FALSE(synced(leaders));
    EXPECT_EQ(state(), "CompletingRebalance");
    commit_writes();

    EXPECT_EQ(synced(leaders)->assignment, bytes("for one"));
    EXPECT_EQ(synced(others)->assignment, bytes("for other"));
    EXPECT_EQ(state(), "Stable");
    EXPECT_EQ(synced(sync(other, 2))->assignment, bytes("for other")) << "asked again, it is told at once";
}

TEST_F(groups_world, an_assignment_that_cannot_be_stored_begins_another_round) {
    auto const one = joined(join({}))->member_id;
    auto const waiting = sync(one, 1, {{one, "a"}});

    commit_writes(error_code::coordinator_not_available);

    EXPECT_EQ(synced(waiting)->error, error_code::coordinator_not_available);
    EXPECT_EQ(state(), "PreparingRebalance");
    EXPECT_EQ(joined(join({.id = one}))->generation_id, 2);
}

TEST_F(groups_world, an_assignment_of_a_generation_that_is_over_is_not_given_to_the_next) {
    auto const one = joined(join({}))->member_id;
    auto const old = sync(one, 1, {{one, "old"}});
    auto const waits = join({});
    EXPECT_EQ(synced(old)->error, error_code::rebalance_in_progress);
    join({.id = one});
    ASSERT_EQ(joined(waits)->generation_id, 2);

    commit_writes();

    EXPECT_EQ(state(), "CompletingRebalance");
}

TEST_F(groups_world, a_newcomer_makes_everyone_join_again) {
    auto const two = settle(2);

    auto const newcomer = join({});

    EXPECT_EQ(state(), "PreparingRebalance");
    EXPECT_EQ(heartbeat(two.ids[0], two.generation), error_code::rebalance_in_progress);
    EXPECT_FALSE(joined(newcomer));
    join({.id = two.ids[0]});
    auto const last = join({.id = two.ids[1]});
    EXPECT_EQ(joined(last)->generation_id, two.generation + 1);
    EXPECT_EQ(joined(newcomer)->generation_id, two.generation + 1);
    EXPECT_EQ(joined(newcomer)->leader, two.leader);
}

TEST_F(groups_world, who_does_not_join_within_the_rebalance_timeout_is_out) {
    auto const two = settle(2, {{.session_ms = 1'000'000}, {.session_ms = 1'000'000}});
    auto const stays = two.leader == two.ids[0] ? two.ids[1] : two.ids[0];
    join({.session_ms = 1'000'000});
    auto const back = join({.id = stays, .session_ms = 1'000'000});

    pass(59'999ms);
    EXPECT_FALSE(joined(back));
    pass(2ms);

    ASSERT_TRUE(joined(back));
    EXPECT_EQ(heartbeat(two.leader, two.generation), error_code::unknown_member_id);
    EXPECT_NE(joined(back)->leader, two.leader);
}

TEST_F(groups_world, a_silent_member_is_out_after_its_session_and_the_others_rebalance) {
    auto const two = settle(2);
    for (int i = 0; i < 3; ++i) {
        pass(5'000ms);
        heartbeat(two.ids[0], two.generation);
    }

    EXPECT_EQ(heartbeat(two.ids[0], two.generation), error_code::rebalance_in_progress);
    EXPECT_EQ(heartbeat(two.ids[1], two.generation), error_code::unknown_member_id);
    EXPECT_EQ(joined(join({.id = two.ids[0]}))->members.size(), 1u);
}

TEST_F(groups_world, a_newcomer_whose_client_has_gone_does_not_hold_up_the_group_for_ever) {
    auto const one = settle(1, {{.session_ms = 1'000'000, .rebalance_ms = 1'000'000}});
    auto const gone = join({.rebalance_ms = 1'000'000});

    pass(300'001ms);

    EXPECT_EQ(joined(gone)->error, error_code::unknown_member_id);
    EXPECT_EQ(heartbeat(one.leader, one.generation), error_code::rebalance_in_progress);
}

TEST_F(groups_world, whoever_runs_the_broker_is_told_why_a_generation_ends_and_that_the_next_stands) {
    auto const two = settle(2);
    EXPECT_EQ(notices, (std::vector<std::string>{
                           "ends generation 0: member " + two.ids[0] + " joins",
                           "begins generation 1 with 1 members, led by " + two.ids[0],
                           "ends generation 1: member " + two.ids[1] + " joins",
                           "begins generation 2 with 2 members, led by " + two.ids[0],
                           "is stable in generation 2",
                       }));
    notices.clear();
    EXPECT_EQ(leave(two.ids[1]), error_code::none);
    pass(60s);
    EXPECT_EQ(notices, (std::vector<std::string>{
                           "ends generation 2: member " + two.ids[1] + " left",
                           "member " + two.ids[0] + " has not been heard in time",
                           "begins generation 3 without members",
                       }));
}

TEST_F(groups_world, heartbeats_say_what_is_wrong) {
    auto const one = settle(1);

    EXPECT_EQ(heartbeat(one.leader, 1), error_code::none);
    EXPECT_EQ(heartbeat(one.leader, 2), error_code::illegal_generation);
    EXPECT_EQ(heartbeat("stranger", 1), error_code::unknown_member_id);
}

TEST_F(groups_world, syncs_say_what_is_wrong) {
    auto const one = settle(1);
    EXPECT_EQ(synced(sync(one.leader, 7))->error, error_code::illegal_generation);
    EXPECT_EQ(synced(sync("stranger", 1))->error, error_code::unknown_member_id);
    join({});
    EXPECT_EQ(synced(sync(one.leader, 1))->error, error_code::rebalance_in_progress);

    wire::sync_group::request other{"g", 1, one.leader, {}, "connect", {}, {}};
    restart();
    step([&](auto& in) { coordinator->sync(other, 999, in); });
    EXPECT_EQ(synced(999)->error, error_code::inconsistent_group_protocol);
}

TEST_F(groups_world, who_joins_and_never_asks_for_its_assignment_is_out) {
    auto const one = joined(join({.session_ms = 1'000'000}))->member_id;
    auto const waits = join({.session_ms = 1'000'000});
    join({.id = one, .session_ms = 1'000'000});
    sync(one, 2, {{one, "all"}});
    commit_writes();
    ASSERT_EQ(state(), "Stable");

    pass(60'001ms);

    EXPECT_EQ(heartbeat(joined(waits)->member_id, 2), error_code::unknown_member_id);
    EXPECT_EQ(heartbeat(one, 2), error_code::rebalance_in_progress);
}

TEST_F(groups_world, the_last_one_to_leave_leaves_an_empty_group) {
    auto const two = settle(2);

    EXPECT_EQ(leave("stranger"), error_code::unknown_member_id);
    EXPECT_EQ(leave(two.ids[0]), error_code::none);
    EXPECT_EQ(joined(join({.id = two.ids[1]}))->generation_id, two.generation + 1);
    EXPECT_EQ(leave(two.ids[1]), error_code::none);
    commit_writes();

    EXPECT_EQ(state(), "Empty");
    ASSERT_NE(stored.find("g"), nullptr);
    EXPECT_TRUE(stored.find("g")->generation->members.empty());
    EXPECT_EQ(stored.find("g")->generation->generation, two.generation + 2);
    EXPECT_EQ(stored.find("g")->generation->protocol_type, "consumer");
}

TEST_F(groups_world, the_protocol_that_all_support_and_most_prefer_wins) {
    auto const offers = [](std::vector<std::string> const& names) {
        asking who;
        who.protocols.clear();
        for (auto const& each : names) who.protocols.push_back({each, bytes(each)});
        return who;
    };
    auto const three = settle(3, {offers({"sticky", "range"}), offers({"range", "sticky"}), offers({"range"})});

    auto const described = coordinator->describe("g");

    EXPECT_EQ(described->protocol_data, "range");
    EXPECT_EQ(described->members.at(0).member_metadata, bytes("range"));
    EXPECT_EQ(joined(join(offers({"sticky"})))->error, error_code::inconsistent_group_protocol);
    asking other = offers({"range"});
    other.type = "connect";
    EXPECT_EQ(joined(join(other))->error, error_code::inconsistent_group_protocol);
    EXPECT_EQ(joined(join(offers({})))->error, error_code::inconsistent_group_protocol);
    EXPECT_EQ(heartbeat(three.leader, three.generation), error_code::none) << "nobody was disturbed";
}

TEST_F(groups_world, joins_beyond_a_limit_are_refused) {
    options.members_max = 2;
    auto const two = settle(2);
    EXPECT_EQ(joined(join({}))->error, error_code::group_max_size_reached);
    EXPECT_EQ(heartbeat(two.leader, two.generation), error_code::none);

    EXPECT_EQ(joined(join({.session_ms = 5'999}))->error, error_code::invalid_session_timeout);
    EXPECT_EQ(joined(join({.session_ms = 1'800'001}))->error, error_code::invalid_session_timeout);
    asking vast;
    vast.protocols[0].metadata = bytes(std::string(groups::subscription_bytes_max, 'x'));
    EXPECT_EQ(joined(join(vast))->error, error_code::invalid_request);
    options.members_max = 3;
    EXPECT_EQ(joined(join({.id = "stranger"}))->error, error_code::unknown_member_id);
}

TEST_F(groups_world, a_member_that_missed_its_answer_is_told_again_and_a_leader_begins_a_round) {
    auto const two = settle(2);
    auto const follower = two.leader == two.ids[0] ? two.ids[1] : two.ids[0];

    auto const again = joined(join({.id = follower}));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->generation_id, two.generation);
    EXPECT_TRUE(again->members.empty());
    EXPECT_EQ(state(), "Stable");

    asking changed{.id = follower};
    changed.protocols[0].metadata = subscription({"t", "u"});
    EXPECT_FALSE(joined(join(changed)));
    EXPECT_EQ(state(), "PreparingRebalance");
    auto const leader = joined(join({.id = two.leader}));
    EXPECT_EQ(leader->generation_id, two.generation + 1);

    auto const told_again = joined(join({.id = two.leader}));
    EXPECT_EQ(told_again->generation_id, two.generation + 1);
    EXPECT_EQ(told_again->members.size(), 2u);
}

}  // namespace
}  // namespace broker::tests
