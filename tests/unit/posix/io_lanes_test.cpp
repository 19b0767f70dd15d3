// SPDX-License-Identifier: Apache-2.0
#include <chronik/posix/io_lanes.hpp>

#include "owner_thread.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace chronik::posix {
namespace {

/// Lets one thread wait for another.
class gate {
public:
    void open() {
        {
            std::scoped_lock const held{guard_};
            open_ = true;
        }
        changed_.notify_all();
    }
    void wait() {
        std::unique_lock held{guard_};
        changed_.wait(held, [this] { return open_; });
    }

private:
    std::mutex guard_;
    std::condition_variable changed_;
    bool open_ = false;
};

struct io_lanes_of_a_loop : ::testing::Test {
    owner_thread owner;
    io_lanes lanes{[this](io_lanes::task done) { owner.post(std::move(done)); }};
};

TEST_F(io_lanes_of_a_loop, work_runs_on_another_thread_and_its_completion_on_the_owners) {
    std::thread::id worked;
    std::thread::id finished;

    lanes.run([&] { worked = std::this_thread::get_id(); }, [&] { finished = std::this_thread::get_id(); });
    owner.run_one();

    EXPECT_NE(worked, std::this_thread::get_id());
    EXPECT_NE(worked, std::thread::id{});
    EXPECT_EQ(finished, std::this_thread::get_id());
}

TEST_F(io_lanes_of_a_loop, what_is_urgent_does_not_wait_for_the_background) {
    gate urgent_done;
    std::string order;

    // The background cannot end before the urgent work has been done.
    lanes.run_in_background([&] { urgent_done.wait(); }, [&] { order += 'b'; });
    lanes.run([&] { urgent_done.open(); }, [&] { order += 'u'; });
    owner.run_one();
    owner.run_one();

    EXPECT_EQ(order.size(), 2U);
}

TEST_F(io_lanes_of_a_loop, tasks_of_one_lane_keep_their_order) {
    std::string order;

    for (char each : {'a', 'b', 'c'}) lanes.run([&order, each] { order += each; }, [] {});
    for (int each = 0; each < 3; ++each) owner.run_one();

    EXPECT_EQ(order, "abc");
}

TEST_F(io_lanes_of_a_loop, stopping_finishes_what_was_accepted_and_drops_the_rest) {
    int worked = 0;
    lanes.run([&] { ++worked; }, [] {});

    lanes.stop();
    lanes.run([&] { ++worked; }, [] { FAIL(); });
    lanes.run_in_background([&] { ++worked; }, [] { FAIL(); });

    EXPECT_EQ(worked, 1);
    owner.run_one();
}

}  // namespace
}  // namespace chronik::posix
