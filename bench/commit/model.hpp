// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../figures/bounds.hpp"
#include "../figures/process.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace chronik::bench {

/// What cannot be left out of a commit: the payload is copied into the logs of `copies` nodes, and counted.
inline double copy_model(std::size_t size, std::size_t copies) {
    constexpr std::size_t ring_bytes = std::size_t{1} << 18;
    std::vector<std::vector<std::byte>> rings(copies, std::vector<std::byte>(ring_bytes, std::byte{1}));
    std::vector<std::byte> const payload(size, std::byte{7});
    double best = 1e9;
    std::uint64_t committed = 0;
    for (int pass = 0; pass < 16; ++pass) {
        std::size_t count = 0;
        auto const begin = thread_nanoseconds();
        for (std::size_t at = 0; at + size <= ring_bytes; at += size, ++count) {
            for (auto& ring : rings) std::memcpy(ring.data() + at, payload.data(), size);
            benchmark::DoNotOptimize(++committed);
            benchmark::ClobberMemory();
        }
        best = std::min(best, (thread_nanoseconds() - begin) / static_cast<double>(count));
    }
    return best;
}

/// Nanoseconds for each commit.
struct figures {
    double cost = 0;
    double bound = 0;
    double model = 0;
    double allocations = 0;
};

inline void report(benchmark::State& state, figures const& seen) {
    bounds{state}.at_most("commit_ns", seen.cost, seen.bound).at_most("allocations", seen.allocations, 0);
    state.counters["model_ns"] = seen.model;
    state.counters["times_model"] = seen.cost / seen.model;
}

}  // namespace chronik::bench
