// SPDX-License-Identifier: Apache-2.0
#include <chronik/node/proposal.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chronik {
namespace {

struct proposal_queue_of_ints : ::testing::Test {
    proposal_queue<int> queue;
    std::vector<std::string> told;

    void wait_for(std::uint64_t index) {
        queue.push({log_index{index}, log_term{1}, {}, 0, [this, index](proposal_outcome<int> outcome) {
                        EXPECT_EQ(outcome.index, log_index{index});
                        std::string const how = outcome.error ? outcome.error.message() : "done";
                        told.push_back(std::to_string(index) +
                                       (outcome.result ? "=" + std::to_string(*outcome.result) : "") + " " + how);
                    }});
    }
};

TEST_F(proposal_queue_of_ints, the_oldest_is_first) {
    wait_for(1);
    wait_for(2);
    ASSERT_EQ(queue.size(), 2U);

    int const answer = 42;
    queue.pop().finish({}, &answer);
    queue.pop().finish({});

    EXPECT_EQ(told, (std::vector<std::string>{"1=42 done", "2 done"}));
    EXPECT_TRUE(queue.empty());
}

TEST_F(proposal_queue_of_ints, who_waits_again_for_an_older_entry_goes_to_its_place) {
    wait_for(1);
    wait_for(5);
    wait_for(3);

    queue.pop();
    EXPECT_EQ(queue.front().index, log_index{3});
}

TEST_F(proposal_queue_of_ints, what_is_beyond_an_index_fails_in_order_and_the_rest_waits) {
    for (std::uint64_t index = 1; index <= 4; ++index) wait_for(index);

    queue.fail_above(log_index{2}, errc::unknown_outcome);

    std::string const why = make_error_code(errc::unknown_outcome).message();
    EXPECT_EQ(told, (std::vector<std::string>{"3 " + why, "4 " + why}));
    EXPECT_EQ(queue.size(), 2U);
}

TEST_F(proposal_queue_of_ints, who_is_told_may_propose_again) {
    queue.push({log_index{1}, {}, {}, 0, [this](proposal_outcome<int>) { wait_for(9); }});

    queue.fail_above(log_index{0}, errc::closed);

    EXPECT_TRUE(told.empty());
    EXPECT_EQ(queue.front().index, log_index{9});
}

}  // namespace
}  // namespace chronik
