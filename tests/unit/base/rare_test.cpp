// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/rare.hpp>

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using chronik::rare;

static_assert(sizeof(rare<std::array<char, 1000>>) == sizeof(void*));
static_assert(std::is_convertible_v<char const*, rare<std::string>>);
static_assert(!std::is_convertible_v<int, rare<std::vector<char>>>, "a size is no vector");

TEST(rare, is_empty_until_it_is_given_a_value) {
    rare<std::string> text;
    EXPECT_FALSE(text);
    EXPECT_FALSE(text.has_value());

    text = std::string{"one"};
    ASSERT_TRUE(text);
    EXPECT_EQ(*text, "one");
    EXPECT_EQ(text->size(), 3U);

    text = std::nullopt;
    EXPECT_FALSE(text);
}

TEST(rare, a_value_is_made_in_its_place_and_taken_away) {
    rare<std::string> text;

    EXPECT_EQ(text.emplace(3U, 'o'), "ooo");
    text.emplace("other");
    EXPECT_EQ(*text, "other");

    text.reset();
    EXPECT_FALSE(text);
}

TEST(rare, ensured_it_is_made_once) {
    rare<std::string> text;
    text.ensure() += "one";
    text.ensure() += ", two";
    EXPECT_EQ(*text, "one, two");
}

TEST(rare, a_copy_has_a_value_of_its_own) {
    rare<std::string> text{std::string{"one"}};
    rare<std::string> copy{text};
    rare<std::string> assigned;
    assigned = text;

    *text += " more";

    EXPECT_EQ(*copy, "one");
    EXPECT_EQ(*assigned, "one");
    rare<std::string> const none;
    copy = none;
    EXPECT_FALSE(copy);
    EXPECT_FALSE(rare<std::string>{none});
}

TEST(rare, assigned_to_itself_it_stays_what_it_was) {
    rare<std::string> text{std::string{"one"}};
    rare<std::string> const& same = text;
    text = same;
    EXPECT_EQ(*text, "one");
}

TEST(rare, what_was_moved_from_has_no_value) {
    rare<std::string> text{std::string{"one"}};
    rare<std::string> taken{std::move(text)};
    EXPECT_FALSE(text);
    ASSERT_TRUE(taken);
    EXPECT_EQ(*taken, "one");

    text = std::move(taken);
    EXPECT_FALSE(taken);
    ASSERT_TRUE(text);
    EXPECT_EQ(*text, "one");
}

TEST(rare, a_value_can_be_exchanged_for_none) {
    rare<std::string> text{std::string{"one"}};

    auto const taken = std::exchange(text, std::nullopt);

    ASSERT_TRUE(taken);
    EXPECT_EQ(*taken, "one");
    EXPECT_FALSE(text);
}

TEST(rare, equals_a_value_that_is_equal_to_its_own) {
    rare<std::string> text;
    EXPECT_FALSE(text == std::string{});
    text = std::string{"one"};
    EXPECT_TRUE(text == std::string{"one"});
    EXPECT_FALSE(text == std::string{"two"});
}

}  // namespace
