// SPDX-License-Identifier: Apache-2.0
#include <chronik/testing/checkers.hpp>

#include <gtest/gtest.h>

#include <string_view>

namespace chronik::testing {
namespace {

constexpr node_id one{1};
constexpr node_id two{2};
constexpr group_id group{7};

entry command(std::uint64_t index, std::string_view text, std::uint64_t term = 1) {
    return {.term = {term}, .index = {index}, .kind = entry_kind::command, .base_offset = {index}, .record_count = 1,
            .payload = shared_bytes::copy_of(text)};
}

struct testing_checkers : ::testing::Test {
    checkers watch;

    void expect_one_about(std::string_view words) {
        ASSERT_EQ(watch.violations().size(), 1U);
        EXPECT_NE(watch.violations().front().find(words), std::string::npos) << watch.violations().front();
    }
};

TEST_F(testing_checkers, a_good_run_has_no_violations) {
    watch.elected(group, {1}, one);
    watch.elected(group, {1}, one);
    watch.elected(group, {2}, two);
    for (node_id each : {one, two}) {
        watch.began(each, group);
        watch.applied(each, group, command(1, "a"));
        watch.applied(each, group, command(3, "b"));
    }
    watch.acknowledged(group, {3}, {1}, shared_bytes::copy_of("b"));
    watch.expect_all_acknowledged(one, group);

    EXPECT_TRUE(watch.violations().empty());
    EXPECT_EQ(watch.leaders(), 2U);
}

TEST_F(testing_checkers, two_leaders_in_one_term_are_found) {
    watch.elected(group, {4}, one);
    watch.elected(group_id{8}, {4}, two);
    EXPECT_TRUE(watch.violations().empty()) << "another group";

    watch.elected(group, {4}, two);

    expect_one_about("two leaders in term 4");
}

TEST_F(testing_checkers, another_command_at_the_same_index_is_found) {
    watch.applied(one, group, command(1, "a"));
    watch.applied(two, group, command(1, "b"));

    expect_one_about("another history");
}

TEST_F(testing_checkers, a_command_left_out_is_found_at_the_next_one) {
    watch.applied(one, group, command(1, "a"));
    watch.applied(one, group, command(2, "b"));
    watch.applied(two, group, command(2, "b"));

    expect_one_about("another history");
}

TEST_F(testing_checkers, a_command_applied_twice_is_found) {
    watch.applied(one, group, command(1, "a"));
    watch.applied(one, group, command(1, "a"));

    ASSERT_FALSE(watch.violations().empty());
    EXPECT_NE(watch.violations().front().find("out of order"), std::string::npos);
}

TEST_F(testing_checkers, a_restored_machine_goes_on_where_the_state_was_taken) {
    watch.applied(one, group, command(1, "a"));
    auto const chain = watch.chain_of(one, group);
    watch.applied(one, group, command(2, "b"));

    watch.began(two, group);
    watch.restored(two, group, watch.last_of(one, group) - 1, chain);
    watch.applied(two, group, command(2, "b"));

    EXPECT_TRUE(watch.violations().empty());
    EXPECT_EQ(watch.chain_of(one, group), watch.chain_of(two, group));
}

TEST_F(testing_checkers, a_state_of_another_history_is_found) {
    watch.applied(one, group, command(1, "a"));
    auto const chain = watch.chain_of(one, group);
    watch.applied(one, group, command(2, "b"));

    watch.restored(two, group, {2}, chain);

    expect_one_about("restored to another history");
}

TEST_F(testing_checkers, a_node_that_starts_again_applies_from_the_start) {
    watch.applied(one, group, command(1, "a"));
    watch.began(one, group);
    watch.applied(one, group, command(1, "a"));

    EXPECT_TRUE(watch.violations().empty());
}

TEST_F(testing_checkers, an_acknowledgement_of_something_else_is_found) {
    watch.applied(one, group, command(1, "a"));
    watch.acknowledged(group, {1}, {1}, shared_bytes::copy_of("b"));

    expect_one_about("something else was applied");
}

TEST_F(testing_checkers, a_loss_of_what_was_acknowledged_is_found_at_the_end) {
    watch.applied(one, group, command(1, "a"));
    watch.acknowledged(group, {1}, {1}, shared_bytes::copy_of("a"));
    watch.expect_all_acknowledged(two, group);

    expect_one_about("is not there");
}

TEST_F(testing_checkers, violations_are_bounded) {
    for (std::uint64_t each = 0; each < 1000; ++each) watch.report("again");

    EXPECT_EQ(watch.violations().size(), checkers::violations_max);
}

TEST_F(testing_checkers, one_check_can_be_heard_alone) {
    watch.found().hear_only("the model");
    watch.report("two leaders in term 4");
    watch.report("the model does not allow that it leads in term 4");

    expect_one_about("leads in term 4");
    EXPECT_EQ(watch.violations().size(), 1U);
}

}  // namespace
}  // namespace chronik::testing
