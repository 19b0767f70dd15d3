// SPDX-License-Identifier: Apache-2.0
#include "../figures/bounds.hpp"
#include "ready_journal.hpp"

#include <chronik/base/random.hpp>
#include <chronik/posix/descriptor.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

/// What is there already: found again at the start, read, and looked up. Each beside what the machine can do.
namespace {

using namespace chronik;
using namespace chronik::bench;

constexpr std::size_t payload_bytes = 16 * 1024;
constexpr log_index entries{32 * 1024};

/// Half a gigabyte of one log.
void fill(ready_journal<>& journal) {
    auto const payload = payload_of(payload_bytes);
    while (journal.last[first_group.value] < entries) {
        if (journal.stage(payload)) continue;
        if (!journal.journal.flush() || !journal.journal.prepare()) std::abort();
    }
    if (!journal.journal.flush()) std::abort();
}

/// The same, and nobody has it open.
struct written_files {
    scratch place;
    std::vector<std::string> names;
    written_files() {
        ready_journal journal{place.where, without_syncs()};
        fill(journal);
        names = *place.where.list();
    }

    /// Nothing of them is in the page cache any more.
    void forget() {
        for (std::string const& name : names) {
            posix::descriptor const file{::open((place.path + "/" + name).c_str(), O_RDONLY | O_CLOEXEC)};
            bool const gone = file && ::fdatasync(file.number()) == 0 &&
                              ::posix_fadvise(file.number(), 0, 0, POSIX_FADV_DONTNEED) == 0;
            if (!gone) std::abort();
        }
    }
};

/// Bytes in a second of a start, from the first look at the directory to a journal that can be appended to.
template <class Before>
double recovered_per_second(benchmark::State& state, written_files& files, Before&& before) {
    std::vector<double> speeds;
    for (auto each : state) {
        (void)each;
        before();
        auto const begin = steady::now();
        auto found = journal_type::open(files.place.where, without_syncs(), 2);
        double const took = nanoseconds(steady::now() - begin);
        state.SetIterationTime(took / 1e9);
        if (!found) {
            state.SkipWithError("cannot recover");
            return 0;
        }
        speeds.push_back(static_cast<double>(found->metrics().segments_kept * found->limits().segment_bytes) / took *
                         1e9);
    }
    double const speed = quantile(speeds, 0.5);
    state.counters["GBps"] = speed / 1e9;
    return speed;
}

/// From the page cache, beside the checksums alone, on one thread and of what is in memory as these files are.
void recover_hot(benchmark::State& state) {
    written_files files;
    double const speed = recovered_per_second(state, files, [] {});
    if (speed <= 0) return;
    state.counters["of_cached_crc"] = speed / crc_cached_bytes_per_second();
    bounds{state}.at_least("of_crc", speed / crc_memory_bytes_per_second(), 0.5);
}

/// From the device, beside reading the same files from it around the page cache.
void recover_cold(benchmark::State& state) {
    written_files files;
    std::vector<double> reads;
    double const speed = recovered_per_second(state, files, [&] {
        files.forget();
        reads.push_back(direct_read_bytes_per_second(files.place.where, files.names, std::size_t{1} << 20));
    });
    double const device = quantile(reads, 0.5);
    state.counters["device_GBps"] = device / 1e9;
    if (speed > 0) bounds{state}.at_least("of_device", speed / device, 0.9);
}

/// Views into the mapped segments, in the order of the log.
void read(benchmark::State& state) {
    scratch place;
    ready_journal own{place.where, without_syncs()};
    fill(own);
    auto const& log = *own.journal.find(first_group);
    log_index at = log.first_index();
    double const begin = thread_nanoseconds();
    for (auto each : state) {
        (void)each;
        auto const found = log.read(at);
        benchmark::DoNotOptimize(found->payload.data());
        at = at == log.last_index() ? log.first_index() : at + 1;
    }
    double const took = thread_nanoseconds() - begin;
    bounds{state}.at_least("GBps", static_cast<double>(state.iterations()) * payload_bytes / took, 20);
}

/// From a record's offset to the entry that carries it.
void seek(benchmark::State& state) {
    scratch place;
    ready_journal own{place.where, without_syncs()};
    fill(own);
    auto const& log = *own.journal.find(first_group);
    chronik::random chance{1};
    std::uint64_t const records = log.next_offset().value;
    double const begin = thread_nanoseconds();
    for (auto each : state) {
        (void)each;
        benchmark::DoNotOptimize(log.index_of_offset(log_offset{chance.below(records)}));
    }
    double const took = thread_nanoseconds() - begin;
    bounds{state}.at_most("seek_ns", took / static_cast<double>(state.iterations()), 150);
}

}  // namespace

BENCHMARK(recover_hot)->Name("BM_Wal_Recover/hot")->UseManualTime()->Iterations(5);
BENCHMARK(recover_cold)->Name("BM_Wal_Recover/cold")->UseManualTime()->Iterations(5);
BENCHMARK(read)->Name("BM_Wal_Read/sequential")->Iterations(4'000'000);
BENCHMARK(seek)->Name("BM_Wal_Seek")->Iterations(4'000'000);
