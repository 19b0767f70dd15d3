// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/lease.hpp>

#include <gtest/gtest.h>

namespace {

using namespace chronik;
using namespace chronik::raft;
using std::chrono::milliseconds;

options with_leases() {
    options made;
    made.reads = read_mode::lease;
    made.lease_duration = milliseconds{100};
    made.clock_error_ppm = 10'000;
    return made;
}

TEST(raft_lease, lasts_from_the_append_of_the_entry_that_was_committed) {
    lease held;
    options const settings = with_leases();
    held.begin(settings, time_point{}, true);
    time_point const start = time_point{} + milliseconds{500};

    held.appended(log_index{3}, start);
    held.appended(log_index{4}, start + milliseconds{50});
    held.committed(log_index{2}, settings);
    EXPECT_FALSE(held.is_fresh(start)) << "nothing of it is committed";
    held.committed(log_index{4}, settings);

    EXPECT_TRUE(held.is_fresh(start + milliseconds{100} - duration{1}));
    EXPECT_FALSE(held.is_fresh(start + milliseconds{100}));
    EXPECT_FALSE(held.is_being_renewed());
}

// One clock 1 % slow, the other 1 % fast: the slow one counts 100 ms while 100/0.99 pass, and the fast one counts 1.01
// times as many.
TEST(raft_lease, wait_covers_both_clocks_being_wrong) {
    auto const needed = 100e6 / 0.99 * 1.01;
    EXPECT_GE(static_cast<double>(lease::longest(with_leases()).count()), needed);
    EXPECT_LT(static_cast<double>(lease::longest(with_leases()).count()), needed * 1.001);
}

TEST(raft_lease, new_leader_waits_from_what_it_received_last) {
    lease held;
    options const settings = with_leases();
    time_point const received = time_point{} + milliseconds{500};

    held.begin(settings, received, false);

    EXPECT_EQ(held.deferred_until(), received + lease::longest(settings));
    EXPECT_FALSE(held.may_commit(received + milliseconds{100}));
    EXPECT_TRUE(held.may_commit(received + lease::longest(settings)));
    EXPECT_EQ(held.deferred_until(), never);
}

TEST(raft_lease, quorum_mode_and_an_empty_log_defer_nothing) {
    lease held;
    held.begin(options{}, time_point{}, false);
    EXPECT_TRUE(held.may_commit(time_point{}));
    held.begin(with_leases(), time_point{}, true);
    EXPECT_TRUE(held.may_commit(time_point{}));
}

}  // namespace
