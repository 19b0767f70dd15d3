// SPDX-License-Identifier: Apache-2.0
#include <chronik/assign/error.hpp>

#include <chronik/base/error.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace {

using namespace chronik;

TEST(assign_error, each_code_says_something_of_its_own) {
    std::set<std::string> said;
    for (auto const code : {assign::errc::no_partitions, assign::errc::too_few_members, assign::errc::duplicate_member,
                            assign::errc::weightless_member, assign::errc::too_large,
                            assign::errc::too_few_allowed, assign::errc::too_few_values}) {
        std::error_code const error = code;
        EXPECT_STREQ(error.category().name(), "chronik.assign");
        EXPECT_TRUE(said.insert(error.message()).second) << error.message();
    }
    EXPECT_FALSE(said.contains(assign::assign_category().message(99)));
}

TEST(assign_error, a_number_means_something_else_in_another_category) {
    std::error_code const error = assign::errc::no_partitions;
    EXPECT_EQ(error.value(), static_cast<int>(chronik::errc::malformed));
    EXPECT_NE(error, make_error_code(chronik::errc::malformed));
}

}  // namespace
