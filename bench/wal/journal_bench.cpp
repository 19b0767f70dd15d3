// SPDX-License-Identifier: Apache-2.0
#include "../figures/bounds.hpp"
#include "../figures/device.hpp"
#include "../figures/lane.hpp"
#include "../figures/own_processor.hpp"
#include "ready_journal.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <utility>
#include <vector>

/// Every figure comes with what it is divided by, measured in the same run: BM_Roofline_* are those alone.
namespace {

using namespace chronik;
using namespace chronik::bench;

// ---- rooflines ----

void roofline(benchmark::State& state, double ns, double bytes) {
    for (auto each : state) {
        (void)each;
        state.SetIterationTime(ns / 1e9);
    }
    state.counters["ns"] = ns;
    if (bytes > 0) state.counters["GBps"] = bytes / ns;
}
void memcpy_dram(benchmark::State& state) {
    auto const size = static_cast<std::size_t>(state.range(0));
    roofline(state, memcpy_dram_ns(size), static_cast<double>(size));
}
void memcpy_l2(benchmark::State& state) {
    auto const size = static_cast<std::size_t>(state.range(0));
    roofline(state, memcpy_l2_ns(size), static_cast<double>(size));
}
void crc_roofline(benchmark::State& state) {
    auto const size = static_cast<std::size_t>(state.range(0));
    double const bytes = static_cast<double>(size);
    roofline(state, bytes / crc_bytes_per_second(size) * 1e9, bytes);
}
void device_write(benchmark::State& state) {
    roofline(state, 4096 / direct_bytes_per_second(4096, 2000) * 1e9, 4096);
}
void device_stream(benchmark::State& state) {
    double const size = 1 << 20;
    roofline(state, size / rooflines_of_disk().stream_bytes_per_second * 1e9, size);
}
void device_flush(benchmark::State& state) { roofline(state, rooflines_of_disk().flush_ns, 0); }
void fdatasync_written(benchmark::State& state) { roofline(state, rooflines_of_disk().fdatasync_4k_ns, 4096); }

// ---- append ----

/// Entries of 1 KiB as they come due at 0.4 GB/s, a sync every 10 ms on its thread, spares made on another: how late
/// staging is with each. Who stages has a processor, and the others have the rest.
void paced(benchmark::State& state) {
    constexpr std::size_t payload_bytes = 1024;
    constexpr double bytes_per_second = 0.4e9;
    constexpr auto sync_interval = std::chrono::milliseconds{10};
    std::chrono::nanoseconds const due_every{static_cast<std::int64_t>(payload_bytes / bytes_per_second * 1e9)};
    auto const payload = payload_of(payload_bytes);
    wal::options limits;
    limits.staged_bytes_max = std::size_t{32} << 20;
    limits.spare_segments = 8;
    scratch place;
    ready_journal own{place.where, limits};
    own_processor const processor;
    processor.leave();
    lane<journal_type::flush_job> flushes;
    lane<journal_type::prepare_job> preparations;
    processor.take();
    // Touched now, not when it is written to.
    std::vector<double> late(std::size_t{4} << 20, 1.0);
    late.clear();

    auto next_sync = steady::now() + sync_interval;
    // Not within the time: what was staged last is forgotten, and segments go round.
    auto const look_after_it = [&](steady::time_point now) {
        if (flushes.finished()) {
            if (!own.journal.finish_flush(flushes.take()) || !own.forget_all()) return false;
        }
        if (preparations.finished() && !own.journal.finish_prepare(preparations.take())) return false;
        if (!preparations.busy()) {
            if (auto job = own.journal.begin_prepare()) preparations.start(std::move(*job));
        }
        if (now < next_sync || flushes.busy()) return true;
        next_sync = now + sync_interval;
        if (auto job = own.journal.begin_flush()) flushes.start(std::move(*job));
        return true;
    };
    for (auto each : state) {
        (void)each;
        auto due = steady::now();
        auto const end = due + std::chrono::seconds{1};
        for (; due < end; due += due_every) {
            auto now = steady::now();
            for (; now < due; now = steady::now()) {
                if (!look_after_it(now)) return state.SkipWithError("storage failed");
            }
            if (!look_after_it(now)) return state.SkipWithError("storage failed");
            if (!own.stage(payload)) return state.SkipWithError("stage refused");
            late.push_back(nanoseconds(steady::now() - due));
        }
    }
    if (flushes.busy() && !own.journal.finish_flush(flushes.take())) return state.SkipWithError("storage failed");
    if (preparations.busy() && !own.journal.finish_prepare(preparations.take()))
        return state.SkipWithError("storage failed");
    double const flush = rooflines_of_disk().flush_ns;
    state.counters["p50_us"] = quantile(late, 0.5) / 1000;
    state.counters["flush_us"] = flush / 1000;
    bounds{state}
        .at_most("p999_times_flush", quantile(late, 0.999) / flush, 1)
        .at_most("max_us", quantile(late, 1) / 1000, 1000);
}

// ---- group commit ----

/// `groups` logs commit one entry each with one sync, then the next round; by turns with the bare sync, and with one
/// log alone, so that all see the same machine.
void closed(benchmark::State& state) {
    auto const groups = static_cast<std::uint64_t>(state.range(0));
    scratch place;
    ready_journal own{place.where, {}, groups};
    auto const payload = payload_of(100);
    written_file floor{place.where};
    std::vector<std::byte> const block(4096, std::byte{1});
    std::vector<double> took;
    std::vector<double> alone;
    std::vector<double> bare;
    // Nanoseconds until one entry of each of the first `count` logs is durable; nothing if the storage failed.
    auto const round = [&](std::uint64_t count) -> std::optional<double> {
        auto const begin = steady::now();
        for (std::uint64_t group = 1; group <= count; ++group) {
            if (!own.stage(payload, {group})) return std::nullopt;
        }
        if (!own.journal.flush()) return std::nullopt;
        double const ns = nanoseconds(steady::now() - begin);
        return own.journal.prepare() ? std::optional{ns} : std::nullopt;
    };
    std::uint64_t syncs = 0;
    for (auto each : state) {
        (void)each;
        auto const before = own.journal.metrics().syncs;
        auto const all = round(groups);
        syncs += own.journal.metrics().syncs - before;
        auto const one = groups == 1 ? all : round(1);
        if (!all || !one) return state.SkipWithError("storage failed");
        took.push_back(*all);
        alone.push_back(*one);
        bare.push_back(floor.write_and_sync_ns(block));
        state.SetIterationTime(*all / 1e9);
    }
    state.counters["syncs_per_round"] = static_cast<double>(syncs) / static_cast<double>(state.iterations());
    double const commit = quantile(took, 0.5);
    double const sync = quantile(bare, 0.5);
    double const times_bare = commit / sync;
    double const times_one = static_cast<double>(groups) * quantile(alone, 0.5) / commit;
    state.counters["p50_us"] = commit / 1000;
    state.counters["p99_us"] = quantile(took, 0.99) / 1000;
    state.counters["bare_us"] = sync / 1000;
    state.counters["records_s"] = static_cast<double>(groups) / commit * 1e9;
    state.counters["times_bare"] = times_bare;
    state.counters["times_one"] = times_one;
    if (groups == 1) bounds{state}.at_most("times_bare", times_bare, 1.15);
    if (groups == 64) bounds{state}.at_least("times_one", times_one, 15);
}

/// Nanoseconds until a write of so many bytes and its sync, on a thread of their own, are known here: the most that a
/// flush can do whose owner does not wait in it.
double synced_on_a_thread_ns(std::size_t bytes) {
    struct job {
        written_file* file;
        std::span<std::byte const> block;
        void run() { file->write_and_sync_ns(block); }
    };
    scratch place;
    written_file file{place.where};
    std::vector<std::byte> const block(bytes, std::byte{1});
    lane<job> syncs;
    std::vector<double> took;
    for (int nth = 0; nth < 2000; ++nth) {
        auto const begin = steady::now();
        syncs.start({&file, block});
        static_cast<void>(syncs.take());
        took.push_back(nanoseconds(steady::now() - begin));
    }
    return quantile(took, 0.5);
}

struct windowed_figures {
    double records_per_second = 0;
    double p50_ns = 0;
    double p99_ns = 0;
};

/// Keeps at most `window` entries under way: half of them are written and synced on a thread while the other half
/// gathers, as in a node.
windowed_figures windowed(benchmark::State& state, std::size_t size, std::size_t window) {
    wal::options limits;
    limits.spare_segments = 4;
    scratch place;
    ready_journal own{place.where, limits};
    lane<journal_type::flush_job> flushes;
    auto const payload = payload_of(size);
    std::size_t const half = std::max<std::size_t>(1, window / 2);
    std::deque<steady::time_point> waiting;
    std::vector<double> took;
    std::uint64_t done = 0;
    steady::duration paused{};
    // False where there is no room.
    auto const gather = [&](std::size_t count) {
        while (count > 0 && own.stage(payload)) {
            waiting.push_back(steady::now());
            --count;
        }
        return count == 0;
    };
    if (!gather(half)) return state.SkipWithError("stage refused"), windowed_figures{};
    auto const begin = steady::now();
    for (auto each : state) {
        (void)each;
        auto job = own.journal.begin_flush();
        while (!job) {
            // Out of segments: making room is the preparer's work, on another thread of a real node.
            auto const since = steady::now();
            state.PauseTiming();
            if (!own.start_over()) return state.SkipWithError("storage failed"), windowed_figures{};
            state.ResumeTiming();
            paused += steady::now() - since;
            if (!gather(half)) return state.SkipWithError("stage refused"), windowed_figures{};
            job = own.journal.begin_flush();
        }
        std::size_t const covered = waiting.size();
        flushes.start(std::move(*job));
        gather(window - half);
        if (!own.journal.finish_flush(flushes.take())) return state.SkipWithError("storage failed"), windowed_figures{};
        auto const now = steady::now();
        for (std::size_t nth = 0; nth < covered; ++nth) {
            if (took.size() < 1'000'000) took.push_back(nanoseconds(now - waiting.front()));
            waiting.pop_front();
        }
        done += covered;
    }
    double const seconds = nanoseconds(steady::now() - begin - paused) / 1e9;
    return {static_cast<double>(done) / seconds, quantile(took, 0.5), quantile(took, 0.99)};
}

void tell(benchmark::State& state, windowed_figures const& seen, std::size_t size) {
    state.counters["records_s"] = seen.records_per_second;
    state.counters["GBps"] = seen.records_per_second * static_cast<double>(size) / 1e9;
    state.counters["p50_us"] = seen.p50_ns / 1000;
    state.counters["p99_us"] = seen.p99_ns / 1000;
}

void pipelined(benchmark::State& state) {
    constexpr std::size_t size = 100;
    auto const window = static_cast<std::size_t>(state.range(0));
    auto const seen = windowed(state, size, window);
    if (seen.records_per_second == 0) return;
    tell(state, seen, size);
    if (window <= 64) {
        double const bare = synced_on_a_thread_ns(2 * wal::write_block_bytes);
        state.counters["bare_records_s"] = static_cast<double>(window / 2) / bare * 1e9;
    }
    double const p99_times_sync = seen.p99_ns / rooflines_of_disk().fdatasync_4k_ns;
    state.counters["p99_times_sync"] = p99_times_sync;
    bounds held{state};
    held.at_least("records_s", seen.records_per_second, window <= 64 ? 0.3e6 : window <= 1024 ? 1e6 : 5e6);
    if (window <= 64) held.at_most("p99_times_sync", p99_times_sync, 3);
}

void stream(benchmark::State& state) {
    auto const size = static_cast<std::size_t>(state.range(0));
    auto const seen = windowed(state, size, 64);
    if (seen.records_per_second == 0) return;
    tell(state, seen, size);
    std::size_t const half = size * 32;
    state.counters["bare_of_stream"] =
        static_cast<double>(half) / synced_on_a_thread_ns(half) * 1e9 / rooflines_of_disk().stream_bytes_per_second;
    double const of_stream = seen.records_per_second * static_cast<double>(size) /
                             rooflines_of_disk().stream_bytes_per_second;
    bounds{state}
        .at_least("of_stream", of_stream, size <= 16384 ? 0.6 : 0.8)
        .at_most("p99_times_p50", seen.p99_ns / seen.p50_ns, 2);
}

/// What the journal writes for each synced append, and what the device does, against the record rounded up to a block.
/// Segments are recycled: making one writes all of it.
void sync_bytes(benchmark::State& state) {
    auto const payload = payload_of(static_cast<std::size_t>(state.range(0)));
    scratch place;
    ready_journal own{place.where};
    device_of const device{place.path};
    auto const filler = payload_of(std::size_t{1} << 20);
    // Until there are segments that were used before, and no more are made.
    while (own.journal.metrics().segments_recycled < 4) {
        if (!own.stage(filler) && !own.start_over()) return state.SkipWithError("storage failed");
        if (!own.journal.flush()) return state.SkipWithError("storage failed");
    }
    auto const before = own.journal.metrics().bytes_written;
    auto const made_before = own.journal.metrics().segments_created;
    auto const device_before = device.written_bytes();
    for (auto each : state) {
        (void)each;
        auto const kept = own.journal.metrics().segments_kept;
        if (!own.stage(payload) || !own.journal.flush()) return state.SkipWithError("storage failed");
        bool const rolled = own.journal.metrics().segments_kept != kept;
        if (rolled && !own.start_over()) return state.SkipWithError("storage failed");
    }
    auto const device_after = device.written_bytes();
    auto const appended = static_cast<double>((wal::record_bytes(payload.size()) + 4095) / 4096 * 4096) *
                          static_cast<double>(state.iterations());
    auto const written = static_cast<double>(own.journal.metrics().bytes_written - before);
    state.counters["made"] = static_cast<double>(own.journal.metrics().segments_created - made_before);
    bounds held{state};
    held.at_most("times_appended", written / appended, 1.1);
    if (!device_before || !device_after) return state.SetLabel("no block device counts under TMPDIR");
    held.at_most("device_times_appended", static_cast<double>(*device_after - *device_before) / appended, 1.1);
}

/// The append that fills a segment and goes on in the next one, against the others.
void roll(benchmark::State& state) {
    wal::options limits = without_syncs();
    limits.segment_bytes = std::size_t{4} << 20;
    limits.groups_max = 1024;
    limits.segments_max = 256;
    scratch place;
    ready_journal own{place.where, limits};
    auto const payload = payload_of(16 * 1024);
    std::vector<double> rolls;
    for (auto each : state) {
        (void)each;
        auto const kept = own.journal.metrics().segments_kept;
        auto const begin = steady::now();
        if (!own.stage(payload)) return state.SkipWithError("stage refused");
        double const took = nanoseconds(steady::now() - begin);
        state.SetIterationTime(took / 1e9);
        if (own.journal.metrics().segments_kept != kept) {
            rolls.push_back(took);
            if (!own.start_over()) return state.SkipWithError("storage failed");
        }
        if (!own.journal.flush()) return state.SkipWithError("storage failed");
    }
    state.counters["rolls"] = static_cast<double>(rolls.size());
    state.counters["p50_us"] = quantile(rolls, 0.5) / 1000;
    bounds{state}
        .at_most("p99_us", quantile(rolls, 0.99) / 1000, 50)
        .at_most("max_us", quantile(rolls, 1) / 1000, 1000);
}

}  // namespace

BENCHMARK(memcpy_dram)->Name("BM_Roofline_MemcpyDram")->Arg(100)->Arg(1024)->Arg(65536)->UseManualTime()->Iterations(1);
BENCHMARK(memcpy_l2)->Name("BM_Roofline_MemcpyL2")->Arg(100)->Arg(1024)->Arg(65536)->UseManualTime()->Iterations(1);
BENCHMARK(crc_roofline)->Name("BM_Roofline_Crc32c")->Arg(1 << 20)->Arg(256 << 20)->UseManualTime()->Iterations(1);
BENCHMARK(device_write)->Name("BM_Roofline_DeviceWrite4K")->UseManualTime()->Iterations(1);
BENCHMARK(device_flush)->Name("BM_Roofline_Flush")->UseManualTime()->Iterations(1);
BENCHMARK(fdatasync_written)->Name("BM_Roofline_Fdatasync4KWritten")->UseManualTime()->Iterations(1);
BENCHMARK(device_stream)->Name("BM_Roofline_DeviceStream")->UseManualTime()->Iterations(1);

BENCHMARK(paced)->Name("BM_Wal_Append/p999")->UseRealTime()->Iterations(4);
BENCHMARK(closed)->Name("BM_Wal_GroupCommit/closed")->Arg(1)->Arg(4)->Arg(16)->Arg(64)->Arg(256)->Arg(1024)
    ->UseManualTime()->MinTime(1);
BENCHMARK(pipelined)->Name("BM_Wal_GroupCommit/pipelined/100")->Arg(64)->Arg(1024)->Arg(16384)->UseRealTime();
BENCHMARK(stream)->Name("BM_Wal_GroupCommit/stream/64")->Arg(16384)->Arg(65536)->UseRealTime();
BENCHMARK(sync_bytes)->Name("BM_Wal_SyncBytes")->Arg(256)->Arg(4096)->Arg(65536)->UseRealTime()->MinTime(0.2);
BENCHMARK(roll)->Name("BM_Wal_Roll")->UseManualTime()->Iterations(8000);
