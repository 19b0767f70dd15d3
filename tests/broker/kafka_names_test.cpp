// SPDX-License-Identifier: Apache-2.0
#include <settings/kafka_names.hpp>

#include <settings/settings_table.hpp>

#include <gtest/gtest.h>

namespace broker {
namespace {

TEST(kafka_names, every_name_is_there_once_and_of_a_setting_that_exists) {
    for (kafka_name const& each : kafka_names()) {
        EXPECT_EQ(find_kafka_name(each.name), &each) << "given twice: " << each.name;
        EXPECT_TRUE(each.key.empty() || find_setting(each.key) != nullptr) << each.name;
        EXPECT_FALSE(meaning_of(each).empty()) << each.name;
        EXPECT_TRUE(is_default(each, settings{})) << each.name;
    }
    EXPECT_EQ(find_kafka_name("no.such.thing"), nullptr);
}

TEST(kafka_names, values_are_as_kafka_writes_them) {
    settings config;
    config.bind_addr = "::";
    config.kafka_port = 19092;
    config.offsets_retention = std::chrono::hours{2};
    config.rack = "r1";
    auto const value = [&](std::string_view name) { return find_kafka_name(name)->value(config); };

    EXPECT_EQ(value("listeners"), "PLAINTEXT://[::]:19092");
    EXPECT_EQ(value("offsets.retention.minutes"), "120");
    EXPECT_EQ(value("broker.rack"), "r1");
    EXPECT_EQ(value("auto.create.topics.enable"), "true");
    EXPECT_FALSE(is_default(*find_kafka_name("broker.rack"), config));
}

}  // namespace
}  // namespace broker
