// SPDX-License-Identifier: Apache-2.0
#include <chronik/machine/command_set.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace chronik;
using schema::field;

struct add {
    static constexpr std::uint16_t id = 0x0102;
    std::int32_t amount = 0;
    static constexpr auto schema = boost::hana::make_tuple(field<"amount", &add::amount>{});
    bool operator==(add const&) const = default;
};

struct rename {
    static constexpr std::uint16_t id = 7;
    static constexpr schema::version version_max = 1;
    std::string name;
    std::uint8_t loud = 0;
    static constexpr auto schema = boost::hana::make_tuple(field<"name", &rename::name>{},
                                                           field<"loud", &rename::loud, schema::since(1)>{});
    bool operator==(rename const&) const = default;
};

using commands = machine::command_set<add, rename>;

shared_bytes bytes_of(std::initializer_list<int> values) {
    std::vector<std::byte> out;
    for (int const each : values) out.push_back(static_cast<std::byte>(each));
    return shared_bytes{std::move(out)};
}

TEST(command_set, payload_is_id_then_version_then_fields) {
    EXPECT_EQ(commands::encode(add{5}).value(), bytes_of({2, 1, 0, 5, 0, 0, 0}));
}

TEST(command_set, decodes_what_it_encoded) {
    auto const decoded = commands::decode(commands::encode(rename{"new", 1}).value());

    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(std::get<rename>(*decoded), (rename{"new", 1}));
}

TEST(command_set, writes_an_older_version_when_told_so) {
    auto const old = commands::encode(rename{"a", 0}, 0).value();

    EXPECT_EQ(old, bytes_of({7, 0, 0, 2, 'a'}));
    EXPECT_EQ(std::get<rename>(commands::decode(old).value()), (rename{"a", 0}));
}

TEST(command_set, refuses_to_write_what_the_version_cannot_carry) {
    EXPECT_EQ(commands::encode(rename{"a", 1}, 0).error(), errc::unsupported_version);
    EXPECT_EQ(commands::encode(rename{"a", 1}, 2).error(), errc::unsupported_version);
}

TEST(command_set, tells_unknown_from_malformed) {
    EXPECT_EQ(commands::decode(bytes_of({9, 9, 0})).error(), errc::unsupported_version);
    EXPECT_EQ(commands::decode(bytes_of({7, 0, 2, 2, 'a'})).error(), errc::unsupported_version);
    EXPECT_EQ(commands::decode(bytes_of({7})).error(), errc::malformed);
    EXPECT_EQ(commands::decode(bytes_of({2, 1, 0, 5})).error(), errc::malformed);
    EXPECT_EQ(commands::decode(bytes_of({2, 1, 0, 5, 0, 0, 0, 0})).error(), errc::malformed);
}

}  // namespace
