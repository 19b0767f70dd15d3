// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/testing/fault.hpp>
#include <chronik/testing/findings.hpp>
#include <chronik/testing/shrink.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <ratio>
#include <string>
#include <thread>
#include <vector>

/// Many seeds of a deterministic world, on all cores.
namespace chronik::exploration {

/// What can be explored: a kind of trial that a seed decides.
///
/// plan_type     what a seed decides, `faults` among it
/// report_type   what came of it, with `violations`, `virtual_time` and `inflicted`
/// program       what replays a seed
/// counts        pairs of a name and a count of the report, as they are printed
template <class World>
concept explorable =
    requires(std::uint64_t seed, typename World::plan_type plan, typename World::report_type report) {
        { World::plan_of(seed) } -> std::same_as<typename World::plan_type>;
        { World::run(plan) } -> std::same_as<typename World::report_type>;
        { World::nodes_of(plan) } -> std::same_as<std::uint32_t>;
        { World::program } -> std::convertible_to<char const*>;
        World::counts;
        plan.faults;
        report.inflicted;
    };

/// The seed that this thread runs, for the last words of a process that is about to abort.
inline thread_local std::uint64_t running_seed = 0;

template <explorable World>
typename World::report_type run_seed(std::uint64_t seed) {
    running_seed = seed;
    return World::run(World::plan_of(seed));
}

/// What many trials came to.
template <explorable World>
struct tally {
    std::uint64_t seeds = 0;
    typename World::report_type sum{};
    std::vector<std::uint64_t> failed;

    void add(std::uint64_t seed, typename World::report_type const& one) {
        ++seeds;
        if (!one.violations.empty()) failed.push_back(seed);
        sum.virtual_time += one.virtual_time;
        for (std::size_t kind = 0; kind < testing::fault_kinds; ++kind) sum.inflicted[kind] += one.inflicted[kind];
        for (auto const& [name, count] : World::counts) sum.*count += one.*count;
    }

    void print(double seconds) const {
        auto const hours = std::chrono::duration<double, std::ratio<3600>>{sum.virtual_time}.count();
        std::printf("%llu seeds in %.1f s, %.1f hours of virtual time, %zu with violations\n",
                    static_cast<unsigned long long>(seeds), seconds, hours, failed.size());
        auto const row = [](std::string const& what, std::uint64_t count) {
            std::printf("  %-24s %12llu\n", what.c_str(), static_cast<unsigned long long>(count));
        };
        for (auto const& [name, count] : World::counts) row(name, sum.*count);
        std::printf("faults\n");
        for (std::size_t kind = 0; kind < testing::fault_kinds; ++kind)
            row(std::string{testing::fault_names[kind]}, sum.inflicted[kind]);
    }
};

/// Runs disjoint seeds on all cores until `last` is done, the time is over, or `failures_max` have failed.
template <explorable World>
class explorer {
public:
    using steady = std::chrono::steady_clock;

    explorer(std::uint64_t first, std::uint64_t last, steady::time_point until, std::size_t failures_max)
        : next_(first), last_(last), until_(until), failures_max_(failures_max) {}

    tally<World> run(unsigned threads) {
        std::vector<std::thread> workers;
        for (unsigned each = 0; each < threads; ++each) workers.emplace_back([this] { work(); });
        for (auto& each : workers) each.join();
        std::ranges::sort(all_.failed);
        return all_;
    }

private:
    void work() {
        while (steady::now() < until_.load()) {
            std::uint64_t const seed = next_++;
            if (seed > last_) return;
            auto const told = run_seed<World>(seed);
            std::lock_guard const lock{guard_};
            all_.add(seed, told);
            if (all_.failed.size() >= failures_max_) until_ = steady::time_point::min();
        }
    }

    std::atomic<std::uint64_t> next_;
    std::uint64_t last_;
    std::atomic<steady::time_point> until_;
    std::size_t failures_max_;
    std::mutex guard_;
    tally<World> all_;
};

/// Few faults of a plan that lead to a breach like this one: without the others something else may fail.
///
/// breach   the first one that the whole plan leads to
template <explorable World>
std::vector<testing::fault> needed_faults(typename World::plan_type const& plan, std::string const& breach,
                                          std::size_t tries_max) {
    auto const fails = [&](std::vector<testing::fault> const& part) {
        auto tried = plan;
        tried.faults = part;
        auto const told = World::run(tried);
        return !told.violations.empty() && testing::are_alike(told.violations.front(), breach);
    };
    return testing::shrink(plan.faults, fails, tries_max);
}

/// Tells what went wrong with a seed: how to see it again, the sentences, and the faults that it takes.
template <explorable World>
void explain(std::uint64_t seed, std::size_t tries_max) {
    auto const plan = World::plan_of(seed);
    auto const told = run_seed<World>(seed);
    std::printf("\nseed %llu fails; to see it again: %s --seed %llu\n", static_cast<unsigned long long>(seed),
                World::program, static_cast<unsigned long long>(seed));
    for (auto const& each : told.violations) std::printf("  %s\n", each.c_str());
    if (told.violations.empty()) return;
    auto const needed = needed_faults<World>(plan, told.violations.front(), tries_max);
    std::printf("  %u nodes, %zu of %zu faults are enough:\n", World::nodes_of(plan), needed.size(),
                plan.faults.size());
    for (auto const& each : needed) std::printf("    %s\n", testing::to_string(each).c_str());
    std::fflush(stdout);
}

}  // namespace chronik::exploration
