// SPDX-License-Identifier: Apache-2.0
#include <chronik/node/outcome.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace chronik;

TEST(outcome, a_limit_means_later_and_everything_else_that_is_refused_means_elsewhere) {
    EXPECT_EQ(outcome_of_refusal(errc::busy), outcome::busy);
    EXPECT_EQ(outcome_of_refusal(errc::too_large), outcome::busy);
    EXPECT_EQ(outcome_of_refusal(errc::out_of_range), outcome::busy) << "nowhere else would it be taken";
    EXPECT_EQ(outcome_of_refusal(errc::not_leader), outcome::not_leader);
    EXPECT_EQ(outcome_of_refusal(errc::unknown_group), outcome::not_leader);
    EXPECT_EQ(outcome_of_refusal(errc::storage_failed), outcome::not_leader);
}

TEST(outcome, what_was_taken_is_unknown_unless_something_is_known) {
    EXPECT_EQ(outcome_of_end({}), outcome::committed);
    EXPECT_EQ(outcome_of_end(errc::superseded), outcome::superseded);
    EXPECT_EQ(outcome_of_end(errc::unknown_outcome), outcome::unknown);
    EXPECT_EQ(outcome_of_end(errc::storage_failed), outcome::unknown) << "the others may have it";
    EXPECT_EQ(outcome_of_end(errc::closed), outcome::unknown);
    EXPECT_EQ(outcome_of_end(errc::not_leader), outcome::not_leader) << "of a read: it has done nothing";
}

TEST(outcome, nothing_is_committed_until_somebody_says_so) {
    verdict<std::string> const fresh;
    EXPECT_FALSE(fresh.committed());
    EXPECT_EQ(fresh.outcome, outcome::unknown);
    EXPECT_EQ(fresh.error, errc::unknown_outcome);
}

}  // namespace
