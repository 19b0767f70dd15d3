// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/error.hpp>
#include <chronik/node/waiting_change.hpp>

#include <gtest/gtest.h>

#include <tuple>
#include <vector>

namespace {

using namespace chronik;

raft::configuration of(std::vector<node_id> voters) { return {.voters = std::move(voters)}; }

struct waiting_change_test : ::testing::Test {
    waiting_change change;
    std::vector<std::error_code> told;

    void begin(raft::configuration target) {
        auto replaced = change.begin(std::move(target), [this](std::error_code error) { told.push_back(error); });
        if (replaced) replaced(errc::superseded);
    }
};

TEST_F(waiting_change_test, only_its_own_target_ends_it) {
    begin(of({node_id{3}, node_id{1}}));

    change.settled(of({node_id{1}, node_id{2}}));
    EXPECT_TRUE(change.active()) << "a step on the way";
    change.settled(of({node_id{1}, node_id{3}}));

    EXPECT_EQ(told, std::vector{std::error_code{}}) << "in whatever order the target was given";
    EXPECT_FALSE(change.active());
    change.settled(of({node_id{1}, node_id{3}}));
    EXPECT_EQ(told.size(), 1U);
}

TEST_F(waiting_change_test, it_ends_once_and_who_is_told_may_begin_another) {
    std::ignore = change.begin(of({node_id{1}}), [this](std::error_code error) {
        told.push_back(error);
        begin(of({node_id{2}}));
    });

    change.fail(errc::unknown_outcome);

    EXPECT_EQ(told, std::vector{make_error_code(errc::unknown_outcome)});
    EXPECT_TRUE(change.active());
}

TEST_F(waiting_change_test, a_second_one_takes_the_place_of_the_first) {
    begin(of({node_id{1}}));
    begin(of({node_id{2}}));
    EXPECT_EQ(told, std::vector{make_error_code(errc::superseded)});

    change.settled(of({node_id{1}}));
    EXPECT_EQ(told.size(), 1U);
    change.settled(of({node_id{2}}));
    EXPECT_EQ(told.back(), std::error_code{});
}

TEST_F(waiting_change_test, nobody_has_to_listen) {
    EXPECT_FALSE(change.begin(of({node_id{1}}), {})) << "nobody waited";
    change.settled(of({node_id{1}}));
    change.fail(errc::closed);

    EXPECT_FALSE(change.active());
}

}  // namespace
