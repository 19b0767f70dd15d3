// SPDX-License-Identifier: Apache-2.0
#include <chronik/posix/io_thread.hpp>

#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <thread>
#include <vector>

namespace chronik::posix {

TEST(posix_io_thread, runs_jobs_in_order_on_its_own_thread_and_posts_each_completion) {
    std::mutex guard;
    std::vector<io_thread::task> posted;
    std::vector<int> ran;
    std::thread::id where;
    {
        io_thread thread{[&](io_thread::task done) {
            std::scoped_lock const held{guard};
            posted.push_back(std::move(done));
        }};
        for (int job = 0; job < 5; ++job) {
            ASSERT_TRUE(thread.submit(
                [&ran, &where, job] {
                    ran.push_back(job);
                    where = std::this_thread::get_id();
                },
                [&ran, job] { ran.push_back(100 + job); }));
        }
    }

    EXPECT_EQ(ran, (std::vector{0, 1, 2, 3, 4}));
    EXPECT_NE(where, std::this_thread::get_id());
    for (auto& done : posted) done();
    EXPECT_EQ(ran, (std::vector{0, 1, 2, 3, 4, 100, 101, 102, 103, 104}));
}

TEST(posix_io_thread, refuses_more_than_its_limit_and_everything_after_stop) {
    io_thread thread{[](io_thread::task) {}, 1};
    std::promise<void> begun;
    std::promise<void> go;
    ASSERT_TRUE(thread.submit([&] { begun.set_value(); go.get_future().wait(); }, [] {}));
    begun.get_future().wait();
    ASSERT_TRUE(thread.submit([] {}, [] {}));

    EXPECT_EQ(thread.submit([] {}, [] {}).error(), errc::busy);

    go.set_value();
    thread.stop();
    EXPECT_EQ(thread.submit([] {}, [] {}).error(), errc::closed);
}

}  // namespace chronik::posix
