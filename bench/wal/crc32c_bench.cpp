// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/crc32c.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <vector>

namespace {

using namespace chronik;
using steady = std::chrono::steady_clock;

double memcpy_seconds(std::span<std::byte const> source, std::size_t rounds) {
    std::vector<std::byte> target(source.size());
    auto const begin = steady::now();
    for (std::size_t round = 0; round < rounds; ++round) {
        std::memcpy(target.data(), source.data(), source.size());
        benchmark::ClobberMemory();
    }
    return std::chrono::duration<double>(steady::now() - begin).count() / static_cast<double>(rounds);
}

template <class Sum>
void against_memcpy(benchmark::State& state, Sum&& sum) {
    std::vector<std::byte> const data(static_cast<std::size_t>(state.range(0)), std::byte{7});
    double const floor = memcpy_seconds(data, std::max<std::size_t>(1000, (std::size_t{1} << 28) / data.size()));
    auto const begin = steady::now();
    for (auto each : state) {
        (void)each;
        benchmark::DoNotOptimize(sum(data));
    }
    double const cost =
        std::chrono::duration<double>(steady::now() - begin).count() / static_cast<double>(state.iterations());
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
    state.counters["memcpy_GBps"] = static_cast<double>(data.size()) / floor / 1e9;
    state.counters["times_memcpy"] = cost / floor;
}

void crc32c_sum(benchmark::State& state) {
    against_memcpy(state, [](auto const& data) { return crc32c::value(data); });
}
void crc32c_portable(benchmark::State& state) {
    against_memcpy(state, [](auto const& data) { return crc32c::detail::portable(~0U, data.data(), data.size()); });
}
void crc32c_copy_and_sum(benchmark::State& state) {
    std::vector<std::byte> target(static_cast<std::size_t>(state.range(0)));
    against_memcpy(state, [&](auto const& data) { return crc32c::copy_extend(0, target.data(), data); });
}

}  // namespace

BENCHMARK(crc32c_sum)->Name("BM_Crc32c/dispatched")->Arg(64)->Arg(1024)->Arg(4096)->Arg(65536)->Arg(1 << 20);
BENCHMARK(crc32c_copy_and_sum)->Name("BM_Crc32c/fused_with_copy")->Arg(64)->Arg(1024)->Arg(4096)->Arg(65536)
    ->Arg(1 << 20);
BENCHMARK(crc32c_portable)->Name("BM_Crc32c/portable")->Arg(64)->Arg(1024)->Arg(65536);
