// SPDX-License-Identifier: Apache-2.0
#include <metadata/config_changes.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace broker::metadata {
namespace {

using enum config_operation;

std::vector<config_entry> changed(std::vector<config_entry> configs, std::vector<config_step> const& steps) {
    auto const done = changed_configs(std::move(configs), steps);
    EXPECT_TRUE(done) << done.error().message;
    return done.value_or(std::vector<config_entry>{});
}

error why_not(std::vector<config_step> const& steps) {
    auto const done = changed_configs({}, steps);
    EXPECT_FALSE(done);
    EXPECT_FALSE(done.error().message.empty());
    return done.error().why;
}

TEST(config_changes, what_is_not_named_stays) {
    std::vector<config_entry> const before{{"retention.ms", "1"}, {"segment.bytes", "20"}};

    auto const after =
        changed(before, {{"retention.ms", set, "7"}, {"flush.ms", set, "3"}, {"segment.ms", remove, {}}});

    EXPECT_EQ(after, (std::vector<config_entry>{{"retention.ms", "7"}, {"segment.bytes", "20"}, {"flush.ms", "3"}}));
}

TEST(config_changes, a_removed_one_is_gone) {
    EXPECT_TRUE(changed({{"retention.ms", "1"}}, {{"retention.ms", remove, {}}}).empty());
}

TEST(config_changes, a_list_grows_by_what_it_lacks_and_shrinks_by_what_it_has) {
    constexpr auto name = "leader.replication.throttled.replicas";

    EXPECT_EQ(changed({{name, "0:1,1:2"}}, {{name, append, "1:2,2:3"}}).front().value, "0:1,1:2,2:3");
    EXPECT_EQ(changed({{name, "0:1,1:2"}}, {{name, subtract, "0:1,7:7"}}).front().value, "1:2");
    EXPECT_EQ(changed({}, {{name, append, "0:1"}}).front().value, "0:1");
    EXPECT_EQ(changed({}, {{"cleanup.policy", append, "delete"}}).front().value, "delete");
}

TEST(config_changes, nonsense_is_told_apart) {
    EXPECT_EQ(why_not({{"no.such.thing", set, "1"}}), error::invalid_config);
    EXPECT_EQ(why_not({{"no.such.thing", remove, {}}}), error::invalid_config);
    EXPECT_EQ(why_not({{"retention.ms", set, "soon"}}), error::invalid_config);
    EXPECT_EQ(why_not({{"retention.ms", append, "1"}}), error::invalid_config);
    EXPECT_EQ(why_not({{"compression.type", set, "zstd"}}), error::invalid_config);
    EXPECT_EQ(why_not({{"retention.ms", set, {}}}), error::invalid_request);
    EXPECT_EQ(why_not({{"retention.ms", set, "1"}, {"retention.ms", remove, {}}}), error::invalid_request);
    EXPECT_EQ(why_not({{"leader.replication.throttled.replicas", set, std::string(config_value_bytes_max + 1, '1')}}),
              error::invalid_config);
}

TEST(topic_configs, every_default_is_a_value_that_a_topic_may_have) {
    for (known_config const& each : known_configs) {
        EXPECT_EQ(config_problem(each.name, each.otherwise), "") << each.name;
        EXPECT_FALSE(each.meaning.empty()) << each.name;
        EXPECT_EQ(find_config(each.name), &each) << "given twice: " << each.name;
    }
}

TEST(config_changes, a_placement_policy_is_set_as_a_whole_and_checked) {
    EXPECT_EQ(changed({}, {{"chronik.placement", set, "pin:ssd; spread:zone"}}).front().value, "pin:ssd; spread:zone");
    EXPECT_EQ(changed({}, {{"chronik.placement", set, ""}}).front().value, "");
    EXPECT_EQ(why_not({{"chronik.placement", set, "pin:ssd;"}}), error::invalid_config);
    EXPECT_EQ(why_not({{"chronik.placement", append, "pin:ssd"}}), error::invalid_config) << "it is no list";
    EXPECT_EQ(config_problem("chronik.placement", "spread:zone=a"),
              "Invalid value spread:zone=a for configuration chronik.placement: 'spread:zone=a': to spread by takes "
              "one key, without a value");
}

}  // namespace
}  // namespace broker::metadata
