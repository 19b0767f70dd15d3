// SPDX-License-Identifier: Apache-2.0
#include "metadata_world.hpp"

#include <chronik/base/random.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace broker::metadata::tests {
namespace {

TEST(metadata_machine, cluster_id_is_set_once) {
    world world;

    EXPECT_EQ(world.run(set_cluster_id{asked_by(1), "blue"}).outcome, error::none);
    EXPECT_EQ(world.run(set_cluster_id{asked_by(2), "blue"}).outcome, error::none);
    EXPECT_EQ(world.run(set_cluster_id{asked_by(2), "green"}).outcome, error::other_cluster);
    EXPECT_EQ(world.run(set_cluster_id{asked_by(2), ""}).outcome, error::invalid_request);

    EXPECT_EQ(world.now().cluster_id, "blue");
}

TEST(metadata_machine, result_names_who_asked_and_where_it_applied) {
    world world;
    world.add_broker(1);

    auto const done = world.run(create_topics{asked_by(7, 42), {a_topic("t", 1)}});

    EXPECT_EQ(done.request, asked_by(7, 42));
    EXPECT_EQ(done.index, log_index{3});
    EXPECT_EQ(world.now().version, log_index{3});
}

TEST(metadata_machine, newer_incarnation_replaces_and_older_is_stale) {
    world world;
    world.add_broker(1, "a", 5);

    EXPECT_EQ(world.run(register_broker{asked_by(1), node_id{1}, 4, "old", 1, 2, "", 1}).outcome,
        error::stale_incarnation);
    EXPECT_EQ(world.run(register_broker{asked_by(1), node_id{1}, 5, "again", 1, 2, "", 1}).outcome, error::none);
    EXPECT_EQ(world.now().find_broker(node_id{1})->host, "host");
    EXPECT_EQ(world.now().find_broker(node_id{1})->status, broker_state::alive);

    EXPECT_EQ(world.run(register_broker{asked_by(1), node_id{1}, 6, "new", 1, 2, "b", 1}).outcome, error::none);

    auto const* const broker = world.now().find_broker(node_id{1});
    EXPECT_EQ(broker->host, "new");
    EXPECT_EQ(broker->status, broker_state::starting);
    EXPECT_EQ(broker->registered_at, log_index{5});
}

TEST(metadata_machine, status_changes_are_fenced_by_incarnation) {
    world world;
    world.add_broker(1, "", 5);
    auto const change = [&](std::uint32_t node, std::uint64_t incarnation, broker_state status) {
        return world.run(change_broker_status{asked_by(9), node_id{node}, incarnation, status}).outcome;
    };

    EXPECT_EQ(change(1, 4, broker_state::failed), error::stale_incarnation);
    EXPECT_EQ(change(2, 1, broker_state::failed), error::unknown_broker);
    EXPECT_EQ(change(1, 5, broker_state::starting), error::invalid_status);
    EXPECT_EQ(change(1, 5, static_cast<broker_state>(9)), error::invalid_status);
    EXPECT_EQ(change(1, 5, broker_state::decommissioned), error::invalid_status) << "nobody has asked for that";
    EXPECT_EQ(world.run(change_membership{asked_by(9), node_id{1}, true}).outcome, error::none);
    EXPECT_EQ(change(1, 5, broker_state::decommissioned), error::none);
    EXPECT_EQ(change(1, 5, broker_state::alive), error::invalid_status);
}

TEST(metadata_machine, create_gives_groups_from_1000_upward_and_no_leader_yet) {
    auto world = world::with_brokers(2);

    auto const done = world.run(create_topics{
        asked_by(1), {a_topic("a", 1, {{{node_id{1}, node_id{2}}}, {{node_id{2}, node_id{1}}}}), a_topic("b", 2)}});

    EXPECT_EQ(done.outcome, error::none);
    EXPECT_EQ(done.created, (std::vector{group_id{1000}, group_id{1001}, group_id{1002}}));
    auto const* const topic = world.now().find_topic("a");
    ASSERT_NE(topic, nullptr);
    EXPECT_EQ(topic, world.now().find_topic(id_of(1)));
    auto const* const second = world.now().find_partition(*topic, 1);
    ASSERT_NE(second, nullptr);
    EXPECT_EQ(second->group, group_id{1001});
    EXPECT_EQ(second->index, 1U);
    EXPECT_EQ(second->topic_id, id_of(1));
    EXPECT_EQ(second->replicas, (std::vector{node_id{2}, node_id{1}}));
    EXPECT_EQ(second->leader, chronik::no_node);
    EXPECT_EQ(world.now().find_partition(*topic, 2), nullptr);
}

TEST(metadata_machine, retried_creation_is_recognised_by_its_topic_id) {
    auto world = world::with_brokers(1);
    world.run(create_topics{asked_by(1), {a_topic("t", 1)}});

    auto const again = world.run(create_topics{asked_by(1, 2), {a_topic("t", 1)}});
    auto const other = world.run(create_topics{asked_by(1, 3), {a_topic("t", 2), a_topic("u", 3)}});

    EXPECT_EQ(again.outcome, error::none);
    EXPECT_TRUE(again.created.empty());
    EXPECT_EQ(other.items, (std::vector{error::topic_exists, error::none}));
    EXPECT_EQ(other.outcome, error::topic_exists);
    EXPECT_EQ(world.now().topic_count(), 2U);
}

TEST(metadata_machine, creation_is_checked_again_when_it_applies) {
    auto world = world::with_brokers(2);
    world.run(create_topics{asked_by(1), {a_topic("a.b", 1)}});
    auto const create = [&](new_topic const& topic) { return world.run(create_topics{asked_by(1), {topic}}).outcome; };
    new_topic configured = a_topic("c", 9);
    configured.configs = {{"name", std::string(config_value_bytes_max + 1, 'x')}};

    EXPECT_EQ(create(a_topic("a_b", 2)), error::invalid_topic_name);
    EXPECT_EQ(create(a_topic("a b", 2)), error::invalid_topic_name);
    EXPECT_EQ(create(a_topic("..", 2)), error::invalid_topic_name);
    EXPECT_EQ(create(a_topic(std::string(250, 'x'), 2)), error::invalid_topic_name);
    EXPECT_EQ(create(a_topic("x", 0)), error::invalid_request);
    EXPECT_EQ(create(a_topic("x", 1)), error::invalid_request);
    EXPECT_EQ(create(a_topic("x", 2, {})), error::invalid_partitions);
    EXPECT_EQ(create(a_topic("x", 2, std::vector<new_partition>(10'001, {{node_id{1}}}))), error::invalid_partitions);
    EXPECT_EQ(create(a_topic("x", 2, {{{}}})), error::invalid_replication_factor);
    EXPECT_EQ(create(a_topic("x", 2, {{{node_id{1}, node_id{1}}}})), error::invalid_replica_assignment);
    EXPECT_EQ(create(a_topic("x", 2, {{{node_id{3}}}})), error::invalid_replica_assignment);
    EXPECT_EQ(create(configured), error::invalid_config);
    EXPECT_EQ(create(a_topic(std::string(249, 'x'), 2)), error::none);
}

TEST(metadata_machine, deleted_topic_is_gone_by_name_by_id_and_by_group) {
    auto world = world::with_brokers(1);
    world.run(create_topics{asked_by(1), {a_topic("t", 1), a_topic("u", 2)}});

    auto const done = world.run(delete_topics{asked_by(1), {id_of(1), id_of(8)}});

    EXPECT_EQ(done.items, (std::vector{error::none, error::unknown_topic}));
    EXPECT_EQ(done.removed, std::vector{group_id{1000}});
    EXPECT_EQ(world.now().find_topic("t"), nullptr);
    EXPECT_EQ(world.now().find_topic(id_of(1)), nullptr);
    EXPECT_EQ(world.now().find_partition(group_id{1000}), nullptr);
    EXPECT_NE(world.now().find_topic("u"), nullptr);
    auto const again = world.run(create_topics{asked_by(1), {a_topic("t", 3)}});
    EXPECT_EQ(again.created, std::vector{group_id{1002}});
}

TEST(metadata_machine, leader_epoch_never_goes_back) {
    auto world = world::with_brokers(3);
    std::vector const all{node_id{1}, node_id{2}, node_id{3}};
    world.run(create_topics{asked_by(1), {a_topic("t", 1, {{all}})}});
    auto const update = [&](std::uint32_t leader, std::uint64_t epoch, std::vector<node_id> isr) {
        return world.run(update_partitions{asked_by(1),
            {{group_id{1000}, node_id{leader}, log_term{epoch}, std::move(isr)}}}).outcome;
    };

    EXPECT_EQ(update(2, 5, all), error::none);
    EXPECT_EQ(update(2, 4, all), error::stale_epoch);
    EXPECT_EQ(update(1, 5, all), error::stale_epoch);
    EXPECT_EQ(update(2, 5, {node_id{2}}), error::none);
    EXPECT_EQ(update(0, 5, {node_id{2}}), error::none);
    EXPECT_EQ(update(1, 6, {node_id{1}, node_id{2}}), error::none);
    EXPECT_EQ(update(1, 7, {node_id{2}}), error::invalid_request);
    EXPECT_EQ(update(4, 7, {node_id{4}}), error::invalid_request);
    EXPECT_EQ(update(1, 7, {node_id{1}, node_id{1}}), error::invalid_request);
    EXPECT_EQ(world.run(update_partitions{asked_by(1), {{group_id{9}, node_id{1}, log_term{9}, {node_id{1}}}}}).outcome,
              error::unknown_partition);

    auto const* const partition = world.now().find_partition(group_id{1000});
    EXPECT_EQ(partition->leader, node_id{1});
    EXPECT_EQ(partition->leader_epoch, log_term{6});
    EXPECT_EQ(partition->isr, (std::vector{node_id{1}, node_id{2}}));
}

TEST(metadata_machine, producer_id_blocks_never_overlap) {
    auto world = world::with_brokers(2);

    EXPECT_EQ(world.run(allocate_producer_ids{asked_by(1), 1000}).first_producer_id, 0U);
    EXPECT_EQ(world.run(allocate_producer_ids{asked_by(2), 500}).first_producer_id, 1000U);
    EXPECT_EQ(world.run(allocate_producer_ids{asked_by(1), 1000}).first_producer_id, 1500U);
    EXPECT_EQ(world.run(allocate_producer_ids{{node_id{1}, 0, 1}, 1}).outcome, error::stale_incarnation);
    EXPECT_EQ(world.run(allocate_producer_ids{asked_by(3), 1}).outcome, error::unknown_broker);
    EXPECT_EQ(world.run(allocate_producer_ids{asked_by(1), 0}).outcome, error::invalid_request);
}

TEST(metadata_machine, image_once_taken_does_not_change) {
    auto world = world::with_brokers(1);
    world.run(create_topics{asked_by(1), {a_topic("t", 1)}});
    auto const before = world.machine.current();
    std::uint64_t const digest = before->digest();

    world.run(create_topics{asked_by(1), {a_topic("u", 2)}});
    world.run(update_partitions{asked_by(1), {{group_id{1000}, node_id{1}, log_term{2}, {node_id{1}}}}});
    world.run(delete_topics{asked_by(1), {id_of(1)}});

    EXPECT_EQ(before->digest(), digest);
    EXPECT_EQ(before->find_partition(group_id{1000})->leader, chronik::no_node);
    EXPECT_EQ(before->find_topic("u"), nullptr);
    EXPECT_NE(world.now().digest(), digest);
}

TEST(metadata_machine, unreadable_command_stops_the_machine) {
    auto world = world::with_brokers(1);
    auto const before = world.now().digest();

    EXPECT_EQ(world.append(chronik::shared_bytes::copy_of(std::string_view{"\x63\x00\x00", 3})).outcome,
        error::unreadable);
    EXPECT_EQ(world.run(create_topics{asked_by(1), {a_topic("t", 1)}}).outcome, error::unreadable);

    EXPECT_TRUE(world.machine.unreadable());
    EXPECT_EQ(world.now().digest(), before);
}

/// Any command, sensible or not, about a small world.
chronik::shared_bytes any_command(chronik::random& chance) {
    auto const node = [&] { return node_id{static_cast<std::uint32_t>(chance.between(0, 5))}; };
    auto const nodes = [&] {
        std::vector<node_id> out;
        for (auto count = chance.below(4); count > 0; --count) out.push_back(node());
        return out;
    };
    auto const id = [&] { return id_of(static_cast<std::uint32_t>(chance.below(30))); };
    request_id const asker{node(), chance.below(4), chance()};
    switch (chance.below(10)) {
        case 0: return command_set::encode(set_cluster_id{asker, "cluster"}).value();
        case 1: return command_set::encode(register_broker{asker, node(), chance.below(4), "h", 1, 2, "r", 1}).value();
        case 6: return command_set::encode(admit_broker{asker, node(), "a", 1, 3}).value();
        case 7: return command_set::encode(change_membership{asker, node(), chance.chance(50)}).value();
        case 8: return command_set::encode(replace_broker{asker, node(), chance.below(4)}).value();
        case 2: {
            auto const status = static_cast<broker_state>(chance.below(6));
            return command_set::encode(change_broker_status{asker, node(), chance.below(4), status}).value();
        }
        case 3: {
            new_topic topic{"t" + std::to_string(chance.below(20)), id(), {}, {}};
            for (auto count = chance.below(4); count > 0; --count) topic.partitions.push_back({nodes()});
            return command_set::encode(create_topics{asker, {topic}}).value();
        }
        case 4: return command_set::encode(delete_topics{asker, {id()}}).value();
        case 5: {
            partition_update const news{group_id{1000 + chance.below(60)}, node(), log_term{chance.below(9)}, nodes()};
            return command_set::encode(update_partitions{asker, {news}}).value();
        }
        default: {
            auto const count = static_cast<std::uint32_t>(chance.below(9));
            return command_set::encode(allocate_producer_ids{asker, count}).value();
        }
    }
}

TEST(metadata_machine, equal_commands_give_equal_digests_whenever_images_are_taken) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        chronik::random chance{seed};
        world one, other;
        for (int count = 0; count < 400; ++count) {
            auto const payload = any_command(chance);
            one.append(payload);
            other.append(payload);
            if (chance.chance(30)) { EXPECT_EQ(one.now().version, log_index{one.log.size()}); }
        }
        EXPECT_EQ(one.now().digest(), other.now().digest()) << "seed " << seed;
    }
}

TEST(metadata_machine, every_view_of_the_image_agrees_after_any_commands) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        chronik::random chance{seed};
        world world;
        std::map<group_id, log_term> epochs;
        for (int count = 0; count < 400; ++count) {
            world.append(any_command(chance));
            world.now().for_each_partition([&](partition const& each) {
                EXPECT_GE(each.leader_epoch, epochs[each.group]) << "seed " << seed;
                epochs[each.group] = each.leader_epoch;
            });
        }
        std::size_t topics = 0, partitions = 0;
        world.now().for_each_topic([&](topic const& each) {
            ++topics;
            EXPECT_EQ(world.now().find_topic(each.name), &each);
            EXPECT_EQ(world.now().find_topic(each.id), &each);
            for (std::size_t index = 0; index < each.groups.size(); ++index, ++partitions) {
                auto const* const held = world.now().find_partition(each, index);
                ASSERT_NE(held, nullptr);
                EXPECT_EQ(held->index, index);
                EXPECT_EQ(held->topic_id, each.id);
                EXPECT_LT(held->group, world.now().next_group_id);
            }
        });
        EXPECT_EQ(topics, world.now().topic_count());
        EXPECT_EQ(partitions, world.now().partition_count());
    }
}

TEST(metadata_machine, configurations_change_as_a_whole_and_say_when) {
    auto world = world::with_brokers(1);
    auto const made = world.run(create_topics{asked_by(1), {a_topic("t", 1)}}).index;
    EXPECT_EQ(world.now().find_topic("t")->configs_at, made);

    auto const done = world.run(change_configs{asked_by(1), {{id_of(1), made, {{"retention.ms", "5"}}}}});

    EXPECT_EQ(done.outcome, error::none);
    EXPECT_EQ(done.reconfigured, std::vector{id_of(1)});
    EXPECT_EQ(*world.now().find_topic("t")->config("retention.ms"), "5");
    EXPECT_EQ(world.now().find_topic("t")->configs_at, done.index);
}

TEST(metadata_machine, a_configuration_that_somebody_else_changed_meanwhile_is_not_overwritten) {
    auto world = world::with_brokers(1);
    auto const made = world.run(create_topics{asked_by(1), {a_topic("t", 1)}}).index;
    change_configs const mine{asked_by(1), {{id_of(1), made, {{"retention.ms", "5"}}}}};
    world.run(mine);

    auto const late = world.run(change_configs{asked_by(2), {{id_of(1), made, {{"retention.ms", "6"}}}}});
    auto const retried = world.run(mine);

    EXPECT_EQ(late.outcome, error::superseded);
    EXPECT_EQ(retried.outcome, error::superseded);
    EXPECT_TRUE(late.reconfigured.empty());
    EXPECT_EQ(*world.now().find_topic("t")->config("retention.ms"), "5");
}

TEST(metadata_machine, configurations_have_limits_that_every_build_agrees_on) {
    auto world = world::with_brokers(1);
    auto const at = world.run(create_topics{asked_by(1), {a_topic("t", 1)}}).index;
    auto const change = [&](std::vector<config_entry> configs) {
        return world.run(change_configs{asked_by(1), {{id_of(1), at, std::move(configs)}}}).outcome;
    };

    EXPECT_EQ(change({{"", "1"}}), error::invalid_config);
    EXPECT_EQ(change({{std::string(config_name_bytes_max + 1, 'n'), "1"}}), error::invalid_config);
    EXPECT_EQ(change({{"n", std::string(config_value_bytes_max + 1, '1')}}), error::invalid_config);
    EXPECT_EQ(change(std::vector<config_entry>(configs_per_topic_max + 1, {"n", "1"})), error::invalid_config);
    EXPECT_EQ(world.run(change_configs{asked_by(1), {{id_of(9), at, {}}}}).outcome, error::unknown_topic);
}

TEST(metadata_machine, added_partitions_get_the_next_groups_and_no_leader_yet) {
    auto world = world::with_brokers(2);
    world.run(create_topics{asked_by(1), {a_topic("a", 1), a_topic("b", 2)}});

    auto const done = world.run(create_partitions{asked_by(1, 9), {{id_of(1), 1, {{{node_id{2}}}, {{node_id{1}}}}}}});

    EXPECT_EQ(done.outcome, error::none);
    EXPECT_EQ(done.created, (std::vector{group_id{1002}, group_id{1003}}));
    auto const* const topic = world.now().find_topic("a");
    EXPECT_EQ(topic->groups, (std::vector{group_id{1000}, group_id{1002}, group_id{1003}}));
    EXPECT_EQ(topic->grown_by, asked_by(1, 9));
    auto const* const added = world.now().find_partition(*topic, 2);
    EXPECT_EQ(added->index, 2U);
    EXPECT_EQ(added->leader, chronik::no_node);
    EXPECT_EQ(added->isr, std::vector{node_id{1}});
}

TEST(metadata_machine, partitions_that_cannot_be_added_change_nothing) {
    auto world = world::with_brokers(1);
    world.run(create_topics{asked_by(1), {a_topic("a", 1)}});
    auto const before = world.now().partition_count();
    auto const grow = [&](std::uint32_t id, std::uint32_t first, std::vector<new_partition> added) {
        return world.run(create_partitions{asked_by(1), {{id_of(id), first, std::move(added)}}}).outcome;
    };

    EXPECT_EQ(grow(2, 1, {{{node_id{1}}}}), error::unknown_topic);
    EXPECT_EQ(grow(1, 0, {{{node_id{1}}}}), error::superseded);
    EXPECT_EQ(grow(1, 1, {}), error::invalid_partitions);
    EXPECT_EQ(grow(1, 1, std::vector<new_partition>(partitions_per_topic_max, {{node_id{1}}})),
              error::invalid_partitions);
    EXPECT_EQ(grow(1, 1, {{{}}}), error::invalid_replication_factor);
    EXPECT_EQ(grow(1, 1, {{{node_id{1}, node_id{1}}}}), error::invalid_replica_assignment);
    EXPECT_EQ(grow(1, 1, {{{node_id{7}}}}), error::invalid_replica_assignment);
    EXPECT_EQ(world.now().partition_count(), before);
}

TEST(metadata_machine, a_broker_whose_capacity_or_tags_cannot_be_is_refused) {
    world world;
    auto const enrolled = [&](std::uint32_t capacity, std::vector<std::string> tags) {
        return world.run(register_broker{asked_by(1), node_id{1}, 1, "h", 1, 2, "", 1, 3, capacity, std::move(tags)})
            .outcome;
    };

    EXPECT_EQ(enrolled(0, {}), error::invalid_request);
    EXPECT_EQ(enrolled(capacity_max + 1, {}), error::invalid_request);
    EXPECT_EQ(enrolled(1, {"zone="}), error::invalid_request);
    EXPECT_EQ(enrolled(1, {"node=1"}), error::invalid_request);
    EXPECT_EQ(enrolled(1, {"a", "a=b"}), error::invalid_request);
    EXPECT_EQ(world.now().find_broker(node_id{1}), nullptr);
    EXPECT_EQ(enrolled(capacity_max, {"ssd", "zone=a"}), error::none);
}

}  // namespace
}  // namespace broker::metadata::tests
