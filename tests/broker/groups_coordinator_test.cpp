// SPDX-License-Identifier: Apache-2.0
#include <broker/groups_world.hpp>

#include <groups/key_hash.hpp>

namespace broker::tests {
namespace {

static_assert(groups::java_hash("") == 0);
static_assert(groups::java_hash("abc") == 96354);
static_assert(groups::java_hash("my-consumer-group") == 1513705513);
static_assert(groups::java_hash("\xc3\xa9") == 0xe9, "one code unit");
static_assert(groups::java_hash("\xf0\x9f\x98\x80") == 0xd83d * 31 + 0xde00, "two code units");
static_assert(groups::java_hash("\xf0\x9f") == 0xf0 * 31 + 0x9f, "no UTF-8");
static_assert(groups::partition_of("polygenelubricants", 50) == 0, "the smallest number has no absolute value");

using static_members = groups_world;

TEST_F(static_members, one_that_starts_again_takes_its_place_without_a_rebalance) {
    auto const two = settle(2, {{.instance = "i"}, {}});
    auto const follower = two.leader == two.ids[0] ? two.ids[1] : two.ids[0];

    auto const back = join({.instance = "i", .can_skip = true});
    EXPECT_FALSE(joined(back)) << "its new id is not stored yet";
    commit_writes();

    ASSERT_TRUE(joined(back));
    EXPECT_EQ(joined(back)->error, error_code::none);
    EXPECT_EQ(joined(back)->generation_id, two.generation);
    EXPECT_NE(joined(back)->member_id, two.ids[0]);
    EXPECT_EQ(state(), "Stable");
    EXPECT_EQ(heartbeat(follower, two.generation), error_code::none);
    auto const mine = synced(sync(joined(back)->member_id, two.generation, {}, "i"));
    EXPECT_EQ(mine->assignment, bytes(two.ids[0])) << "the assignment that it had";
    EXPECT_EQ(heartbeat(two.ids[0], two.generation, "i"), error_code::fenced_instance_id);
    EXPECT_EQ(heartbeat(two.ids[0], two.generation), error_code::unknown_member_id);
}

TEST_F(static_members, a_leader_that_starts_again_does_not_assign_anew) {
    auto const one = settle(1, {{.instance = "i"}});
    auto const old_client = join({.instance = "i"});
    commit_writes();
    EXPECT_EQ(joined(old_client)->leader, one.leader) << "it must not take itself for the leader";
    EXPECT_TRUE(joined(old_client)->members.empty());

    auto const new_client = join({.instance = "i", .can_skip = true});
    commit_writes();
    EXPECT_TRUE(joined(new_client)->skip_assignment);
    EXPECT_EQ(joined(new_client)->leader, joined(new_client)->member_id);
    EXPECT_EQ(joined(new_client)->members.size(), 1u);
}

TEST_F(static_members, two_processes_with_one_instance_id_do_not_both_live) {
    settle(2, {{.instance = "i"}, {}});
    join({});
    auto const first = join({.instance = "i"});
    ASSERT_EQ(state(), "PreparingRebalance");

    auto const second = join({.instance = "i"});

    EXPECT_EQ(joined(first)->error, error_code::fenced_instance_id);
    EXPECT_FALSE(joined(second));
}

TEST_F(static_members, an_administrator_removes_them_by_instance) {
    auto const one = settle(1, {{.instance = "i"}});

    EXPECT_EQ(leave("", "other"), error_code::unknown_member_id);
    EXPECT_EQ(leave(one.leader, "other"), error_code::unknown_member_id);
    EXPECT_EQ(leave("wrong id", "i"), error_code::fenced_instance_id);
    EXPECT_EQ(leave("", "i"), error_code::none);
    EXPECT_EQ(state(), "Empty");
}

TEST_F(static_members, one_that_is_away_stays_a_member_until_its_session_ends) {
    auto const two = settle(2, {{.instance = "i", .session_ms = 120'000}, {.session_ms = 120'000}});
    auto const newcomer = join({.session_ms = 120'000});
    join({.id = two.ids[1], .session_ms = 120'000});

    pass(60'001ms);

    ASSERT_TRUE(joined(newcomer));
    EXPECT_EQ(coordinator->describe("g")->members.size(), 3u) << "its partitions wait for it";
    pass(60'000ms);
    EXPECT_EQ(heartbeat(two.ids[0], two.generation + 1, "i"), error_code::unknown_member_id);
}

using coordinators = groups_world;

TEST_F(coordinators, a_new_one_knows_the_generation_and_everyones_assignment) {
    auto const two = settle(2, {{.instance = "i"}, {}});

    restart();

    EXPECT_EQ(state(), "Stable");
    EXPECT_EQ(heartbeat(two.ids[1], two.generation), error_code::none);
    EXPECT_EQ(synced(sync(two.ids[0], two.generation, {}, "i"))->assignment, bytes(two.ids[0]));
    EXPECT_EQ(coordinator->describe("g")->members.at(0).client_id, "client");
    EXPECT_EQ(coordinator->describe("g")->members.at(0).client_host, "/host");
}

TEST_F(coordinators, sessions_begin_anew_with_a_new_one_and_end_without_a_request) {
    auto const one = settle(1);
    restart();

    pass(9'000ms);
    EXPECT_EQ(state(), "Stable");
    pass(1'001ms);
    commit_writes();

    EXPECT_EQ(state(), "Empty");
    EXPECT_EQ(stored.find("g")->generation->generation, one.generation + 1);
}

TEST_F(coordinators, who_waits_for_one_that_goes_is_told_to_look_for_the_next) {
    auto const two = settle(2);
    auto const joins = join({});
    step([&](auto& in) { coordinator->resign(in); });
    EXPECT_EQ(joined(joins)->error, error_code::not_coordinator);

    restart();
    join({});
    join({.id = two.ids[0]});
    join({.id = two.ids[1]});
    auto const syncs = sync(two.ids[0], two.generation + 1);
    step([&](auto& in) { coordinator->resign(in); });
    EXPECT_EQ(synced(syncs)->error, error_code::not_coordinator);
}

TEST_F(coordinators, outcomes_of_writes_that_nobody_knows_are_nothing) {
    settle(1);
    step([&](auto& in) { coordinator->written("g", 4711, error_code::none, in); });
    step([&](auto& in) { coordinator->written("other", 1, error_code::none, in); });
    EXPECT_EQ(state(), "Stable");
}

TEST_F(coordinators, groups_are_listed_and_described_from_life_and_from_the_log) {
    settle(1);
    stored.apply(*groups::to_record({"simple", "t", 0}, {.offset = 5, .leader_epoch = -1, .metadata = "",
                                                         .commit_timestamp = 0, .expire_timestamp = -1}));
    std::vector<wire::list_groups::group> all;
    coordinator->list(all);

    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].group_id, "g");
    EXPECT_EQ(all[0].group_state, "Stable");
    EXPECT_EQ(all[0].protocol_type, "consumer");
    EXPECT_EQ(all[0].group_type, "classic");
    EXPECT_EQ(all[1].group_id, "simple");
    EXPECT_EQ(all[1].group_state, "Empty");
    EXPECT_EQ(all[1].protocol_type, "");
    EXPECT_EQ(coordinator->describe("simple")->group_state, "Empty");
    EXPECT_FALSE(coordinator->describe("none"));
    EXPECT_EQ(coordinator->count()[groups::group_state::stable], 1u);
    EXPECT_EQ(coordinator->count()[groups::group_state::empty], 1u);
    EXPECT_EQ(coordinator->members(), 1u);
}

using offsets = groups_world;

TEST_F(offsets, anybody_may_commit_for_a_group_without_members) {
    EXPECT_EQ(committed(), -1);
    EXPECT_EQ(commit("", -1, 17), error_code::none);
    EXPECT_EQ(committed(), 17);
    EXPECT_EQ(commit("", -1, 18, "t", std::string(4'096, 'm')), error_code::none);
    EXPECT_EQ(commit("", -1, 19, "t", std::string(4'097, 'm')), error_code::offset_metadata_too_large);
    EXPECT_EQ(committed(), 18);
    EXPECT_EQ(commit("", 3, 20), error_code::unknown_member_id) << "no generation has this member";
    exists = [](auto const&, auto) { return false; };
    EXPECT_EQ(commit("", -1, 21), error_code::unknown_topic_or_partition);
}

TEST_F(offsets, a_commit_of_a_generation_that_never_was_is_illegal) {
    EXPECT_EQ(commit("stranger", 3, 20), error_code::illegal_generation);
    EXPECT_EQ(state(), "none");
}

TEST_F(offsets, of_a_group_with_members_only_members_of_the_generation_commit) {
    auto const one = settle(1);

    EXPECT_EQ(commit(one.leader, 1, 5), error_code::none);
    EXPECT_EQ(commit(one.leader, 0, 6), error_code::illegal_generation);
    EXPECT_EQ(commit("stranger", 1, 6), error_code::unknown_member_id);
    EXPECT_EQ(commit("", -1, 6), error_code::unknown_member_id);
    join({});
    EXPECT_EQ(commit(one.leader, 1, 7), error_code::none) << "before it joins again, a member commits what it has read";
    join({.id = one.leader});
    ASSERT_EQ(state(), "CompletingRebalance");
    EXPECT_EQ(commit(one.leader, 2, 8), error_code::rebalance_in_progress);
    EXPECT_EQ(committed(), 7);
}

TEST_F(offsets, a_commit_is_as_good_as_a_heartbeat) {
    auto const one = settle(1);
    for (int i = 0; i < 5; ++i) {
        pass(6'000ms);
        EXPECT_EQ(commit(one.leader, 1, i), error_code::none);
    }
}

TEST_F(offsets, all_of_a_group_come_when_none_is_named) {
    commit("", -1, 1, "a");
    commit("", -1, 2, "b");

    auto const all = coordinator->fetch("g", std::nullopt);

    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].name, "a");
    EXPECT_EQ(all[1].partitions.at(0).committed_offset, 2);
    EXPECT_TRUE(coordinator->fetch("other", std::nullopt).empty());
}

TEST_F(offsets, a_group_is_deleted_with_its_offsets_when_nobody_is_in_it) {
    auto const one = settle(1);
    commit(one.leader, 1, 5);
    auto const remove = [&](std::string const& id) {
        auto const plan = step([&](auto& in) { return coordinator->delete_group(id, in); });
        for (auto const& record : plan.records) stored.apply(record);
        return plan.response;
    };

    EXPECT_EQ(remove("g"), error_code::non_empty_group);
    EXPECT_EQ(remove("other"), error_code::group_id_not_found);
    leave(one.leader);
    commit_writes();
    EXPECT_EQ(remove("g"), error_code::none);

    EXPECT_EQ(stored.find("g"), nullptr);
    EXPECT_EQ(state(), "none");
    EXPECT_EQ(remove("g"), error_code::group_id_not_found);
}

TEST_F(offsets, those_that_members_read_are_not_deleted) {
    auto const one = settle(1);
    commit(one.leader, 1, 5, "t");
    commit(one.leader, 1, 6, "unread");
    wire::offset_delete::request asked{"g", {{"t", {{0}}}, {"unread", {{0}, {9}}}}};

    auto const plan = coordinator->delete_offsets(asked);
    for (auto const& record : plan.records) stored.apply(record);

    EXPECT_EQ(plan.response.error, error_code::none);
    EXPECT_EQ(plan.response.topics.at(0).partitions.at(0).error, error_code::group_subscribed_to_topic);
    EXPECT_EQ(plan.response.topics.at(1).partitions.at(0).error, error_code::none);
    EXPECT_EQ(plan.response.topics.at(1).partitions.at(1).error, error_code::none) << "there is none, as was wished";
    EXPECT_EQ(committed("t"), 5);
    EXPECT_EQ(committed("unread"), -1);
    asked.group_id = "other";
    EXPECT_EQ(coordinator->delete_offsets(asked).response.error, error_code::group_id_not_found);
}

class expiry : public groups_world {
protected:
    void expire() {
        auto const records = step([&](auto& in) { return coordinator->expire(exists, in); });
        for (auto const& record : records) stored.apply(record);
    }
    void later(std::chrono::hours time) { wall_ms += std::chrono::milliseconds{time}.count(); }
};

TEST_F(expiry, a_group_keeps_its_offsets_while_it_has_members_and_for_the_retention_after) {
    auto const one = settle(1);
    commit(one.leader, 1, 5);
    later(24h * 30);
    expire();
    EXPECT_EQ(committed(), 5);
    leave(one.leader);
    commit_writes();
    later(24h * 7 - 1h);
    expire();
    EXPECT_EQ(committed(), 5);

    later(1h);
    expire();

    EXPECT_EQ(committed(), -1);
    EXPECT_EQ(stored.find("g"), nullptr) << "with its last offset the group goes";
}

TEST_F(expiry, offsets_that_no_member_reads_go_by_their_own_age) {
    auto const one = settle(1);
    commit(one.leader, 1, 5, "t");
    commit(one.leader, 1, 6, "formerly");

    later(24h * 7);
    expire();

    EXPECT_EQ(committed("t"), 5);
    EXPECT_EQ(committed("formerly"), -1);
    EXPECT_EQ(state(), "Stable");
}

TEST_F(expiry, a_group_without_members_ever_keeps_each_offset_for_the_retention) {
    commit("", -1, 5, "early");
    later(24h * 6);
    commit("", -1, 6, "late");
    later(24h);
    expire();

    EXPECT_EQ(committed("early"), -1);
    EXPECT_EQ(committed("late"), 6);
}

TEST_F(expiry, offsets_of_topics_that_are_gone_go_with_them) {
    commit("", -1, 5, "gone");
    commit("", -1, 6, "there");
    exists = [](std::string const& topic, auto) { return topic == "there"; };

    expire();

    EXPECT_EQ(committed("gone"), -1);
    EXPECT_EQ(committed("there"), 6);
}

}  // namespace
}  // namespace broker::tests
