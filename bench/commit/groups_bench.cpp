// SPDX-License-Identifier: Apache-2.0
#include "../figures/bounds.hpp"
#include "../wal/ready_journal.hpp"
#include "three_processes.hpp"

#include <chronik/posix/io_lanes.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

/// As many clients as ever, spread over more and more groups: what is lost when a group's batch shrinks to a few
/// entries. Three processes on loopback, with fdatasync. All groups are there in each run, and those that are not used
/// rest; by turns with the 48 groups that others are measured at, so that both see the same machine.
namespace {

using namespace chronik;
using namespace chronik::bench;

using lanes = posix::io_lanes;
using node = disk_node<lanes>;

constexpr std::uint64_t groups_max = 4096;
constexpr std::uint64_t groups_compared = 48;
/// With 8192 of them, 48 groups are not at their best yet.
constexpr std::size_t clients_of_bound = 32768;
constexpr std::size_t payload_bytes = 128;

/// Entries in a second, with that many groups; clients begin, and a tenth of a second later they are counted.
double entries_per_second(node& leader, clients<lanes>& of, std::size_t count, std::uint64_t groups) {
    of.start(count, groups);
    leader.loop().run_for(std::chrono::milliseconds{100});
    auto const before = of.answered();
    auto const begin = steady::now();
    leader.loop().run_for(std::chrono::milliseconds{400});
    auto const answered = static_cast<double>(of.answered() - before);
    double const took = nanoseconds(steady::now() - begin);
    of.finish();
    return answered / took * 1e9;
}

void active_groups(benchmark::State& state) {
    auto const groups = static_cast<std::uint64_t>(state.range(0));
    auto const count = static_cast<std::size_t>(state.range(1));
    three_processes<lanes> three{groups_max};
    clients all{three.leader(), payload_of(payload_bytes)};
    std::vector<double> with;
    std::vector<double> compared;
    // Segments, and the memory of both sides, were used before they are measured.
    for (std::uint64_t const warm : {groups_compared, groups}) entries_per_second(three.leader(), all, count, warm);
    for (auto each : state) {
        (void)each;
        compared.push_back(entries_per_second(three.leader(), all, count, groups_compared));
        with.push_back(entries_per_second(three.leader(), all, count, groups));
        if (!all.all_committed()) return state.SkipWithError("an entry was not committed");
        state.SetIterationTime(1 / with.back());
    }
    double const speed = quantile(with, 0.5);
    double const at_compared = quantile(compared, 0.5);
    state.counters["records_s"] = speed;
    state.counters["records_s_at_48"] = at_compared;
    state.counters["of_48"] = speed / at_compared;
    if (groups == groups_max && count == clients_of_bound) bounds{state}.at_least("of_48", speed / at_compared, 0.5);
}

}  // namespace

BENCHMARK(active_groups)->Name("BM_Commit_Groups/active")
    ->ArgsProduct({{1, 8, 48, 256, 1024, 2048, 4096}, {8192, 32768}})->ArgNames({"groups", "clients"})->UseManualTime()
    ->Iterations(10);
