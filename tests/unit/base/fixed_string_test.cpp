// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/fixed_string.hpp>

#include <gtest/gtest.h>

#include <type_traits>

namespace {

template <chronik::fixed_string Name>
struct named {
    static constexpr auto name = Name.view();
};

TEST(fixed_string, is_a_template_argument_by_its_characters) {
    EXPECT_EQ(named<"group_id">::name, "group_id");
    EXPECT_TRUE((std::is_same_v<named<"a">, named<"a">>));
    EXPECT_FALSE((std::is_same_v<named<"a">, named<"b">>));
    EXPECT_EQ(named<"">::name, "");
}

}  // namespace
