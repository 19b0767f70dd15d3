// SPDX-License-Identifier: Apache-2.0
#include <exploration/search.hpp>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

// What both worlds are explored with, in a world without nodes: two faults together are a breach, and the second of
// them alone is another.

namespace chronik::exploration {
namespace {

using namespace std::chrono_literals;

struct small_world {
    struct plan_type {
        std::vector<testing::fault> faults;
    };
    struct report_type {
        std::vector<std::string> violations;
        duration virtual_time{};
        std::array<std::uint64_t, testing::fault_kinds> inflicted{};
        std::uint64_t runs = 0;
    };

    static constexpr char program[] = "none";
    static constexpr std::array counts{std::pair{"runs", &report_type::runs}};

    static plan_type plan_of(std::uint64_t) {
        plan_type made;
        for (auto at = 1s; at <= 20s; at += 1s) made.faults.push_back({.at = at});
        return made;
    }
    static report_type run(plan_type const& of) {
        auto const has = [&](duration at) { return std::ranges::count(of.faults, at, &testing::fault::at) != 0; };
        report_type made{.violations = {}, .runs = 1};
        if (has(7s) && has(13s)) made.violations.push_back("two of " + std::to_string(of.faults.size()));
        else if (has(13s)) made.violations.push_back("one without the other");
        return made;
    }
    static std::uint32_t nodes_of(plan_type const&) { return 0; }
};

TEST(exploration, the_faults_that_are_left_lead_to_the_same_breach) {
    auto const plan = small_world::plan_of(1);
    auto const breach = small_world::run(plan).violations.front();

    auto const needed = needed_faults<small_world>(plan, breach, 1000);

    ASSERT_EQ(needed.size(), 2U);
    EXPECT_EQ(needed[0].at, 7s);
    EXPECT_EQ(needed[1].at, 13s);
}

/// What a process that prints a line and then ends without a last word leaves in a pipe.
std::string left_by_a_sudden_end() {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) return "no pipe";
    std::fflush(nullptr);
    pid_t const child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        print_line("the last line");
        _exit(0);
    }
    close(ends[1]);
    std::array<char, 64> part{};
    auto const got = ::read(ends[0], part.data(), part.size());
    close(ends[0]);
    waitpid(child, nullptr, 0);
    return {part.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
}

TEST(exploration, what_was_printed_before_an_abort_is_there) {
    EXPECT_EQ(left_by_a_sudden_end(), "the last line\n");
}

}  // namespace
}  // namespace chronik::exploration
