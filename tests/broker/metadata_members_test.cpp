// SPDX-License-Identifier: Apache-2.0
#include "metadata_world.hpp"

#include <cluster/metadata_members.hpp>

#include <initializer_list>
#include <set>
#include <vector>

namespace broker::tests {
namespace {

using metadata::broker_state;
using metadata::node_id;
using metadata::tests::asked_by;

std::vector<node_id> ids(std::initializer_list<std::uint32_t> numbers) {
    std::vector<node_id> out;
    for (auto const each : numbers) out.push_back(node_id{each});
    return out;
}

chronik::raft::configuration members(std::initializer_list<std::uint32_t> voters,
                                     std::initializer_list<std::uint32_t> learners = {}) {
    chronik::raft::configuration out;
    out.voters = ids(voters);
    out.learners = ids(learners);
    return out;
}

/// The group's leader, and what it sees: everybody, unless a test takes somebody away.
struct group_world : metadata::tests::world {
    chronik::raft::configuration group;
    node_id self{1};
    std::set<node_id> away;
    std::set<node_id> behind;

    group_world(std::uint32_t brokers, chronik::raft::configuration now)
        : world(with_brokers(brokers)), group(std::move(now)) {}

    metadata_step next() const {
        auto const here = [this](node_id node) { return !away.contains(node); };
        auto const caught_up = [this, here](node_id node) { return here(node) && !behind.contains(node); };
        return next_metadata_step(group, now(), self, {caught_up, here});
    }
    bool rests() const { return next().members == group && next().heir == chronik::no_node; }
    /// Steps until nothing is to be done.
    void settle() {
        for (int steps = 0; steps < 20; ++steps) {
            auto const to = next();
            if (rests()) return;
            if (to.heir != chronik::no_node) self = to.heir; else group = to.members;
            ASSERT_TRUE(chronik::raft::is_valid(group));
            ASSERT_TRUE(group.is_voter(self));
        }
        ADD_FAILURE() << "it never comes to rest";
    }
    void admit(std::uint32_t node) { run(metadata::admit_broker{asked_by(1), node_id{node}, "h", 1, 2}); }
    void change(std::uint32_t node, bool leaves) {
        run(metadata::change_membership{asked_by(1), node_id{node}, leaves});
    }
    void status(std::uint32_t node, broker_state to) {
        run(metadata::change_broker_status{asked_by(1), node_id{node}, 1, to});
    }
};

TEST(metadata_members, of_the_first_nodes_five_vote_and_all_others_follow) {
    EXPECT_EQ(founding_members(ids({7, 6, 5, 4, 3, 2, 1})), members({1, 2, 3, 4, 5}, {6, 7}));
    EXPECT_EQ(founding_members(ids({3, 1, 2})), members({1, 2, 3}));
    EXPECT_EQ(founding_members(ids({4})), members({4}));
}

TEST(metadata_members, nothing_changes_by_itself) {
    EXPECT_TRUE(group_world(3, members({1, 2, 3})).rests());
    EXPECT_TRUE(group_world(7, members({1, 2, 3, 4, 5}, {6, 7})).rests());
    EXPECT_TRUE(group_world(0, members({1, 2, 3})).rests()) << "nobody has registered yet";
}

TEST(metadata_members, who_is_admitted_learns_and_votes_when_it_is_a_broker_and_has_caught_up) {
    group_world world(1, members({1}));
    world.away.insert(node_id{2});
    world.admit(2);
    EXPECT_EQ(world.next().members, members({1}, {2})) << "before it has come";
    world.settle();

    world.away.clear();
    world.behind.insert(node_id{2});
    EXPECT_TRUE(world.rests()) << "it has not registered";
    world.add_broker(2);
    EXPECT_TRUE(world.rests()) << "it lacks what is committed";
    world.behind.clear();
    EXPECT_EQ(world.next().members, members({1, 2}));
}

TEST(metadata_members, one_becomes_five_and_the_sixth_follows) {
    group_world world(1, members({1}));
    for (std::uint32_t node = 2; node <= 6; ++node) {
        world.admit(node);
        world.settle();
        world.add_broker(node);
        world.settle();
    }
    EXPECT_EQ(world.group, members({1, 2, 3, 4, 5}, {6}));
}

TEST(metadata_members, who_is_away_keeps_its_vote_and_no_other_is_given_until_it_is_back) {
    group_world world(4, members({1, 2, 3}));
    world.away.insert(node_id{3});
    world.status(3, broker_state::failed);
    EXPECT_EQ(world.next().members, members({1, 2, 3}, {4})) << "who learns is waited for by nobody";
    world.settle();
    EXPECT_EQ(world.group, members({1, 2, 3}, {4}));

    world.away.clear();
    world.behind.insert(node_id{3});
    EXPECT_TRUE(world.rests()) << "it may not know where 4 is";
    world.behind.clear();
    EXPECT_EQ(world.next().members, members({1, 2, 3, 4}));
}

TEST(metadata_members, who_is_gone_for_good_is_replaced_by_sending_it_away) {
    group_world world(4, members({1, 2, 3}, {4}));
    world.away.insert(node_id{3});
    world.change(3, true);
    EXPECT_EQ(world.next().members, members({1, 2, 4}, {3}));
}

TEST(metadata_members, who_is_replaced_gives_its_vote_up_and_gets_a_seat_when_it_is_back) {
    group_world world(4, members({1, 2, 3}, {4}));
    world.away.insert(node_id{3});
    world.status(3, broker_state::failed);
    EXPECT_TRUE(world.rests());
    world.run(metadata::replace_broker{asked_by(1), node_id{3}, 1});
    world.settle();
    EXPECT_EQ(world.group, members({1, 2, 4}, {3}));

    world.away.clear();
    world.status(3, broker_state::alive);
    world.settle();
    EXPECT_EQ(world.group, members({1, 2, 3, 4}));
}

TEST(metadata_members, who_is_replaced_keeps_its_vote_rather_than_leave_an_even_number) {
    group_world world(3, members({1, 2, 3}));
    world.away.insert(node_id{3});
    world.status(3, broker_state::failed);
    world.run(metadata::replace_broker{asked_by(1), node_id{3}, 1});
    EXPECT_TRUE(world.rests()) << "two could miss nobody, and three with one away can have it back";

    world.change(2, true);
    world.settle();
    EXPECT_EQ(world.group, members({1}, {2, 3})) << "who leaves does not wait for who is replaced";
}

TEST(metadata_members, the_seat_of_who_leaves_is_for_another_and_who_stays_after_all_follows) {
    group_world world(6, members({1, 2, 3, 4, 5}, {6}));
    world.change(2, true);
    EXPECT_EQ(world.next().members, members({1, 3, 4, 5, 6}, {2}));
    world.settle();

    world.change(2, false);
    EXPECT_TRUE(world.rests()) << "nobody loses its vote for it";
}

TEST(metadata_members, nobody_gives_up_its_vote_while_one_of_those_that_stay_is_away) {
    group_world world(5, members({1, 2, 3, 4, 5}));
    world.change(5, true);
    world.away.insert(node_id{4});
    EXPECT_TRUE(world.rests());
    world.away = {node_id{5}};
    EXPECT_EQ(world.next().members, members({1, 2, 3, 4}, {5})) << "who leaves need not be there";
}

TEST(metadata_members, a_leader_that_leaves_hands_over_first) {
    group_world world(3, members({1, 2, 3}));
    world.change(1, true);
    auto const step = world.next();
    EXPECT_EQ(step.heir, node_id{2});
    EXPECT_EQ(step.members, world.group);
    world.settle();
    EXPECT_EQ(world.group, members({2, 3}, {1}));
}

TEST(metadata_members, a_leader_that_leaves_gives_those_that_stay_their_votes_first) {
    group_world world(2, members({1}, {2}));
    world.change(1, true);
    EXPECT_EQ(world.next().members, members({1, 2}));
    world.settle();
    EXPECT_EQ(world.group, members({2}, {1}));
    EXPECT_EQ(world.self, node_id{2});
}

TEST(metadata_members, five_become_one) {
    group_world world(5, members({1, 2, 3, 4, 5}));
    for (std::uint32_t node : {1U, 4U, 2U, 5U}) {
        world.change(node, true);
        world.settle();
        world.status(node, broker_state::decommissioned);
        world.away.insert(node_id{node});
        world.settle();
    }
    EXPECT_EQ(world.group, members({3}));
}

TEST(metadata_members, two_become_one_whoever_leads) {
    for (std::uint32_t const leader : {1U, 2U}) {
        group_world world(2, members({1, 2}));
        world.self = node_id{leader};
        world.change(2, true);
        world.settle();
        EXPECT_EQ(world.group, members({1}, {2}));
        EXPECT_EQ(world.self, node_id{1});
    }
}

TEST(metadata_members, somebody_always_votes) {
    group_world world(1, members({1}));
    world.change(1, true);
    EXPECT_TRUE(world.rests());
}

TEST(metadata_members, who_is_decommissioned_follows_as_long_as_it_runs) {
    group_world world(3, members({1, 2}, {3}));
    world.change(3, true);
    world.status(3, broker_state::decommissioned);
    EXPECT_TRUE(world.rests());

    world.away.insert(node_id{3});
    EXPECT_EQ(world.next().members, members({1, 2}));
    world.settle();

    world.away.clear();
    EXPECT_EQ(world.next().members, members({1, 2}, {3})) << "started again, it is told";
    world.change(3, false);
    world.away.insert(node_id{3});
    EXPECT_EQ(world.next().members, members({1, 2}, {3})) << "taken back, it is waited for";
}

TEST(metadata_members, an_admission_that_is_taken_back_ends_it) {
    group_world world(1, members({1}));
    world.admit(2);
    world.settle();
    world.change(2, true);
    EXPECT_EQ(world.next().members, members({1}));
}

}  // namespace
}  // namespace broker::tests
