// SPDX-License-Identifier: Apache-2.0
#include "../figures/bounds.hpp"
#include "../figures/lane.hpp"
#include "ready_journal.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Both sinks under every sync policy, beside a copy to memory in the same run: decision 0031 rests on these.
namespace {

using namespace chronik;
using namespace chronik::bench;

/// A file whose syncs do nothing: what they cost is in other lines.
class unsynced_file : public posix::file {
public:
    explicit unsynced_file(posix::file&& opened) : posix::file(std::move(opened)) {}
    result<void> sync() { return {}; }
};

class unsynced_directory {
public:
    using file_type = unsynced_file;

    explicit unsynced_directory(posix::directory& where) : where_(&where) {}

    result<unsynced_file> open(std::string_view name, wal::access how) { return as_unsynced(where_->open(name, how)); }
    result<unsynced_file> create(std::string_view name) { return as_unsynced(where_->create(name)); }
    result<void> rename(std::string_view from, std::string_view to) { return where_->rename(from, to); }
    result<void> remove(std::string_view name) { return where_->remove(name); }
    result<std::vector<std::string>> list() { return where_->list(); }
    result<void> sync() { return {}; }

private:
    static result<unsynced_file> as_unsynced(result<posix::file>&& opened) {
        if (!opened) return std::unexpected(opened.error());
        return unsynced_file{std::move(*opened)};
    }

    posix::directory* where_;
};

/// Times a copy to memory that no cache holds; 0: not held to anything.
template <wal::sink Sink>
double times_memcpy_max(std::size_t size) {
    if (Sink::stores_in_place) return size <= 100 ? 1.8 : 1.3;
    return size <= 100 ? 2.7 : size <= 1024 ? 2.3 : 0;
}

/// Header, checksum and copy, and a flush every 64 KiB: processor time of all that a record takes but the syncs. The
/// segments were used before, and so was all memory: from there on no page is to be found for it.
template <wal::sink Sink>
void append(benchmark::State& state) {
    auto const payload = payload_of(static_cast<std::size_t>(state.range(0)));
    std::size_t const together = std::max<std::size_t>(1, (std::size_t{64} << 10) / wal::record_bytes(payload.size()));
    scratch place;
    unsynced_directory where{place.where};
    ready_journal<wal::journal<unsynced_directory, Sink, wal::no_sync>> own{where};
    std::size_t staged = 0;
    auto const once = [&] {
        auto done = own.stage(payload);
        if (!done && done.error() == errc::busy && own.journal.flush()) done = own.stage(payload);
        return done && (++staged % together != 0 || own.journal.flush());
    };
    while (once()) {
    }
    if (!own.start_over()) return state.SkipWithError("storage failed");
    double const floor = memcpy_dram_ns(payload.size());

    staged = 0;
    double took = 0;
    double faults = -thread_page_faults();
    double begin = thread_nanoseconds();
    for (auto each : state) {
        (void)each;
        if (once()) continue;
        // Out of segments: making room is the preparer's work, on another thread of a real node.
        took += thread_nanoseconds() - begin;
        faults += thread_page_faults();
        state.PauseTiming();
        if (!own.start_over()) return state.SkipWithError("storage failed");
        state.ResumeTiming();
        faults -= thread_page_faults();
        begin = thread_nanoseconds();
        if (!once()) return state.SkipWithError("stage refused");
    }
    took += thread_nanoseconds() - begin;
    faults += thread_page_faults();
    double const cost = took / static_cast<double>(staged);
    state.SetBytesProcessed(static_cast<std::int64_t>(staged * payload.size()));
    state.counters["ns"] = cost;
    state.counters["memcpy_ns"] = floor;
    bounds held{state};
    double const maximum = times_memcpy_max<Sink>(payload.size());
    if (maximum > 0) held.at_most("times_memcpy", cost / floor, maximum);
    else state.counters["times_memcpy"] = cost / floor;
    held.at_most("page_faults", faults, 0);
}

/// All that a producer can give to a journal whose flushes run on their thread: a megabyte for each, and while one runs
/// the next megabyte gathers, where the sink can. In place, it can while the flush does not sync.
template <wal::sink Sink, wal::sync_policy Sync>
void sustained(benchmark::State& state) {
    constexpr std::size_t flush_bytes = std::size_t{1} << 20;
    using journal_type = wal::journal<posix::directory, Sink, Sync>;
    auto const payload = payload_of(static_cast<std::size_t>(state.range(0)));
    std::size_t const together = flush_bytes / payload.size();
    wal::options limits;
    limits.spare_segments = 4;
    scratch place;
    ready_journal<journal_type> own{place.where, limits};
    lane<typename journal_type::flush_job> flushes;
    std::deque<steady::time_point> waiting;
    std::vector<double> took;
    std::uint64_t done = 0;
    auto const gather = [&](std::size_t most) {
        while (waiting.size() < most && own.stage(payload)) waiting.push_back(steady::now());
    };
    auto const begin_flush = [&] {
        if constexpr (wal::detail::timed<Sync>)
            own.journal.now(time_point{steady::now().time_since_epoch()});
        gather(together);
        return own.journal.begin_flush();
    };
    double const floor = memcpy_dram_ns(payload.size());
    steady::duration paused{};
    auto const syncs = own.journal.metrics().syncs;
    auto const begin = steady::now();
    for (auto each : state) {
        (void)each;
        auto job = begin_flush();
        while (!job) {
            // Out of segments: making room is the preparer's work, on another thread of a real node.
            auto const since = steady::now();
            state.PauseTiming();
            if (!own.start_over()) return state.SkipWithError("storage failed");
            state.ResumeTiming();
            paused += steady::now() - since;
            job = begin_flush();
        }
        std::size_t const covered = waiting.size();
        flushes.start(std::move(*job));
        gather(2 * together);
        if (!own.journal.finish_flush(flushes.take())) return state.SkipWithError("storage failed");
        auto const now = steady::now();
        for (std::size_t nth = 0; nth < covered; ++nth) {
            if (took.size() < 1'000'000) took.push_back(nanoseconds(now - waiting.front()));
            waiting.pop_front();
        }
        done += covered;
    }
    double const cost = nanoseconds(steady::now() - begin - paused) / static_cast<double>(done);
    state.counters["ns"] = cost;
    state.counters["memcpy_ns"] = floor;
    state.counters["times_memcpy"] = cost / floor;
    state.counters["GBps"] = static_cast<double>(payload.size()) / cost;
    state.counters["p50_us"] = quantile(took, 0.5) / 1000;
    state.counters["p99_us"] = quantile(took, 0.99) / 1000;
    auto const synced = std::max<std::uint64_t>(own.journal.metrics().syncs - syncs, 1);
    state.counters["entries_a_sync"] = static_cast<double>(done) / static_cast<double>(synced);
}

void sizes(benchmark::internal::Benchmark* of) { of->Arg(100)->Arg(1024)->Arg(16384)->Arg(65536); }

template <wal::sync_policy Staged, wal::sync_policy Mapped>
int both(std::string const& mode) {
    auto const add = [&](char const* sink, void (*run)(benchmark::State&)) {
        sizes(benchmark::RegisterBenchmark(("BM_Wal_Sustained/" + mode + "/" + sink).c_str(), run)->UseRealTime());
    };
    add("staged", sustained<wal::staged_sink, Staged>);
    add("mapped", sustained<wal::mapped_sink, Mapped>);
    return 0;
}
[[maybe_unused]] int const registered = both<wal::no_sync, wal::no_sync>("no_sync") +
                                        both<wal::interval_sync, wal::interval_sync>("interval") +
                                        both<wal::group_commit_sync, wal::alternating_commit_sync>("group_commit");

}  // namespace

BENCHMARK(append<wal::staged_sink>)->Name("BM_Wal_Append/no_sync/staged")->Apply(sizes);
BENCHMARK(append<wal::mapped_sink>)->Name("BM_Wal_Append/no_sync/mapped")->Apply(sizes);
