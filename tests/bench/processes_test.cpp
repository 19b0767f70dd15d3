// SPDX-License-Identifier: Apache-2.0
#include <commit/child_process.hpp>
#include <commit/inline_executor.hpp>
#include <commit/loopback_rooflines.hpp>
#include <figures/lane.hpp>

#include <chronik/posix/descriptor.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace chronik;

TEST(child_process, runs_beside_us_and_ends_with_the_object) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    posix::descriptor const reading{ends[0]};
    posix::descriptor writing{ends[1]};
    char heard = 0;

    std::optional<bench::child_process> child{std::in_place, [&] {
        while (::write(writing.number(), "x", 1) == 1) ::pause();
    }};
    writing = posix::descriptor{};
    ASSERT_EQ(::read(reading.number(), &heard, 1), 1);
    EXPECT_EQ(heard, 'x');

    child.reset();
    EXPECT_EQ(::read(reading.number(), &heard, 1), 0) << "nobody has the other end any more";
}

TEST(echo_process, sends_back_what_it_gets_however_it_waits) {
    for (auto const how : {bench::waits::asleep, bench::waits::spinning}) {
        bench::echo_process other{64, how};
        for (int nth = 0; nth < 3; ++nth) EXPECT_GT(other.round_trip_ns(), 0);
    }
}

TEST(echo_process, a_stream_is_counted_when_all_of_it_has_arrived) {
    EXPECT_GT(bench::loopback_bytes_per_second(4096, 16), 0);
}

/// Says where it ran.
struct look {
    std::thread::id seen_by{};
    void run() { seen_by = std::this_thread::get_id(); }
};

TEST(lane, runs_one_job_after_the_other_on_a_thread_of_its_own) {
    bench::lane<look> tried;
    EXPECT_FALSE(tried.busy());
    EXPECT_FALSE(tried.finished());

    tried.start({});
    EXPECT_TRUE(tried.busy());
    auto const first = tried.take();
    EXPECT_FALSE(tried.busy());
    tried.start({});
    auto const second = tried.take();

    EXPECT_NE(first.seen_by, std::this_thread::get_id());
    EXPECT_EQ(first.seen_by, second.seen_by);
}

TEST(lane, says_when_a_job_is_done) {
    bench::lane<look> tried;
    tried.start({});
    while (!tried.finished()) std::this_thread::yield();
    EXPECT_NE(tried.take().seen_by, std::thread::id{});
}

TEST(inline_executor, runs_what_it_was_given_when_it_is_told_to) {
    bench::inline_executor work;
    std::vector<int> order;
    work.run([&] { order.push_back(1); }, [&] {
        order.push_back(2);
        work.run_in_background([&] { order.push_back(3); }, [] {});
    });
    EXPECT_TRUE(order.empty());

    EXPECT_TRUE(work.finish_all());
    EXPECT_EQ(order, (std::vector{1, 2})) << "what was added meanwhile is for the next time";
    EXPECT_TRUE(work.finish_all());
    EXPECT_EQ(order, (std::vector{1, 2, 3}));
    EXPECT_FALSE(work.finish_all());
}

}  // namespace
