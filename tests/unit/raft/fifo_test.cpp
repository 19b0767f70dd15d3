// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/fifo.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace {

using chronik::raft::fifo;

TEST(raft_fifo, behaves_as_a_deque_of_any_length) {
    fifo<int> tried;
    std::deque<int> model;
    for (int round = 0; round < 500; ++round) {
        for (int k = 0; k < round % 7; ++k) tried.push(round * 10 + k), model.push_back(round * 10 + k);
        std::size_t const popped = std::min<std::size_t>(model.size(), static_cast<std::size_t>(round % 5));
        tried.pop_front(popped);
        model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(popped));
        if (round % 11 == 0) tried.shrink_to(model.size() / 2), model.resize(model.size() / 2);
        ASSERT_EQ(tried.size(), model.size());
        for (std::size_t at = 0; at < model.size(); ++at) ASSERT_EQ(tried[at], model[at]);
        ASSERT_TRUE(std::ranges::equal(tried.view(), model));
    }
}

TEST(raft_fifo, popped_items_give_back_what_they_own_at_once) {
    fifo<std::shared_ptr<int>> queue;
    auto const held = std::make_shared<int>(1);
    queue.push(held);
    queue.push({});
    queue.push({});

    queue.pop_front(1);

    EXPECT_EQ(held.use_count(), 1);
    EXPECT_EQ(queue.size(), 2U);
    EXPECT_EQ(queue.front(), nullptr);
}

TEST(raft_fifo, an_item_can_be_made_in_its_place) {
    fifo<std::string> queue;
    queue.emplace() = "first";
    queue.push("second");
    queue.pop_front(1);
    queue.emplace() = "third";

    EXPECT_EQ(queue.front(), "second");
    EXPECT_EQ(queue.back(), "third");
}

TEST(raft_fifo, memory_goes_back_when_it_is_told_so_and_nothing_is_in_it) {
    fifo<int> queue;
    for (int item = 0; item < 100; ++item) queue.push(item);
    queue.pop_front(90);
    queue.give_back();
    EXPECT_EQ(queue.size(), 10U);
    EXPECT_EQ(queue.front(), 90);

    queue.pop_front(10);
    EXPECT_GE(queue.capacity(), 100U);
    queue.give_back();
    EXPECT_EQ(queue.capacity(), 0U);
    queue.push(7);
    EXPECT_EQ(queue.front(), 7);
}

}  // namespace
