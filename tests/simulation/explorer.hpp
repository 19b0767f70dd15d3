// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "simulation/standard_trial.hpp"

#include <chronik/testing/shrink.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace chronik::simulation {

/// What many trials came to.
struct tally {
    std::uint64_t seeds = 0;
    testing::trial_report sum;
    std::vector<std::uint64_t> failed;

    void add(std::uint64_t seed, testing::trial_report const& one) {
        ++seeds;
        if (!one.violations.empty()) failed.push_back(seed);
        sum.virtual_time += one.virtual_time;
        for (std::size_t kind = 0; kind < testing::fault_kinds; ++kind) sum.inflicted[kind] += one.inflicted[kind];
        sum.frames_lost += one.frames_lost;
        sum.frames_repeated += one.frames_repeated;
        sum.frames_late += one.frames_late;
        sum.proposed += one.proposed;
        sum.acknowledged += one.acknowledged;
        sum.leaders += one.leaders;
        sum.nodes_lost += one.nodes_lost;
        sum.reads += one.reads;
        sum.changes += one.changes;
        sum.restored += one.restored;
        sum.rested += one.rested;
        sum.grown += one.grown;
        sum.shrunk += one.shrunk;
        sum.nodes_wiped += one.nodes_wiped;
    }

    void print(double seconds) const {
        auto const hours = std::chrono::duration<double, std::ratio<3600>>{sum.virtual_time}.count();
        std::printf("%llu seeds in %.1f s, %.1f hours of virtual time, %zu with violations\n",
                    static_cast<unsigned long long>(seeds), seconds, hours, failed.size());
        auto const row = [](char const* what, std::uint64_t count) {
            std::printf("  %-22s %12llu\n", what, static_cast<unsigned long long>(count));
        };
        row("proposals", sum.proposed);
        row("acknowledged", sum.acknowledged);
        row("reads", sum.reads);
        row("changes of members", sum.changes);
        row("machines restored", sum.restored);
        row("terms with a leader", sum.leaders);
        row("disks lost for good", sum.nodes_lost);
        row("disks wiped", sum.nodes_wiped);
        row("asked after a rest", sum.rested);
        row("one voter to five", sum.grown);
        row("five voters to one", sum.shrunk);
        std::printf("faults\n");
        for (std::size_t kind = 0; kind < testing::fault_kinds; ++kind)
            row(std::string{testing::fault_names[kind]}.c_str(), sum.inflicted[kind]);
        row("frames lost", sum.frames_lost);
        row("frames repeated", sum.frames_repeated);
        row("frames late by far", sum.frames_late);
    }
};

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
            auto const told = run_trial(testing::plan_of(seed));
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
    auto const plan = testing::plan_of(seed);
    auto const told = run_trial(plan);
    std::printf("\nseed %llu fails; to see it again: tests/simulation/run --seed %llu\n",
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(seed));
    for (auto const& each : told.violations) std::printf("  %s\n", each.c_str());
    auto const fails = [&](std::vector<testing::fault> const& part) {
        auto tried = plan;
        tried.faults = part;
        return !run_trial(tried).violations.empty();
    };
    auto const needed = testing::shrink(plan.faults, fails, tries_max);
    std::printf("  %u nodes, %zu of %zu faults are enough:\n", plan.world.nodes, needed.size(), plan.faults.size());
    for (auto const& each : needed) std::printf("    %s\n", testing::to_string(each).c_str());
    std::fflush(stdout);
}

}  // namespace chronik::simulation
