// SPDX-License-Identifier: Apache-2.0
#include "rooflines.hpp"

#include <deque>
#include <optional>
#include <thread>

/// Every figure comes with what it is divided by, measured in the same run: BM_Roofline_* are those alone.
namespace {

using namespace chronik;
using namespace chronik::bench;
using journal_type = wal::journal<posix::directory>;

constexpr group_id first_group{1};

/// A journal with `groups` empty logs and its spare segments ready.
struct ready_journal {
    scratch place;
    journal_type journal;
    std::vector<log_index> last;

    explicit ready_journal(wal::options limits = {}, std::uint64_t groups = 1)
        : journal(*journal_type::open(place.where, limits, 1)), last(groups + 1) {
        for (std::uint64_t group = 1; group <= groups; ++group) journal.create_group({group});
        if (!journal.flush() || !journal.prepare()) std::abort();
    }

    result<void> stage(shared_bytes const& payload, group_id group = first_group) {
        log_index const index = last[group.value] + 1;
        entry const one{.term = {1},
                        .index = index,
                        .kind = entry_kind::command,
                        .base_offset = {index.value - 1},
                        .record_count = 1,
                        .payload = payload};
        auto const staged = journal.stage(group, std::optional<wal::hard_state>{}, std::span{&one, 1});
        if (staged) last[group.value] = index;
        return staged;
    }
    /// Everything is durable and forgotten, and there are spares again: segments are recycled from here on.
    bool start_over() {
        for (std::uint64_t group = 1; group < last.size(); ++group) {
            if (last[group] > log_index{} && !journal.compact({group}, last[group] + 1)) return false;
        }
        return journal.flush() && journal.flush() && journal.prepare();
    }
};

shared_bytes payload_of(std::size_t size) { return shared_bytes{std::vector<std::byte>(size, std::byte{7})}; }

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
    double const size = 1 << 20;
    roofline(state, size / rooflines_of_disk().crc_bytes_per_second * 1e9, size);
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

/// Into the staging buffer, with header and checksum; full buffers go to the page cache within the time.
void append(benchmark::State& state) {
    auto const payload = payload_of(static_cast<std::size_t>(state.range(0)));
    wal::options limits;
    limits.sync = false;
    limits.staged_bytes_max = std::size_t{4} << 20;
    ready_journal own{limits};
    double const floor = memcpy_dram_ns(payload.size());
    steady::duration took{};
    auto begin = steady::now();
    std::size_t staged = 0;
    for (auto each : state) {
        (void)each;
        while (!own.stage(payload)) {
            auto job = own.journal.begin_flush();
            if (job) {
                job->run();
                if (!own.journal.finish_flush(std::move(*job))) return state.SkipWithError("storage failed");
                continue;
            }
            // Out of segments: making room is the preparer's work, on another thread of a real node.
            took += steady::now() - begin;
            state.PauseTiming();
            if (!own.start_over()) return state.SkipWithError("storage failed");
            state.ResumeTiming();
            begin = steady::now();
        }
        ++staged;
    }
    took += steady::now() - begin;
    double const cost = nanoseconds(took) / static_cast<double>(staged);
    state.SetBytesProcessed(static_cast<std::int64_t>(staged * payload.size()));
    state.counters["ns"] = cost;
    state.counters["memcpy_ns"] = floor;
    state.counters["times_memcpy"] = cost / floor;
}

// ---- group commit ----

/// `groups` logs commit one entry each with one sync, then the next round; by turns with the bare sync, so that both
/// see the same machine.
void closed(benchmark::State& state) {
    auto const groups = static_cast<std::uint64_t>(state.range(0));
    ready_journal own{{}, groups};
    auto const payload = payload_of(100);
    written_file floor{own.place.where};
    std::vector<std::byte> const block(4096, std::byte{1});
    std::vector<double> took;
    std::vector<double> bare;
    auto const syncs = own.journal.metrics().syncs;
    for (auto each : state) {
        (void)each;
        auto const begin = steady::now();
        for (std::uint64_t group = 1; group <= groups; ++group) {
            if (!own.stage(payload, {group})) return state.SkipWithError("stage refused");
        }
        if (!own.journal.flush()) return state.SkipWithError("storage failed");
        took.push_back(nanoseconds(steady::now() - begin));
        state.SetIterationTime(took.back() / 1e9);
        if (!own.journal.prepare()) return state.SkipWithError("storage failed");
        bare.push_back(floor.write_and_sync_ns(block));
    }
    state.counters["syncs_per_round"] = static_cast<double>(own.journal.metrics().syncs - syncs) /
                                        static_cast<double>(state.iterations());
    double const commit = quantile(took, 0.5);
    double const sync = quantile(bare, 0.5);
    state.counters["p50_us"] = commit / 1000;
    state.counters["p99_us"] = quantile(took, 0.99) / 1000;
    state.counters["bare_us"] = sync / 1000;
    state.counters["times_bare"] = commit / sync;
    state.counters["records_s"] = static_cast<double>(groups) / commit * 1e9;
}

/// Keeps `window` entries under way: a flush runs on its thread while the next gathers, as in a node.
void windowed(benchmark::State& state, std::size_t size, std::size_t window) {
    wal::options limits;
    limits.spare_segments = 4;
    ready_journal own{limits};
    auto const payload = payload_of(size);
    std::deque<steady::time_point> waiting;
    std::vector<double> took;
    std::uint64_t done = 0;
    auto const begin = steady::now();
    for (auto each : state) {
        (void)each;
        while (waiting.size() < window) {
            auto const staged = own.stage(payload);
            if (!staged) break;
            waiting.push_back(steady::now());
        }
        auto job = own.journal.begin_flush();
        if (!job) {
            if (!own.start_over()) return state.SkipWithError("storage failed");
            continue;
        }
        std::size_t const covered = waiting.size();
        std::jthread writer{[&] { job->run(); }};
        // What arrives meanwhile; the next flush takes it.
        std::size_t added = 0;
        while (added < covered && own.stage(payload)) {
            waiting.push_back(steady::now());
            ++added;
        }
        writer.join();
        if (!own.journal.finish_flush(std::move(*job))) return state.SkipWithError("storage failed");
        auto const now = steady::now();
        for (std::size_t nth = 0; nth < covered; ++nth) {
            if (took.size() < 1'000'000) took.push_back(nanoseconds(now - waiting.front()));
            waiting.pop_front();
        }
        done += covered;
    }
    double const seconds = nanoseconds(steady::now() - begin) / 1e9;
    double const bytes = static_cast<double>(done * size) / seconds;
    state.counters["records_s"] = static_cast<double>(done) / seconds;
    state.counters["GBps"] = bytes / 1e9;
    state.counters["p50_us"] = quantile(took, 0.5) / 1000;
    state.counters["p99_us"] = quantile(took, 0.99) / 1000;
    state.counters["of_stream"] = bytes / rooflines_of_disk().stream_bytes_per_second;
    state.counters["p99_times_sync"] = quantile(took, 0.99) / rooflines_of_disk().fdatasync_4k_ns;
}
void pipelined(benchmark::State& state) { windowed(state, 100, static_cast<std::size_t>(state.range(0))); }
void stream(benchmark::State& state) { windowed(state, static_cast<std::size_t>(state.range(0)), 64); }

/// What the journal writes for each synced append, against the payload rounded up to a block.
void sync_bytes(benchmark::State& state) {
    auto const payload = payload_of(static_cast<std::size_t>(state.range(0)));
    ready_journal own;
    std::uint64_t written = 0;
    for (auto each : state) {
        (void)each;
        auto const before = own.journal.metrics().bytes_written;
        if (!own.stage(payload) || !own.journal.flush()) return state.SkipWithError("storage failed");
        written += own.journal.metrics().bytes_written - before;
        if (!own.journal.prepare()) return state.SkipWithError("storage failed");
    }
    double const each_time = static_cast<double>(written) / static_cast<double>(state.iterations());
    double const rounded = static_cast<double>((wal::record_bytes(payload.size()) + 4095) / 4096 * 4096);
    state.counters["bytes"] = each_time;
    state.counters["times_appended"] = each_time / rounded;
}

/// The append that fills a segment and goes on in the next one, against the others.
void roll(benchmark::State& state) {
    wal::options limits;
    limits.segment_bytes = std::size_t{4} << 20;
    limits.groups_max = 1024;
    limits.segments_max = 256;
    limits.sync = false;
    ready_journal own{limits};
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
    state.counters["p99_us"] = quantile(rolls, 0.99) / 1000;
}

// ---- what is there ----

/// A journal of half a gigabyte on the disk, for recovery and reading.
struct written_journal : ready_journal {
    static constexpr std::size_t payload_bytes = 16 * 1024;
    static wal::options no_sync() {
        wal::options limits;
        limits.sync = false;
        return limits;
    }
    written_journal() : ready_journal(no_sync()) {
        auto const payload = payload_of(payload_bytes);
        while (last[1] < log_index{32 * 1024}) {
            if (stage(payload)) continue;
            if (!journal.flush() || !journal.prepare()) std::abort();
        }
        if (!journal.flush()) std::abort();
    }
};

/// From the page cache.
void recover(benchmark::State& state) {
    std::optional<written_journal> own{std::in_place};
    double bytes = 0;
    std::vector<double> took;
    for (auto each : state) {
        (void)each;
        auto where = *posix::directory::open_shared(own->place.path);
        auto const begin = steady::now();
        auto found = journal_type::open(where, written_journal::no_sync(), 2);
        took.push_back(nanoseconds(steady::now() - begin));
        state.SetIterationTime(took.back() / 1e9);
        if (!found) return state.SkipWithError("cannot recover");
        bytes = static_cast<double>(found->metrics().segments_kept * found->limits().segment_bytes);
    }
    double const speed = bytes / quantile(took, 0.5) * 1e9;
    state.counters["GBps"] = speed / 1e9;
    state.counters["of_crc"] = speed / rooflines_of_disk().crc_bytes_per_second;
}

void read(benchmark::State& state) {
    static written_journal own;
    auto const& log = *own.journal.find(first_group);
    log_index at = log.first_index();
    for (auto each : state) {
        (void)each;
        auto const found = log.read(at);
        benchmark::DoNotOptimize(found->payload.data());
        at = at == log.last_index() ? log.first_index() : at + 1;
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(written_journal::payload_bytes));
}

void seek(benchmark::State& state) {
    static written_journal own;
    auto const& log = *own.journal.find(first_group);
    chronik::random chance{1};
    std::uint64_t const records = log.next_offset().value;
    for (auto each : state) {
        (void)each;
        benchmark::DoNotOptimize(log.index_of_offset(log_offset{chance.below(records)}));
    }
}

}  // namespace

BENCHMARK(memcpy_dram)->Name("BM_Roofline_MemcpyDram")->Arg(100)->Arg(1024)->Arg(65536)->UseManualTime()->Iterations(1);
BENCHMARK(memcpy_l2)->Name("BM_Roofline_MemcpyL2")->Arg(100)->Arg(1024)->Arg(65536)->UseManualTime()->Iterations(1);
BENCHMARK(crc_roofline)->Name("BM_Roofline_Crc32c")->UseManualTime()->Iterations(1);
BENCHMARK(device_write)->Name("BM_Roofline_DeviceWrite4K")->UseManualTime()->Iterations(1);
BENCHMARK(device_flush)->Name("BM_Roofline_Flush")->UseManualTime()->Iterations(1);
BENCHMARK(fdatasync_written)->Name("BM_Roofline_Fdatasync4KWritten")->UseManualTime()->Iterations(1);
BENCHMARK(device_stream)->Name("BM_Roofline_DeviceStream")->UseManualTime()->Iterations(1);

BENCHMARK(append)->Name("BM_Wal_Append/no_sync/staged")->Arg(100)->Arg(1024)->Arg(16384)->Arg(65536);
BENCHMARK(closed)->Name("BM_Wal_GroupCommit/closed")->Arg(1)->Arg(4)->Arg(16)->Arg(64)->Arg(256)->Arg(1024)
    ->UseManualTime()->MinTime(1);
BENCHMARK(pipelined)->Name("BM_Wal_GroupCommit/pipelined/100")->Arg(64)->Arg(1024)->Arg(16384)->UseRealTime();
BENCHMARK(stream)->Name("BM_Wal_GroupCommit/stream/64")->Arg(16384)->Arg(65536)->UseRealTime();
BENCHMARK(sync_bytes)->Name("BM_Wal_SyncBytes")->Arg(256)->Arg(4096)->Arg(65536)->UseRealTime()->MinTime(0.2);
BENCHMARK(roll)->Name("BM_Wal_Roll")->UseManualTime()->Iterations(8000);
BENCHMARK(recover)->Name("BM_Wal_Recover/hot")->UseManualTime()->Iterations(5);
BENCHMARK(read)->Name("BM_Wal_Read/sequential");
BENCHMARK(seek)->Name("BM_Wal_Seek");
