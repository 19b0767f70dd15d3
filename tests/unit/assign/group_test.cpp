// SPDX-License-Identifier: Apache-2.0
#include <chronik/assign/cooperative_sticky.hpp>
#include <chronik/assign/group.hpp>
#include <chronik/assign/range.hpp>
#include <chronik/assign/round_robin.hpp>

#include <chronik/base/random.hpp>

#include <gtest/gtest.h>

namespace chronik {
namespace {

using assign::assign_group;
using assign::consumer;
using assign::topic_size;

std::vector<consumer> any_consumers(random& chance, std::vector<topic_size> const& topics) {
    std::vector<consumer> out;
    for (std::size_t at = 0; at < chance.between(1, 6); ++at) {
        consumer each{"c" + std::to_string(at), {}};
        for (auto const& topic : topics)
            if (chance.chance(70)) each.topics.push_back(topic.name);
        out.push_back(std::move(each));
    }
    return out;
}

void own(std::vector<consumer>& consumers, assign::group_assignment const& given) {
    for (consumer& each : consumers) each.owned = given.at(each.id);
}

template <class Strategy>
class assign_group_with : public ::testing::Test {};
using strategies = ::testing::Types<assign::range, assign::round_robin, assign::sticky<>, assign::cooperative_sticky<>>;
TYPED_TEST_SUITE(assign_group_with, strategies);

TYPED_TEST(assign_group_with, each_partition_goes_to_one_subscriber) {
    std::vector<topic_size> const topics{{"a", 7}, {"b", 3}, {"c", 12}, {"empty", 0}};
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        random chance{seed};
        auto const consumers = any_consumers(chance, topics);
        auto const given = assign_group(TypeParam{}, consumers, topics);
        ASSERT_TRUE(given.has_value()) << given.error().message();
        ASSERT_EQ(given->size(), consumers.size());
        std::map<assign::topic_partition, int> owners;
        for (consumer const& each : consumers)
            for (auto const& partition : given->at(each.id)) {
                ++owners[partition];
                EXPECT_NE(std::ranges::find(each.topics, partition.topic), each.topics.end()) << "seed " << seed;
            }
        for (auto const& topic : topics)
            for (std::uint32_t index = 0; index < topic.partitions; ++index) {
                bool const wanted = std::ranges::any_of(consumers, [&](consumer const& each) {
                    return std::ranges::find(each.topics, topic.name) != each.topics.end();
                });
                EXPECT_EQ((owners[{topic.name, index}]), wanted ? 1 : 0) << "seed " << seed;
            }
    }
}

TYPED_TEST(assign_group_with, consumers_of_the_same_topics_carry_the_same_within_one_of_each) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        random chance{seed};
        std::vector<topic_size> const topics{{"a", static_cast<std::uint32_t>(chance.between(1, 40))}};
        std::vector<consumer> consumers;
        for (std::size_t at = 0; at < chance.between(1, 9); ++at)
            consumers.push_back({"c" + std::to_string(at), {"a"}});
        auto const given = assign_group(TypeParam{}, consumers, topics).value();
        auto const [least, most] =
            std::ranges::minmax_element(given, {}, [](auto const& each) { return each.second.size(); });
        EXPECT_LE(most->second.size() - least->second.size(), 1U) << "seed " << seed;
    }
}

TYPED_TEST(assign_group_with, order_of_consumers_and_topics_does_not_matter) {
    std::vector<topic_size> topics{{"a", 7}, {"b", 3}, {"c", 12}};
    random chance{5};
    auto consumers = any_consumers(chance, topics);
    auto const given = assign_group(TypeParam{}, consumers, topics);
    std::ranges::reverse(consumers);
    std::ranges::reverse(topics);
    EXPECT_EQ(assign_group(TypeParam{}, consumers, topics), given);
}

TYPED_TEST(assign_group_with, a_consumer_that_is_listed_twice_is_refused) {
    EXPECT_EQ(assign_group(TypeParam{}, {{"x", {"a"}}, {"x", {"a"}}}, {{"a", 1}}).error(),
              assign::errc::duplicate_member);
    EXPECT_EQ(assign_group(TypeParam{}, {{"x", {"a"}}}, {{"a", 1}, {"a", 2}}).error(),
              assign::errc::duplicate_member);
}

TEST(assign_group, range_gives_topics_of_one_size_to_the_same_consumers) {
    auto const given =
        assign_group(assign::range{}, {{"x", {"a", "b"}}, {"y", {"a", "b"}}}, {{"a", 5}, {"b", 5}}).value();
    for (auto const& [id, partitions] : given) {
        std::set<std::uint32_t> of_a, of_b;
        for (auto const& each : partitions) (each.topic == "a" ? of_a : of_b).insert(each.partition);
        EXPECT_EQ(of_a, of_b);
    }
}

TEST(assign_group, sticky_leaves_everybody_what_they_have_when_one_joins) {
    std::vector<consumer> consumers{{"x", {"a"}}, {"y", {"a"}}};
    own(consumers, assign_group(assign::sticky<>{}, consumers, {{"a", 9}}).value());
    consumers.push_back({"z", {"a"}});
    auto const given = assign_group(assign::sticky<>{}, consumers, {{"a", 9}}).value();
    EXPECT_EQ(given.at("z").size(), 3U);
    for (consumer const& each : {consumers[0], consumers[1]})
        for (auto const& partition : given.at(each.id))
            EXPECT_NE(std::ranges::find(each.owned, partition), each.owned.end());
}

TEST(assign_group, cooperative_sticky_gives_on_what_was_let_go_a_round_later) {
    assign::cooperative_sticky<> const strategy;
    std::vector<consumer> consumers{{"x", {"a"}}, {"y", {"a"}}};
    own(consumers, assign_group(strategy, consumers, {{"a", 9}}).value());
    consumers.push_back({"z", {"a"}});
    auto const first = assign_group(strategy, consumers, {{"a", 9}}).value();
    EXPECT_TRUE(first.at("z").empty());
    EXPECT_EQ(first.at("x").size() + first.at("y").size(), 6U);
    own(consumers, first);
    auto const second = assign_group(strategy, consumers, {{"a", 9}}).value();
    EXPECT_EQ(second.at("z").size(), 3U);
    own(consumers, second);
    EXPECT_EQ(assign_group(strategy, consumers, {{"a", 9}}).value(), second);
}

TEST(assign_group, who_has_few_topics_is_served_first_and_the_others_make_up_for_it) {
    auto const given = assign_group(assign::sticky<>{}, {{"narrow", {"a"}}, {"wide", {"a", "b"}}},
                                    {{"a", 4}, {"b", 4}}).value();
    EXPECT_EQ(given.at("narrow").size(), 4U);
    EXPECT_EQ(given.at("wide").size(), 4U);
}

}  // namespace
}  // namespace chronik
