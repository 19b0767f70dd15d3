// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/overloaded.hpp>

#include <gtest/gtest.h>

#include <string>
#include <variant>

namespace {

TEST(overloaded, each_alternative_meets_its_own_call) {
    auto const name = chronik::overloaded{[](int) { return "number"; }, [](std::string const&) { return "text"; }};

    EXPECT_STREQ(std::visit(name, std::variant<int, std::string>{1}), "number");
    EXPECT_STREQ(std::visit(name, std::variant<int, std::string>{"x"}), "text");
}

}  // namespace
