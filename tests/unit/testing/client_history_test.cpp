// SPDX-License-Identifier: Apache-2.0
#include <chronik/testing/client_history.hpp>

#include <gtest/gtest.h>

namespace chronik::testing {
namespace {

constexpr group_id group{3};

struct testing_client_history : ::testing::Test {
    findings found;
    client_history history{found};

    void expect_one_about(std::string_view words) {
        ASSERT_EQ(found.violations().size(), 1U);
        EXPECT_NE(found.violations().front().find(words), std::string::npos) << found.violations().front();
    }
};

TEST_F(testing_client_history, operations_that_overlap_may_take_any_order) {
    auto const a = history.invoked(group, 1);
    auto const b = history.invoked(group, 2);
    history.applied(group, 2, {1});
    history.applied(group, 1, {2});
    history.committed(a, {2});
    history.committed(b, {1});

    EXPECT_TRUE(found.empty());
}

TEST_F(testing_client_history, who_begins_after_another_has_ended_comes_after_it) {
    auto const a = history.invoked(group, 1);
    history.applied(group, 1, {5});
    history.committed(a, {5});
    auto const b = history.invoked(group, 2);
    history.applied(group, 2, {4});
    history.committed(b, {4});

    expect_one_about("began after an operation had ended at 5");
}

TEST_F(testing_client_history, a_read_that_misses_what_had_ended_before_it_is_stale) {
    auto const a = history.invoked(group, 1);
    auto const early = history.asked(group);
    history.committed(a, {5});
    auto const late = history.asked(group);
    history.seen(early, {4});
    EXPECT_TRUE(found.empty()) << "it had begun before";
    history.seen(late, {4});

    expect_one_about("saw the state");
}

TEST_F(testing_client_history, a_read_of_exactly_what_had_ended_is_good) {
    history.committed(history.invoked(group, 1), {5});
    history.seen(history.asked(group), {5});

    EXPECT_TRUE(found.empty());
}

TEST_F(testing_client_history, a_command_of_nobody_is_found) {
    history.applied(group, 9, {1});

    expect_one_about("nobody proposed it");
}

TEST_F(testing_client_history, a_command_applied_twice_is_found) {
    history.invoked(group, 1);
    history.applied(group, 1, {1});
    history.applied(group, 1, {2});

    expect_one_about("more often");
}

TEST_F(testing_client_history, equal_commands_may_be_applied_as_often_as_they_were_proposed) {
    history.invoked(group, 1);
    history.invoked(group, 1);
    history.applied(group, 1, {1});
    history.applied(group, 1, {2});

    EXPECT_TRUE(found.empty());
}

TEST_F(testing_client_history, what_was_surely_refused_must_not_be_applied_before_or_later) {
    auto const before = history.invoked(group, 1);
    history.applied(group, 1, {1});
    history.refused(before);
    expect_one_about("refused for certain");

    auto const later = history.invoked(group, 2);
    history.refused(later);
    history.applied(group, 2, {2});
    EXPECT_EQ(found.violations().size(), 2U);
}

}  // namespace
}  // namespace chronik::testing
