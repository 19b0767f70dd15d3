// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker_world/trial.hpp>

#include <chronik/testing/fault.hpp>
#include <chronik/testing/shrink.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <ratio>
#include <string>
#include <thread>
#include <vector>

namespace broker::world {

/// What many trials came to.
struct tally {
    std::uint64_t seeds = 0;
    report sum;
    std::vector<std::uint64_t> failed;

    void add(std::uint64_t seed, report const& one) {
        ++seeds;
        if (!one.violations.empty()) failed.push_back(seed);
        sum.virtual_time += one.virtual_time;
        for (std::size_t kind = 0; kind < chronik::testing::fault_kinds; ++kind)
            sum.inflicted[kind] += one.inflicted[kind];
        sum.sent += one.sent;
        sum.acknowledged += one.acknowledged;
        sum.read += one.read;
        sum.assigned += one.assigned;
        sum.committed += one.committed;
        sum.leaders += one.leaders;
        sum.entries += one.entries;
        sum.brought += one.brought;
        sum.for_followers += one.for_followers;
        sum.replaced += one.replaced;
        sum.connections_lost += one.connections_lost;
    }

    void print(double seconds) const {
        auto const hours = std::chrono::duration<double, std::ratio<3600>>{sum.virtual_time}.count();
        std::printf("%llu seeds in %.1f s, %.1f hours of virtual time, %zu with violations\n",
                    static_cast<unsigned long long>(seeds), seconds, hours, failed.size());
        auto const row = [](std::string const& what, std::uint64_t count) {
            std::printf("  %-24s %12llu\n", what.c_str(), static_cast<unsigned long long>(count));
        };
        row("values sent", sum.sent);
        row("acknowledged", sum.acknowledged);
        row("read", sum.read);
        row("shares of generations", sum.assigned);
        row("offsets committed", sum.committed);
        row("terms with a leader", sum.leaders);
        row("entries of logs", sum.entries);
        row("pieces not in memory", sum.brought);
        row("reads for followers", sum.for_followers);
        row("brokers replaced", sum.replaced);
        std::printf("faults\n");
        for (std::size_t kind = 0; kind < chronik::testing::fault_kinds; ++kind)
            row(std::string{chronik::testing::fault_names[kind]}, sum.inflicted[kind]);
        row("connections lost", sum.connections_lost);
    }
};

/// The seed that this thread runs, for the last words of a process that is about to abort.
inline thread_local std::uint64_t running_seed = 0;

inline report run_seed(std::uint64_t seed) {
    running_seed = seed;
    return trial{plan_of(seed)}.run();
}

/// Runs disjoint seeds on all cores until `last` is done, the time is over, or `failures_max` have failed.
class explorer {
public:
    using steady = std::chrono::steady_clock;

    explorer(std::uint64_t first, std::uint64_t last, steady::time_point until, std::size_t failures_max)
        : next_(first), last_(last), until_(until), failures_max_(failures_max) {}

    tally run(unsigned threads) {
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
            auto const told = run_seed(seed);
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
    tally all_;
};

/// Tells what went wrong with a seed: how to see it again, the sentences, and the faults that it takes.
inline void explain(std::uint64_t seed, std::size_t tries_max) {
    auto const wanted = plan_of(seed);
    auto const told = run_seed(seed);
    std::printf("\nseed %llu fails; to see it again: tests/broker_world/run --seed %llu\n",
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(seed));
    for (auto const& each : told.violations) std::printf("  %s\n", each.c_str());
    auto const fails = [&](std::vector<chronik::testing::fault> const& part) {
        auto tried = wanted;
        tried.faults = part;
        return !trial{tried}.run().violations.empty();
    };
    auto const needed = chronik::testing::shrink(wanted.faults, fails, tries_max);
    std::printf("  %u nodes, %zu of %zu faults are enough:\n", wanted.nodes, needed.size(), wanted.faults.size());
    for (auto const& each : needed) std::printf("    %s\n", chronik::testing::to_string(each).c_str());
    std::fflush(stdout);
}

}  // namespace broker::world
