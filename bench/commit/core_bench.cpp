// SPDX-License-Identifier: Apache-2.0
#include "counted_new.hpp"
#include "model.hpp"
#include "trio.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <vector>

// What a commit costs three cores on one thread, from propose() to applied on all three: no encoding, no hosts, no
// disk. Each figure stands beside its bound, and beside a model that only copies the payload three times and counts.

namespace {

using namespace chronik;

enum class how { one_in_flight, one_by_one, together };

template <how How>
void commit(benchmark::State& state) {
    auto const size = static_cast<std::size_t>(state.range(0));
    auto const batch = static_cast<std::size_t>(state.range(1));
    auto const bound = static_cast<double>(state.range(2));
    bench::trio group;
    // Each proposal has its own, as each client's has: counts of references to one would wait for each other.
    std::vector<shared_bytes> payloads;
    for (std::size_t nth = 0; nth < batch; ++nth) payloads.emplace_back(std::vector<std::byte>(size, std::byte{7}));
    std::uint64_t allocations = 0;
    auto const once = [&] {
        auto const before = bench::allocations();
        if constexpr (How == how::together) group.propose_together(payloads); else group.propose(payloads);
        allocations += bench::allocations() - before;
    };
    for (int warm = 0; warm < 4096; ++warm) once();
    auto const before = group.applied(0);
    allocations = 0;
    auto const begin = bench::thread_nanoseconds();
    for (auto each : state) {
        (void)each;
        once();
    }
    auto const took = bench::thread_nanoseconds() - begin;
    auto const committed = static_cast<double>(group.applied(0) - before);
    if (committed != static_cast<double>(state.iterations()) * static_cast<double>(batch))
        return state.SkipWithError("not everything was committed");
    bench::report(state, {.cost = took / committed,
                          .bound = bound,
                          .model = bench::copy_model(size, 3),
                          .allocations = static_cast<double>(allocations) / committed});
    state.SetItemsProcessed(static_cast<std::int64_t>(committed));
}

void sizes(benchmark::internal::Benchmark* of, int batch, int bound) {
    for (int size : {16, 64, 128, 256, 1024}) of->Args({size, batch, bound});
    of->ArgNames({"bytes", "batch", "bound"});
}

}  // namespace

BENCHMARK(commit<how::one_in_flight>)->Apply([](auto* of) { sizes(of, 1, 1000); });
BENCHMARK(commit<how::one_by_one>)->Apply([](auto* of) { sizes(of, 64, 300); });
BENCHMARK(commit<how::together>)->Apply([](auto* of) { sizes(of, 8, 150); });
BENCHMARK(commit<how::together>)->Apply([](auto* of) { sizes(of, 64, 60); });
