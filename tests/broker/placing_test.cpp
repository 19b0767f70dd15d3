// SPDX-License-Identifier: Apache-2.0
#include "metadata_world.hpp"

#include <metadata/placing.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace broker::metadata::tests {
namespace {

/// 1 and 2 have an ssd; "t" has two replicas, "u" one, both without a policy.
struct placed_world : world {
    placed_world() {
        add_broker(1, "r1", 1, 1, {"ssd"});
        add_broker(2, "r2", 1, 1, {"ssd"});
        add_broker(3, "r3");
        run(create_topics{asked_by(1), {a_topic("t", 1, {{{node_id{1}, node_id{3}}}}), a_topic("u", 2)}});
    }
    std::optional<problem> refused(std::string const& topic, std::string policy) const {
        std::vector<config_entry> const configs{{"chronik.placement", std::move(policy)}};
        return policy_change_problem(now(), *now().find_topic(topic), configs);
    }
    void give(std::uint32_t topic, std::string policy) {
        auto const base = now().find_topic(id_of(topic))->configs_at;
        run(change_configs{asked_by(1), {{id_of(topic), base, {{"chronik.placement", std::move(policy)}}}}});
    }
};

TEST(placing, a_policy_is_taken_if_the_brokers_that_stay_could_honour_it) {
    placed_world world;
    EXPECT_FALSE(world.refused("t", "pin:ssd")) << "although it is not honoured yet";
    EXPECT_FALSE(world.refused("u", "pin:node=3"));
    auto const refused = world.refused("t", "pin:node=3");
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->why, error::policy_violation);
    EXPECT_EQ(refused->message,
              "chronik.placement cannot be honoured: 'pin:node=3' leaves 1 broker (3) for 2 replicas.");

    world.run(change_broker_status{asked_by(2), node_id{2}, 1, broker_state::failed});
    EXPECT_FALSE(world.refused("t", "pin:ssd")) << "what it holds it keeps until it is back";
    world.run(change_membership{asked_by(1), node_id{2}, true});
    EXPECT_TRUE(world.refused("t", "pin:ssd"));
}

TEST(placing, a_partition_that_moves_counts_as_it_will_be) {
    placed_world world;
    auto const group = world.now().find_topic("u")->groups[0];
    world.run(alter_reassignments{asked_by(1), {{group, {node_id{1}, node_id{2}}}}});
    EXPECT_TRUE(world.refused("u", "pin:node=3"));
}

TEST(placing, what_is_not_changed_is_not_judged_again) {
    placed_world world;
    world.give(1, "pin:node=3");
    EXPECT_FALSE(world.refused("t", "pin:node=3"));
    EXPECT_FALSE(policy_change_problem(world.now(), *world.now().find_topic("t"), {})) << "none is always honoured";
}

TEST(placing, who_leaves_is_needed_by_the_first_topic_whose_policy_says_so) {
    placed_world world;
    EXPECT_EQ(unhonoured_policy(world.now(), staying_members(world.now(), node_id{1})), "");
    world.give(2, "pin:node=1");
    world.give(1, "pin:ssd");
    EXPECT_EQ(unhonoured_policy(world.now(), staying_members(world.now())), "");
    EXPECT_EQ(unhonoured_policy(world.now(), staying_members(world.now(), node_id{1})),
              "t, chronik.placement: 'pin:ssd' leaves 1 broker (2) for 2 replicas");
    EXPECT_EQ(unhonoured_policy(world.now(), staying_members(world.now(), node_id{3})), "");
}

TEST(placing, a_policy_that_this_build_cannot_read_is_not_guessed_at) {
    placed_world world;
    world.give(1, "keep:ssd");
    auto const policy = policy_of(world.now().find_topic("t")->configs);
    ASSERT_FALSE(policy);
    EXPECT_EQ(policy.error().why, error::policy_violation);
    EXPECT_NE(unhonoured_policy(world.now(), staying_members(world.now())), "");
}

TEST(placing, a_broker_is_a_member_with_its_capacity_and_its_tags) {
    world world;
    world.add_broker(7, "r", 1, 5, {"ssd", "zone=a"});
    world.add_broker(8);
    auto const members = staying_members(world.now());
    EXPECT_EQ(members.at(0), (chronik::assign::member{node_id{7}, "r", 5,
                                                      {{"ssd", ""}, {"zone", "a"}, {"node", "7"}, {"rack", "r"}}}));
    EXPECT_EQ(members.at(1).find_tag("rack"), nullptr);
}

}  // namespace
}  // namespace broker::metadata::tests
