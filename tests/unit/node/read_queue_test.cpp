// SPDX-License-Identifier: Apache-2.0
#include <chronik/node/read_queue.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

using namespace chronik;

raft::read_ticket ticket(std::uint64_t number) { return {log_term{2}, number}; }

struct read_queue_test : ::testing::Test {
    read_queue reads;
    std::string told;

    void push(std::uint64_t number) {
        reads.push(ticket(number), [this, number](std::error_code error) {
            told += std::to_string(number) + (error ? "! " : " ");
        });
    }
};

TEST_F(read_queue_test, a_read_waits_for_its_index_and_then_until_that_is_applied) {
    push(1);
    reads.finish(log_index{100});
    EXPECT_EQ(told, "") << "what it must see is not known";

    reads.decide({ticket(1), log_index{5}});
    reads.finish(log_index{4});
    EXPECT_EQ(told, "");
    reads.finish(log_index{5});
    EXPECT_EQ(told, "1 ");
    EXPECT_TRUE(reads.empty());
}

TEST_F(read_queue_test, those_that_are_over_are_told_in_the_order_in_which_they_asked) {
    for (std::uint64_t number : {1U, 2U, 3U, 4U}) push(number);
    reads.decide({ticket(4), log_index{1}});
    reads.decide({ticket(2), std::nullopt});
    reads.decide({ticket(1), log_index{9}});

    reads.finish(log_index{8});

    EXPECT_EQ(told, "2! 4 ");
    EXPECT_EQ(reads.size(), 2U);
}

TEST_F(read_queue_test, an_answer_to_nobody_does_nothing) {
    push(1);
    reads.decide({ticket(7), log_index{1}});
    reads.finish(log_index{8});

    EXPECT_EQ(told, "");
}

TEST_F(read_queue_test, all_can_end_at_once_and_who_is_told_may_ask_again) {
    push(1);
    reads.push(ticket(2), [this](std::error_code error) {
        EXPECT_EQ(error, errc::closed);
        push(3);
    });

    reads.fail_all(errc::closed);

    EXPECT_EQ(told, "1! ");
    EXPECT_EQ(reads.size(), 1U);
}

}  // namespace
