// SPDX-License-Identifier: Apache-2.0
#include "metadata_world.hpp"

#include <cluster/placement.hpp>
#include <settings/values.hpp>

#include <chronik/base/random.hpp>

#include <map>
#include <set>

namespace broker::metadata::tests {
namespace {

create_request ask(std::string name, std::uint32_t id, std::int32_t partitions = -1, std::int16_t replication = -1) {
    create_request out;
    out.name = std::move(name);
    out.topic_id = id_of(id);
    out.partitions = partitions;
    out.replication = replication;
    return out;
}

plan plan_on(world const& world, std::vector<create_request> const& requests, topic_defaults defaults = {}) {
    return planner<>{defaults}(world.now(), asked_by(1), requests);
}

problem problem_of(world const& world, create_request const& request) {
    auto const planned = plan_on(world, {request});
    EXPECT_FALSE(planned.items.front().has_value()) << request.name;
    EXPECT_TRUE(planned.command.topics.empty());
    return planned.items.front().has_value() ? problem{} : planned.items.front().error();
}

std::uint32_t leaders_apart(world const& world) {
    std::map<node_id, std::uint32_t> leads;
    for (auto const& [node, broker] : world.now().brokers()) leads[node] = 0;
    world.now().for_each_partition([&](partition const& each) { ++leads[each.replicas.front()]; });
    auto const [least, most] = std::ranges::minmax_element(leads, {}, [](auto const& each) { return each.second; });
    return most->second - least->second;
}

TEST(metadata_planner, planned_topics_apply) {
    auto world = world::with_brokers(3);

    auto const planned = plan_on(world, {ask("a", 1, 3, 3), ask("b", 2)}, {2, 2});

    ASSERT_EQ(planned.command.topics.size(), 2U);
    EXPECT_EQ(planned.command.request, asked_by(1));
    EXPECT_EQ(planned.command.topics[0].partitions.size(), 3U);
    EXPECT_EQ(planned.command.topics[1].partitions.size(), 2U);
    EXPECT_EQ(planned.command.topics[1].partitions[0].replicas.size(), 2U);
    EXPECT_EQ(world.run(planned.command).outcome, error::none);
}

TEST(metadata_planner, leaders_stay_within_one_for_any_count_and_over_many_topics) {
    for (std::uint32_t brokers = 1; brokers <= 5; ++brokers)
        for (std::int16_t replication = 1; replication <= static_cast<std::int16_t>(brokers); ++replication) {
            chronik::random chance{brokers};
            auto world = world::with_brokers(brokers);
            for (std::uint32_t topic = 1; topic <= 30; ++topic) {
                auto const partitions = static_cast<std::int32_t>(chance.between(1, 12));
                world.run(plan_on(world, {ask("t" + std::to_string(topic), topic, partitions, replication)}).command);
                ASSERT_LE(leaders_apart(world), 1U) << brokers << " brokers, topic " << topic;
            }
            EXPECT_EQ(world.now().topic_count(), 30U);
        }
}

TEST(metadata_planner, topics_of_one_batch_count_each_other) {
    auto world = world::with_brokers(3);
    std::vector<create_request> batch;
    for (std::uint32_t topic = 1; topic <= 30; ++topic) batch.push_back(ask("t" + std::to_string(topic), topic, 1, 1));

    world.run(plan_on(world, batch).command);

    EXPECT_EQ(leaders_apart(world), 0U);
}

TEST(metadata_planner, replicas_go_to_different_racks) {
    auto world = world::with_brokers(6, 3);

    auto const planned = plan_on(world, {ask("t", 1, 20, 3)});

    for (auto const& partition : planned.command.topics.front().partitions) {
        std::set<std::string> racks;
        for (node_id const node : partition.replicas) racks.insert(world.now().find_broker(node)->rack);
        EXPECT_EQ(racks.size(), 3U);
    }
}

TEST(metadata_planner, only_alive_brokers_are_given_replicas) {
    auto world = world::with_brokers(3);
    world.run(change_broker_status{asked_by(1), node_id{2}, 1, broker_state::failed});

    auto const planned = plan_on(world, {ask("t", 1, 4, 2)});
    auto const refused = problem_of(world, ask("u", 2, 1, 3));

    for (auto const& partition : planned.command.topics.front().partitions)
        EXPECT_EQ(std::ranges::count(partition.replicas, node_id{2}), 0);
    EXPECT_EQ(refused.why, error::invalid_replication_factor);
    EXPECT_EQ(refused.message, "Replication factor: 3 larger than available brokers: 2");
}

TEST(metadata_planner, names_follow_kafkas_rules) {
    auto world = world::with_brokers(1);
    world.run(create_topics{asked_by(1), {a_topic("a.b", 1)}});

    for (std::string const& name :
        {std::string{}, std::string{"."}, std::string{".."}, std::string{"a/b"}, std::string{"a b"},
                                    std::string{"\xc3\xa9"}, std::string(250, 'a'), std::string{"a_b"}})
        EXPECT_EQ(problem_of(world, ask(name, 2)).why, error::invalid_topic_name) << name;
    EXPECT_TRUE(plan_on(world, {ask("A-z_0.9", 2)}).items.front().has_value());
    auto const batch = plan_on(world, {ask("c.d", 3), ask("c_d", 4)});
    EXPECT_TRUE(batch.items[0].has_value());
    EXPECT_EQ(batch.items[1].error().why, error::invalid_topic_name);
}

TEST(metadata_planner, counts_outside_the_limits_are_refused) {
    auto const world = world::with_brokers(1);

    EXPECT_EQ(problem_of(world, ask("t", 1, 0)).why, error::invalid_partitions);
    EXPECT_EQ(problem_of(world, ask("t", 1, -2)).why, error::invalid_partitions);
    EXPECT_EQ(problem_of(world, ask("t", 1, 10'001)).why, error::invalid_partitions);
    EXPECT_EQ(problem_of(world, ask("t", 1, 1, 0)).why, error::invalid_replication_factor);
    EXPECT_EQ(problem_of(world, ask("t", 1, 1, -2)).why, error::invalid_replication_factor);
    EXPECT_EQ(problem_of(world, ask("t", 1, 1, 33)).why, error::invalid_replication_factor);
    EXPECT_EQ(problem_of(world, ask("t", 0)).why, error::invalid_request);
}

TEST(metadata_planner, a_broker_is_given_no_more_replicas_than_its_journal_has_logs_for) {
    auto world = world::with_brokers(1);
    world.run(plan_on(world, {ask("most", 1, 10'000)}).command);

    EXPECT_EQ(problem_of(world, ask("too_many", 2, 6'001)).why, error::limit_reached);
    EXPECT_TRUE(plan_on(world, {ask("the_rest", 3, 6'000)}).items.front().has_value());
}

TEST(metadata_planner, existing_topic_is_refused_unless_it_is_a_retry) {
    auto world = world::with_brokers(3);
    world.run(plan_on(world, {ask("t", 1, 3, 3)}).command);

    auto const retried = plan_on(world, {ask("t", 1, 3, 3)});

    EXPECT_EQ(problem_of(world, ask("t", 2)).why, error::topic_exists);
    EXPECT_EQ(world.run(retried.command).items, std::vector{error::none});
    EXPECT_EQ(world.now().partition_count(), 3U);
}

TEST(metadata_planner, name_twice_in_one_request_is_refused_for_both) {
    auto const planned = plan_on(world::with_brokers(1), {ask("t", 1), ask("u", 2), ask("t", 3)});

    EXPECT_EQ(planned.items[0].error().why, error::invalid_request);
    EXPECT_TRUE(planned.items[1].has_value());
    EXPECT_EQ(planned.items[2].error().why, error::invalid_request);
}

TEST(metadata_planner, validate_only_is_planned_but_not_in_the_command) {
    auto request = ask("t", 1, 2, 1);
    request.validate_only = true;

    auto const planned = plan_on(world::with_brokers(1), {request});

    ASSERT_TRUE(planned.items.front().has_value());
    EXPECT_EQ(planned.items.front()->partitions.size(), 2U);
    EXPECT_TRUE(planned.command.topics.empty());
}

TEST(metadata_planner, manual_assignment_is_taken_as_it_is) {
    auto const world = world::with_brokers(3);
    auto request = ask("t", 1);
    request.assignment = {{1, {node_id{3}, node_id{1}}}, {0, {node_id{2}, node_id{3}}}};

    auto const planned = plan_on(world, {request});

    ASSERT_TRUE(planned.items.front().has_value());
    EXPECT_EQ(planned.items.front()->partitions[0].replicas, (std::vector{node_id{2}, node_id{3}}));
    EXPECT_EQ(planned.items.front()->partitions[1].replicas, (std::vector{node_id{3}, node_id{1}}));
}

TEST(metadata_planner, manual_assignment_that_makes_no_sense_is_refused) {
    auto const world = world::with_brokers(3);
    auto const refused = [&](std::vector<manual_partition> assignment) {
        auto request = ask("t", 1);
        request.assignment = std::move(assignment);
        return problem_of(world, request).why;
    };
    auto counted = ask("t", 1, 1);
    counted.assignment = {{0, {node_id{1}}}};

    EXPECT_EQ(refused({{1, {node_id{1}}}}), error::invalid_replica_assignment);
    EXPECT_EQ(refused({{-1, {node_id{1}}}}), error::invalid_replica_assignment);
    EXPECT_EQ(refused({{0, {node_id{1}}}, {0, {node_id{2}}}}), error::invalid_replica_assignment);
    EXPECT_EQ(refused({{0, {}}}), error::invalid_replica_assignment);
    EXPECT_EQ(refused({{0, {node_id{1}, node_id{1}}}}), error::invalid_replica_assignment);
    EXPECT_EQ(refused({{0, {node_id{9}}}}), error::invalid_replica_assignment);
    EXPECT_EQ(refused({{0, {node_id{1}}}, {1, {node_id{2}, node_id{3}}}}), error::invalid_replica_assignment);
    EXPECT_EQ(problem_of(world, counted).why, error::invalid_request);
}

TEST(metadata_planner, configurations_are_checked_by_name_and_value) {
    auto const world = world::with_brokers(1);
    auto const text_of = [&](std::string name, std::string value) {
        return config_problem(name, value);
    };

    for (auto const& [name, value] : std::vector<std::pair<std::string, std::string>>{
             {"cleanup.policy", "delete"}, {"retention.ms", "-1"}, {"retention.bytes", "1073741824"},
             {"segment.bytes", "1048576"}, {"min.insync.replicas", "2"}, {"max.message.bytes", "1000000"},
             {"compression.type", "producer"}, {"message.timestamp.type", "CreateTime"},
             {"unclean.leader.election.enable", "false"}, {"min.cleanable.dirty.ratio", "0.5"}})
        EXPECT_EQ(text_of(name, value), "") << name;
    EXPECT_EQ(text_of("no.such.thing", "1"), "Unknown topic config name: no.such.thing");
    for (auto const* policy : {"delete", "compact", "compact,delete", "delete,compact"})
        EXPECT_EQ(text_of("cleanup.policy", policy), "") << policy;
    EXPECT_NE(text_of("cleanup.policy", "comp").find("must be one of delete;compact;"), std::string::npos);
    EXPECT_NE(text_of("compression.type", "gzip").find("does not support it yet"), std::string::npos);
    EXPECT_NE(text_of("unclean.leader.election.enable", "true"), "");
    EXPECT_NE(text_of("retention.ms", "-2"), "");
    EXPECT_NE(text_of("retention.ms", "1h"), "");
    EXPECT_NE(text_of("segment.bytes", "99999999999"), "");
    EXPECT_NE(text_of("min.insync.replicas", "0"), "");
    EXPECT_NE(text_of("min.cleanable.dirty.ratio", "nan"), "");
    EXPECT_NE(text_of("preallocate", "yes"), "");

    auto unknown = ask("t", 1);
    unknown.configs = {{"no.such.thing", "1"}};
    auto twice = ask("t", 1);
    twice.configs = {{"retention.ms", "1"}, {"retention.ms", "2"}};
    EXPECT_EQ(problem_of(world, unknown).why, error::invalid_config);
    EXPECT_EQ(problem_of(world, twice).why, error::invalid_config);
}

// Whatever is planned applies without an error: the planner is nowhere laxer than the machine.
TEST(metadata_planner, machine_accepts_whatever_was_planned) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        chronik::random chance{seed};
        auto world = world::with_brokers(static_cast<std::uint32_t>(chance.between(1, 6)), 2);
        std::uint32_t next_id = 1;
        for (int round = 0; round < 10; ++round) {
            std::vector<create_request> batch;
            for (auto count = chance.between(1, 5); count > 0; --count) {
                std::string const dot = chance.chance(50) ? "." : "_";
                batch.push_back(ask("t" + dot + std::to_string(chance.below(30)), next_id++,
                                    static_cast<std::int32_t>(chance.below(8)) - 1,
                                    static_cast<std::int16_t>(static_cast<int>(chance.below(6)) - 1)));
            }
            EXPECT_EQ(world.run(plan_on(world, batch).command).outcome, error::none) << "seed " << seed;
        }
    }
}

constexpr placement every_placement[] = {placement::sticky, placement::range, placement::round_robin};

TEST(metadata_planner, replicas_follow_the_capacity_of_brokers_over_many_topics_whatever_the_placement) {
    for (auto const chosen : every_placement)
        for (std::int16_t const replication : {std::int16_t{1}, std::int16_t{2}}) {
            chronik::random chance{7};
            auto world = world::with_capacities({1, 2, 3});
            for (std::uint32_t topic = 1; topic <= 30; ++topic) {
                auto const name = "t" + std::to_string(topic);
                auto const partitions = static_cast<std::int32_t>(chance.between(1, 12));
                planner const decide{topic_defaults{}, chosen_placement{chosen}};
                auto const made = decide(world.now(), asked_by(1), {ask(name, topic, partitions, replication)});
                EXPECT_EQ(world.run(made.command).outcome, error::none);
                world.expect_shares_within_one(name + ", " + placement_value::show(chosen));
            }
        }
}

/// Zones a, a, b and none; 1 and 3 have an ssd.
world with_tags() {
    world out;
    out.add_broker(1, "r1", 1, 1, {"ssd", "zone=a"});
    out.add_broker(2, "r2", 1, 1, {"zone=a"});
    out.add_broker(3, "r3", 1, 1, {"ssd", "zone=b"});
    out.add_broker(4, "r4");
    return out;
}

create_request placed_by(std::string policy, std::int32_t partitions, std::int16_t replication) {
    auto out = ask("t", 1, partitions, replication);
    out.configs = {{std::string{placement_policy::config_name}, std::move(policy)}};
    return out;
}

TEST(metadata_planner, a_policy_is_honoured_whatever_the_placement) {
    for (auto const chosen : every_placement) {
        auto const world = with_tags();
        planner const decide{topic_defaults{}, chosen_placement{chosen}};
        auto const held_by = [&](std::string policy, std::int16_t replication) {
            auto const planned = decide(world.now(), asked_by(1), {placed_by(std::move(policy), 24, replication)});
            EXPECT_TRUE(planned.items.front().has_value());
            std::vector<std::set<node_id>> out;
            if (planned.items.front())
                for (auto const& each : planned.items.front()->partitions)
                    out.emplace_back(each.replicas.begin(), each.replicas.end());
            return out;
        };
        constexpr node_id n1{1}, n2{2}, n3{3}, n4{4};
        std::vector<std::set<node_id>> const on_both(24, {n1, n3});
        EXPECT_EQ(held_by("pin:ssd", 2), on_both);
        EXPECT_EQ(held_by("pin:zone; exclude:node=2", 2), on_both);
        for (auto const& nodes : held_by("exclude:ssd", 1)) EXPECT_TRUE(nodes.contains(n2) || nodes.contains(n4));
        std::set<node_id> of_zone_a;
        for (auto const& nodes : held_by("spread:zone", 2)) {
            EXPECT_TRUE(nodes.contains(n3)) << "the only one of zone b";
            EXPECT_FALSE(nodes.contains(n4)) << "of no zone";
            of_zone_a.insert(nodes.contains(n1) ? n1 : n2);
        }
        EXPECT_EQ(of_zone_a.size(), 2U);
    }
}

TEST(metadata_planner, a_policy_that_cannot_be_honoured_is_refused_in_a_sentence_and_nothing_is_planned) {
    auto const world = with_tags();
    auto const refused = problem_of(world, placed_by("pin:ssd", 1, 3));
    EXPECT_EQ(refused.why, error::policy_violation);
    EXPECT_EQ(refused.message,
              "chronik.placement cannot be honoured: 'pin:ssd' leaves 2 brokers (1, 3) for 3 replicas.");
    EXPECT_EQ(problem_of(world, placed_by("spread:zone", 1, 3)).message,
              "chronik.placement cannot be honoured: 'spread:zone' finds 2 values (a, b) for 3 replicas.");
    EXPECT_EQ(problem_of(world, placed_by("pin:ssd", 1, 5)).why, error::invalid_replication_factor);
    EXPECT_EQ(problem_of(world, placed_by("keep:ssd", 1, 1)).why, error::invalid_config);
}

TEST(metadata_planner, replicas_chosen_by_hand_obey_the_policy_too) {
    auto const world = with_tags();
    auto request = placed_by("pin:ssd", -1, -1);
    request.assignment = {{0, {node_id{1}, node_id{3}}}, {1, {node_id{3}, node_id{1}}}};
    EXPECT_TRUE(plan_on(world, {request}).items.front().has_value());
    request.assignment[1].replicas = {node_id{3}, node_id{2}};
    auto const refused = problem_of(world, request);
    EXPECT_EQ(refused.why, error::invalid_replica_assignment);
    EXPECT_EQ(refused.message, "Partition 1: broker 2 is not what 'pin:ssd' allows (chronik.placement).");
}

TEST(metadata_planner, there_are_only_so_many_different_policies) {
    auto world = with_tags();
    std::vector<create_request> many;
    for (std::uint32_t topic = 1; topic <= placement_policies_max + 1; ++topic) {
        many.push_back(ask("t" + std::to_string(topic), topic, 1, 1));
        many.back().configs = {{std::string{placement_policy::config_name}, "exclude:t" + std::to_string(topic)}};
    }
    auto const planned = plan_on(world, many);
    EXPECT_EQ(planned.command.topics.size(), placement_policies_max);
    EXPECT_EQ(planned.items.back().error().why, error::limit_reached);
    world.run(planned.command);
    EXPECT_EQ(problem_of(world, many.back()).why, error::limit_reached);
    many.back().configs = many.front().configs;
    EXPECT_TRUE(plan_on(world, {many.back()}).items.front().has_value()) << "one that is there already";
}

}  // namespace
}  // namespace broker::metadata::tests
