// SPDX-License-Identifier: Apache-2.0
#include <chronik/testing/findings.hpp>

#include <gtest/gtest.h>

namespace chronik::testing {
namespace {

TEST(testing_findings, sentences_that_differ_in_their_numbers_are_alike) {
    EXPECT_TRUE(are_alike("node 3: a storm", "node 12: a storm"));
    EXPECT_TRUE(are_alike("voters 1,2 and 3,4,5", "voters 1 and 2"));
    EXPECT_FALSE(are_alike("node 3: a storm", "group 3: a storm"));
    EXPECT_FALSE(are_alike("node 3: a storm", "node 3: a storm of frames"));
}

TEST(testing_findings, the_first_ones_are_kept) {
    findings found;
    for (std::size_t each = 0; each < findings::violations_max + 5; ++each) found.report(std::to_string(each));

    EXPECT_EQ(found.violations().size(), findings::violations_max);
    EXPECT_EQ(found.violations().front(), "0");
}

TEST(testing_findings, who_listens_to_one_check_hears_no_other) {
    findings found;
    found.hear_only("the model");
    found.report("two leaders");
    EXPECT_TRUE(found.empty());
    found.report("the model does not allow it");

    EXPECT_EQ(found.violations().size(), 1U);
}

}  // namespace
}  // namespace chronik::testing
