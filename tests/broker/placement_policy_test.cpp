// SPDX-License-Identifier: Apache-2.0
#include "../laws/policy_laws.hpp"

#include <metadata/placement_policy.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace broker::metadata {
namespace {

using chronik::assign::errc;
using chronik::assign::member;

/// Zones a, a, b and none; the odd ones have an ssd.
std::vector<member> four() {
    return {{node_id{1}, "r1", 1, {{"zone", "a"}, {"ssd", ""}, {"node", "1"}, {"rack", "r1"}}},
            {node_id{2}, "r1", 1, {{"zone", "a"}, {"node", "2"}, {"rack", "r1"}}},
            {node_id{3}, "r2", 1, {{"zone", "b"}, {"ssd", "fast"}, {"node", "3"}, {"rack", "r2"}}},
            {node_id{4}, "", 1, {{"node", "4"}}}};
}

placement_policy policy(std::string_view text) {
    auto read = placement_policy::read(text);
    EXPECT_TRUE(read) << text << ": " << read.error();
    return read ? *read : placement_policy{};
}

std::vector<std::uint32_t> left(std::string_view text, std::uint32_t replicas = 1) {
    auto members = four();
    EXPECT_TRUE(policy(text).apply(members, replicas)) << text;
    std::vector<std::uint32_t> out;
    for (member const& each : members) out.push_back(each.node.value);
    return out;
}

using numbers = std::vector<std::uint32_t>;

TEST(placement_policy, each_rule_leaves_whom_it_allows) {
    EXPECT_EQ(left(""), (numbers{1, 2, 3, 4}));
    EXPECT_EQ(left("pin:ssd"), (numbers{1, 3})) << "whatever its value";
    EXPECT_EQ(left("pin:ssd=fast"), (numbers{3}));
    EXPECT_EQ(left("pin:zone=b,node=4"), (numbers{3, 4})) << "one of them is enough";
    EXPECT_EQ(left("pin:ssd;pin:zone=a"), (numbers{1})) << "each pin counts";
    EXPECT_EQ(left("exclude:node=2,zone=b"), (numbers{1, 4}));
    EXPECT_EQ(left("exclude:rack=r1"), (numbers{3, 4}));
    EXPECT_EQ(left("spread:zone", 2), (numbers{1, 2, 3}));
    EXPECT_EQ(left("  spread : rack ;  exclude: node=1 ", 2), (numbers{2, 3}));
}

TEST(placement_policy, what_is_spread_is_what_the_others_leave) {
    auto members = four();
    EXPECT_EQ(policy("spread:zone; exclude:node=3").apply(members, 2).error(), errc::too_few_values);
    EXPECT_TRUE(policy("spread:zone; exclude:node=3").spreads());
    EXPECT_FALSE(policy("pin:zone").spreads());
}

TEST(placement_policy, it_keeps_the_laws_of_policies) {
    for (auto const* const text : {"", "pin:ssd", "exclude:node=2; pin:zone", "spread:zone", "pin:zone; spread:rack"})
        chronik::laws::obeys_policy_laws(policy(text), four());
}

TEST(placement_policy, what_cannot_be_read_is_named) {
    auto const why = [](std::string_view text) {
        auto const read = placement_policy::read(text);
        EXPECT_FALSE(read) << text;
        return read ? std::string{} : read.error();
    };
    constexpr auto none = "is none of pin:TAG,... exclude:TAG,... and spread:KEY";
    EXPECT_EQ(why("ssd"), std::string{"'ssd' "} + none);
    EXPECT_EQ(why("pin"), std::string{"'pin' "} + none);
    EXPECT_EQ(why("keep:ssd"), std::string{"'keep:ssd' "} + none);
    EXPECT_EQ(why("pin:ssd;"), std::string{"'' "} + none);
    EXPECT_EQ(why("pin:"), "'' is not a tag, which is KEY or KEY=VALUE");
    EXPECT_EQ(why("pin:ssd,"), "'' is not a tag, which is KEY or KEY=VALUE");
    EXPECT_EQ(why("pin:zone="), "'zone=' is not a tag, which is KEY or KEY=VALUE");
    EXPECT_EQ(why("pin:zo ne"), "'zo ne' is not a tag, which is KEY or KEY=VALUE");
    EXPECT_EQ(why("pin:a=b=c"), "'a=b=c' is not a tag, which is KEY or KEY=VALUE");
    EXPECT_EQ(why("exclude:node=03"), "'node=03' names no broker; that is node=ID");
    EXPECT_EQ(why("exclude:node=x"), "'node=x' names no broker; that is node=ID");
    EXPECT_EQ(why("spread:zone=a"), "'spread:zone=a': to spread by takes one key, without a value");
    EXPECT_EQ(why("spread:zone,rack"), "'spread:zone,rack': to spread by takes one key, without a value");
    EXPECT_EQ(why("spread:zone; spread:rack"), "replicas can be spread by one tag only");
    EXPECT_FALSE(placement_policy::read("pin:" + std::string(64, 'a')));
    EXPECT_TRUE(placement_policy::read("pin:" + std::string(63, 'a')));
}

TEST(placement_policy, what_cannot_be_honoured_says_by_which_rule_and_who_is_left) {
    EXPECT_EQ(policy("pin:ssd").refusal(four(), 2), "");
    EXPECT_EQ(policy("pin:ssd").refusal(four(), 3), "'pin:ssd' leaves 2 brokers (1, 3) for 3 replicas");
    EXPECT_EQ(policy("pin:nvme").refusal(four(), 1), "'pin:nvme' leaves 0 brokers for 1 replica");
    EXPECT_EQ(policy("pin:ssd; exclude:node=1").refusal(four(), 2),
              "'exclude:node=1' leaves 1 broker (3) for 2 replicas");
    EXPECT_EQ(policy("spread:zone").refusal(four(), 3), "'spread:zone' finds 2 values (a, b) for 3 replicas");
    std::vector<member> many;
    for (std::uint32_t node = 1; node <= 20; ++node) many.push_back({node_id{node}});
    EXPECT_EQ(policy("exclude:node").refusal(many, 21),
              "'exclude:node' leaves 20 brokers (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ...) for 21 replicas");
}

TEST(placement_policy, replicas_that_somebody_chose_are_judged_by_the_same_rules) {
    auto const breach = [](std::string_view text, std::vector<node_id> const& replicas) {
        return policy(text).breach(four(), replicas);
    };
    constexpr node_id n1{1}, n2{2}, n3{3}, n4{4};
    EXPECT_EQ(breach("", {n1, n2, n4}), "");
    EXPECT_EQ(breach("pin:ssd; spread:zone", {n3, n1}), "");
    EXPECT_EQ(breach("pin:ssd", {n1, n2}), "broker 2 is not what 'pin:ssd' allows");
    EXPECT_EQ(breach("exclude:node=3,node=4", {n1, n4}), "broker 4 is not what 'exclude:node=3,node=4' allows");
    EXPECT_EQ(breach("spread:zone", {n4}), "broker 4 is not what 'spread:zone' allows");
    EXPECT_EQ(breach("spread:zone", {n1, n3, n2}), "broker 2 and broker 1 share zone a, against 'spread:zone'");
    EXPECT_EQ(breach("pin:ssd", {node_id{9}}), "") << "who is no member is refused elsewhere";
}

TEST(broker_tags, what_is_no_tag_is_named) {
    using tags = std::vector<std::string>;
    EXPECT_EQ(tags_problem(tags{"ssd", "zone=eu/west-1.a_b"}), "");
    EXPECT_EQ(as_tag("zone=a"), (chronik::assign::tag{"zone", "a"}));
    EXPECT_EQ(as_tag("ssd"), (chronik::assign::tag{"ssd", ""}));
    for (std::string const wrong : {"", "=a", "zone=", "zo ne", "a=b=c", "a;b", "a:b", "\xc3\xa9"})
        EXPECT_NE(tags_problem(tags{wrong}), "") << wrong;
    EXPECT_NE(tags_problem(tags{std::string(64, 'a')}), "");
    EXPECT_EQ(tags_problem(tags{"node=3"}), "'node' is a tag that every broker has without being told");
    EXPECT_EQ(tags_problem(tags{"rack"}), "'rack' is a tag that every broker has without being told");
    EXPECT_EQ(tags_problem(tags{"zone=a", "zone=b"}), "the tag 'zone' is given twice");
    tags many;
    for (std::size_t count = 0; count <= tags_per_broker_max; ++count) many.push_back("t" + std::to_string(count));
    EXPECT_EQ(tags_problem(many), "more than 32 tags");
}

}  // namespace
}  // namespace broker::metadata
