// SPDX-License-Identifier: Apache-2.0
#include <chronik/node/wake_queue.hpp>

#include <gtest/gtest.h>

#include <chrono>

namespace chronik {
namespace {

using namespace std::chrono_literals;

constexpr time_point at(duration since) { return time_point{since}; }

/// group_id{0} if none is due.
group_id due(wake_queue& wakes, time_point now) {
    auto const soonest = wakes.pop_due(now);
    return soonest ? soonest->group : group_id{};
}

TEST(wake_queue, gives_what_is_due_earliest_first_and_nothing_before_its_time) {
    wake_queue wakes;
    wakes.push(at(30ms), group_id{3});
    wakes.push(at(10ms), group_id{1});
    wakes.push(at(20ms), group_id{2});

    EXPECT_EQ(wakes.next(), at(10ms));
    EXPECT_EQ(due(wakes, at(9ms)), group_id{});
    EXPECT_EQ(due(wakes, at(25ms)), group_id{1});
    EXPECT_EQ(due(wakes, at(25ms)), group_id{2});
    EXPECT_EQ(due(wakes, at(25ms)), group_id{});
    EXPECT_EQ(wakes.next(), at(30ms));
}

TEST(wake_queue, an_empty_one_never_wakes) {
    wake_queue wakes;

    EXPECT_EQ(wakes.next(), never);
    EXPECT_EQ(due(wakes, never), group_id{});
}

TEST(wake_queue, who_waits_for_nothing_takes_no_place) {
    wake_queue wakes;
    wakes.push(never, group_id{1});

    EXPECT_EQ(wakes.next(), never);
    EXPECT_EQ(due(wakes, never), group_id{});
}

TEST(wake_queue, a_group_may_wait_for_several_moments) {
    wake_queue wakes;
    wakes.push(at(20ms), group_id{1});
    wakes.push(at(10ms), group_id{1});

    EXPECT_EQ(wakes.pop_due(at(10ms)), (wake_queue::wake{at(10ms), group_id{1}}));
    EXPECT_EQ(wakes.pop_due(at(10ms)), std::nullopt);
    EXPECT_EQ(wakes.pop_due(at(20ms)), (wake_queue::wake{at(20ms), group_id{1}}));
}

TEST(wake_queue, what_many_have_taken_goes_back_when_few_are_left) {
    wake_queue wakes;
    for (std::uint64_t group = 100'000; group > 0; --group)
        wakes.push(at(std::chrono::milliseconds{group}), group_id{group});
    std::size_t const most = wakes.capacity();

    for (std::uint64_t group = 1; group <= 100'000; ++group) {
        EXPECT_EQ(due(wakes, at(std::chrono::milliseconds{group})), group_id{group});
        EXPECT_EQ(due(wakes, at(std::chrono::milliseconds{group})), group_id{});
    }

    EXPECT_LT(wakes.capacity(), most / 32);
    EXPECT_EQ(wakes.next(), never);
}

}  // namespace
}  // namespace chronik
