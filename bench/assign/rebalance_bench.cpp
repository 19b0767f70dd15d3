// SPDX-License-Identifier: Apache-2.0
#include <chronik/assign/range.hpp>
#include <chronik/assign/round_robin.hpp>
#include <chronik/assign/sticky.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// How long each strategy takes, and how many replicas it moves, when one broker of many fails, or one joins. Three
// replicas, five racks; the argument is the number of partitions, with a broker for each hundred, and ten at least.
namespace {

using namespace chronik;

struct world {
    std::vector<assign::member> members;
    std::vector<assign::holding> held;
};

world placed(std::int64_t partitions) {
    world out;
    auto const brokers = static_cast<std::uint32_t>(std::max<std::int64_t>(partitions / 100, 10));
    for (std::uint32_t node = 1; node <= brokers; ++node)
        out.members.push_back({node_id{node}, "rack-" + std::to_string(node % 5)});
    auto const lists = assign::rack_aware{}.place(out.members, {}, static_cast<std::uint32_t>(partitions), 3).value();
    for (auto const& list : lists.partitions) out.held.push_back({list, 3});
    return out;
}

template <class Strategy>
void run(benchmark::State& state, world const& now) {
    std::size_t moved = 0;
    for (auto _ : state) {
        auto const given = Strategy{}.rebalance(now.members, {}, now.held).value();
        moved = 0;
        for (std::size_t at = 0; at < now.held.size(); ++at)
            for (node_id const node : given.partitions[at])
                moved += std::ranges::find(now.held[at].held, node) == now.held[at].held.end() ? 1U : 0U;
    }
    state.counters["replicas_moved"] = static_cast<double>(moved);
}

template <class Strategy>
void one_fails(benchmark::State& state) {
    world now = placed(state.range(0));
    now.members.erase(now.members.begin());
    run<Strategy>(state, now);
}

template <class Strategy>
void one_joins(benchmark::State& state) {
    world now = placed(state.range(0));
    now.members.push_back({node_id{100'000}, "rack-0"});
    run<Strategy>(state, now);
}

void create(benchmark::State& state) {
    world const now = placed(10);
    auto const partitions = static_cast<std::uint32_t>(state.range(0));
    for (auto _ : state) benchmark::DoNotOptimize(assign::rack_aware{}.place(now.members, {}, partitions, 3));
}

#define CHRONIK_SIZES RangeMultiplier(10)->Range(10, 10'000)->Unit(benchmark::kMillisecond)
BENCHMARK(create)->CHRONIK_SIZES;
BENCHMARK(one_fails<assign::sticky<>>)->CHRONIK_SIZES;
BENCHMARK(one_fails<assign::rack_aware>)->CHRONIK_SIZES;
BENCHMARK(one_fails<assign::round_robin>)->CHRONIK_SIZES;
BENCHMARK(one_fails<assign::range>)->CHRONIK_SIZES;
BENCHMARK(one_joins<assign::sticky<>>)->CHRONIK_SIZES;
BENCHMARK(one_joins<assign::rack_aware>)->CHRONIK_SIZES;
BENCHMARK(one_joins<assign::round_robin>)->CHRONIK_SIZES;
BENCHMARK(one_joins<assign::range>)->CHRONIK_SIZES;

}  // namespace
