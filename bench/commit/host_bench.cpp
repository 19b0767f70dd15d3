// SPDX-License-Identifier: Apache-2.0
#include "../../tests/archetypes/group_storage.hpp"
#include "counting.hpp"
#include "inline_executor.hpp"

#include <chronik/node/host.hpp>
#include <chronik/posix/directory.hpp>
#include <chronik/transport/loopback.hpp>
#include <chronik/wal/journal.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

// What the commit path costs one node with one group: from propose() to the answer. `batch` proposals share a turn.
// Beside each stands a model that does only what cannot be left out: it copies the payload and counts.

namespace {

using namespace chronik;
using steady = std::chrono::steady_clock;

constexpr group_id only_group{1};

/// Entries in a vector, durable when the turn says so: what the host itself costs.
struct memory_place {
    archetypes::group_storage storage;
    archetypes::group_storage& get() { return storage; }
    void make_room(log_index) {}
};

struct disk_place {
    using journal_type = wal::journal<posix::directory>;
    std::string path = [] {
        auto made = (std::filesystem::temp_directory_path() / "chronik-bench-XXXXXX").string();
        if (::mkdtemp(made.data()) == nullptr) std::abort();
        return made;
    }();
    posix::directory where = *posix::directory::open_exclusive(path);
    journal_type journal = *journal_type::open(where, wal::options{}, 1);
    ~disk_place() { std::filesystem::remove_all(path); }
    journal_type& get() { return journal; }
    void make_room(log_index applied) {
        if (applied.value % 4096 < 64) static_cast<void>(journal.compact(only_group, applied));
    }
};

/// Copies each payload into a ring that no cache holds, and counts to know which are done.
double model_nanoseconds(std::size_t size) {
    std::vector<std::byte> ring(std::size_t{64} << 20, std::byte{1});
    std::vector<std::byte> const payload(size, std::byte{7});
    double best = 1e9;
    std::uint64_t committed = 0;
    for (int pass = 0; pass < 3; ++pass) {
        std::size_t copies = 0;
        auto const begin = steady::now();
        for (std::size_t at = 0; at + size <= ring.size(); at += size, ++copies) {
            std::memcpy(ring.data() + at, payload.data(), size);
            benchmark::DoNotOptimize(++committed);
            benchmark::ClobberMemory();
        }
        best = std::min(best, std::chrono::duration<double, std::nano>(steady::now() - begin).count() /
                                  static_cast<double>(copies));
    }
    return best;
}

template <class Place>
void commit(benchmark::State& state) {
    auto const size = static_cast<std::size_t>(state.range(0));
    auto const batch = static_cast<std::size_t>(state.range(1));
    Place place;
    using storage_type = std::remove_reference_t<decltype(place.get())>;
    bench::inline_executor work;
    transport::loopback network;
    auto link = network.attach(node_id{1}, [](node_id, std::uint8_t, shared_bytes) {});
    policies bag{use<slot::storage, storage_type&>{place.get()},
                 use<slot::transport, transport::loopback::endpoint&>{link}, use_type<slot::machine, bench::counting>{},
                 use<slot::executor, bench::inline_executor&>{work}};
    host<decltype(bag)> node{node_id{1}, std::move(bag), {}, 1, [] {}};
    time_point now{std::chrono::seconds{1}};
    auto const turn = [&] {
        node.finish_turn(now);
        work.finish_all();
        node.finish_turn(now);
    };
    raft::configuration const alone{.voters = {node_id{1}}, .learners = {}};
    if (!node.open_group(only_group, alone, bench::counting{}, true, now)) std::abort();
    for (int each = 0; each < 8; ++each) turn();

    auto const payload = shared_bytes{std::vector<std::byte>(size, std::byte{7})};
    std::uint64_t committed = 0;
    std::uint64_t proposed = 0;
    auto const begin = steady::now();
    for (auto each : state) {
        (void)each;
        for (std::size_t nth = 0; nth < batch; ++nth) {
            auto const accepted = node.propose(only_group, payload, 1, acknowledge::committed, 0, now,
                                               [&](auto outcome) { committed += outcome.error ? 0U : 1U; });
            if (!accepted) return state.SkipWithError(accepted.error().message().c_str());
            ++proposed;
        }
        while (committed < proposed) turn();
        place.make_room(node.find(only_group)->applied);
    }
    double const took = std::chrono::duration<double, std::nano>(steady::now() - begin).count();

    double const floor = model_nanoseconds(size);
    double const cost = took / static_cast<double>(proposed);
    state.counters["commit_ns"] = cost;
    state.counters["model_ns"] = floor;
    state.counters["times_model"] = cost / floor;
    state.SetItemsProcessed(static_cast<std::int64_t>(proposed));
}

void sizes_and_batches(benchmark::internal::Benchmark* of) {
    for (int size : {100, 1024})
        for (int batch : {1, 8, 64}) of->Args({size, batch});
}

}  // namespace

// A fixed number of turns: the archetype keeps every entry.
BENCHMARK(commit<memory_place>)->Apply(sizes_and_batches)->Iterations(5000);
BENCHMARK(commit<disk_place>)->Apply(sizes_and_batches)->UseRealTime();
