// SPDX-License-Identifier: Apache-2.0
#include <figures/device.hpp>
#include <figures/of_bound.hpp>
#include <figures/process.hpp>
#include <figures/quantile.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <vector>

namespace {

using namespace chronik;

TEST(figures, a_bound_is_held_at_one_and_missed_above) {
    EXPECT_DOUBLE_EQ(bench::of_maximum(150, 300), 0.5);
    EXPECT_DOUBLE_EQ(bench::of_maximum(300, 300), 1);
    EXPECT_DOUBLE_EQ(bench::of_maximum(450, 300), 1.5);
    EXPECT_DOUBLE_EQ(bench::of_minimum(30, 15), 0.5);
    EXPECT_DOUBLE_EQ(bench::of_minimum(15, 15), 1);
    EXPECT_DOUBLE_EQ(bench::of_minimum(10, 15), 1.5);
}

TEST(figures, a_bound_of_nothing_is_held_by_nothing_alone) {
    EXPECT_EQ(bench::of_maximum(0, 0), 0);
    EXPECT_EQ(bench::of_maximum(0.001, 0), std::numeric_limits<double>::infinity());
}

TEST(figures, what_reached_nothing_is_infinitely_far_from_a_minimum) {
    EXPECT_EQ(bench::of_minimum(0, 15), std::numeric_limits<double>::infinity());
}

TEST(figures, a_quantile_is_one_of_the_values) {
    std::vector<double> some{5, 1, 4, 2, 3};
    EXPECT_EQ(bench::quantile(some, 0), 1);
    EXPECT_EQ(bench::quantile(some, 0.5), 3);
    EXPECT_EQ(bench::quantile(some, 0.99), 5);
    EXPECT_EQ(bench::quantile(some, 1), 5);
}

TEST(figures, of_no_values_every_quantile_is_zero) {
    std::vector<double> none;
    EXPECT_EQ(bench::quantile(none, 0.5), 0);
}

TEST(figures, a_devices_line_tells_the_bytes_that_were_written) {
    EXPECT_EQ(bench::written_bytes_in("  543718    53857 124200370  2404152 11493722   389365 2672532880 10757672 0"),
              2672532880U * std::uint64_t{512});
    EXPECT_EQ(bench::written_bytes_in("1 2 3 4 5 6 7"), 7U * 512U);
}

TEST(figures, what_is_no_line_of_a_device_tells_nothing) {
    EXPECT_EQ(bench::written_bytes_in(""), std::nullopt);
    EXPECT_EQ(bench::written_bytes_in("1 2 3 4 5 6"), std::nullopt);
    EXPECT_EQ(bench::written_bytes_in("1 2 3 4 5 6 seven"), std::nullopt);
    EXPECT_EQ(bench::written_bytes_in("1 2 3 4 5 6 -7"), std::nullopt);
}

TEST(figures, what_is_on_no_disk_has_no_device_that_counts) {
    EXPECT_EQ(bench::device_of{"/proc"}.written_bytes(), std::nullopt);
    EXPECT_EQ(bench::device_of{"/no such folder"}.written_bytes(), std::nullopt);
}

TEST(figures, a_page_that_is_touched_first_is_a_fault_and_later_is_none) {
    std::size_t const bytes = std::size_t{4} << 20;
    auto const before = bench::thread_page_faults();
    std::vector<char> fresh(bytes, 1);
    auto const touched = bench::thread_page_faults();
    std::memset(fresh.data(), 2, fresh.size());
    EXPECT_GT(touched, before);
    EXPECT_EQ(fresh[bytes / 2], 2);
    EXPECT_LT(bench::thread_page_faults() - touched, touched - before);
}

TEST(figures, a_thread_that_works_is_charged_for_it) {
    double const before = bench::thread_nanoseconds();
    for (std::atomic<int> nth = 0; nth.fetch_add(1) < 1'000'000;) {
    }
    EXPECT_GT(bench::thread_nanoseconds(), before);
}

}  // namespace
