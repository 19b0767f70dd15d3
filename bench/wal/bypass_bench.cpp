// SPDX-License-Identifier: Apache-2.0
#include "../figures/device.hpp"
#include "partition_files.hpp"
#include "settling_journal.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// Batches through the journal, which writes each of them twice, against batches that are written once, straight into
/// the segments of their partitions. In each round every group commits one batch, and the next round begins when all
/// are durable. By turns, a stretch of rounds each, so that all ways see the same machine. The journal's stretch ends
/// when as much has been settled as was committed; journal_alone_MBps is how fast it commits, without that wait.
/// See docs/decisions/0030-batches-through-the-journal.md.
namespace {

using namespace chronik;
using namespace chronik::bench;

constexpr std::size_t stretch_bytes = std::size_t{128} << 20;
constexpr std::size_t rounds_max = 1000;

/// Of one way: nanoseconds from the begin of a round until a batch was durable, for each batch; and in all.
struct way {
    device_of const& device;
    std::vector<double> commits{};
    double rounds_ns = 0;
    double all_ns = 0;
    double written = 0;  ///< bytes, by whoever uses the device

    /// round(seen) commits one; after() is what belongs to the stretch besides, and is no commit.
    template <class Round, class After>
    bool stretch(std::size_t rounds, Round const& round, After const& after) {
        auto const written_before = device.written_bytes().value_or(0);
        auto const begin = steady::now();
        for (std::size_t nth = 0; nth < rounds; ++nth) {
            auto const start = steady::now();
            auto const seen = [&](std::size_t batches) {
                commits.insert(commits.end(), batches, nanoseconds(steady::now() - start));
            };
            if (!round(seen)) return false;
        }
        rounds_ns += nanoseconds(steady::now() - begin);
        bool const done = after();
        all_ns += nanoseconds(steady::now() - begin);
        written += static_cast<double>(device.written_bytes().value_or(0) - written_before);
        return done;
    }
    template <class Round>
    bool stretch(std::size_t rounds, Round const& round) {
        return stretch(rounds, round, [] { return true; });
    }

    double p50_us() { return quantile(commits, 0.5) / 1000; }
    double p99_us() { return quantile(commits, 0.99) / 1000; }
};

/// The figures that every way has. returns   its speed, in bytes for a nanosecond
double tell(benchmark::State& state, std::string const& name, way& seen, double bytes) {
    double const speed = bytes / seen.all_ns;
    state.counters[name + "_p50_us"] = seen.p50_us();
    state.counters[name + "_p99_us"] = seen.p99_us();
    state.counters[name + "_MBps"] = speed * 1000;
    state.counters[name + "_written"] = seen.written / bytes;
    return speed;
}

/// Above 1, the speed is higher than the journal's, and the commits take longer.
void tell_beside(benchmark::State& state, std::string const& name, way& seen, way& journal) {
    state.counters[name + "_speed_times"] = journal.all_ns / seen.all_ns;
    state.counters[name + "_p50_times"] = seen.p50_us() / journal.p50_us();
    state.counters[name + "_p99_times"] = seen.p99_us() / journal.p99_us();
}

void bypass(benchmark::State& state) {
    auto const groups = static_cast<std::uint64_t>(state.range(0));
    auto const batch_bytes = static_cast<std::size_t>(state.range(1)) << 10;
    auto const batch = payload_of(batch_bytes);
    std::size_t const round_bytes = groups * batch_bytes;
    std::size_t const rounds = std::clamp<std::size_t>(stretch_bytes / round_bytes, 1, rounds_max);
    std::size_t const file_bytes = static_cast<std::size_t>(state.max_iterations) * rounds * batch_bytes;
    scratch place;
    auto journal_where = *posix::directory::open_exclusive(place.path + "/journal");
    settling_journal through{journal_where, groups, batch};
    partition_files reused_files{place.path + "/reused", blocks::reused, groups, file_bytes};
    partition_files fresh_files{place.path + "/fresh", blocks::fresh, groups, file_bytes};
    written_file bare_file{place.where};
    std::vector<std::byte> const piece(std::min(round_bytes, wal::options{}.staged_bytes_max), std::byte{7});

    device_of const device{place.path};
    way journal{device};
    way reused{device};
    way fresh{device};
    way bare{device};
    auto const straight = [&](partition_files& files, way& into) {
        auto const round = [&](auto const& seen) { return files.commit_round(batch, seen); };
        return into.stretch(rounds, round) && files.forget_pointers();
    };
    for (auto each : state) {
        (void)each;
        bool const done =
            journal.stretch(
                rounds, [&](auto const& seen) { return through.commit_round(seen); },
                [&] { return through.catch_up(); }) &&
            straight(reused_files, reused) && straight(fresh_files, fresh) &&
            bare.stretch(rounds * round_bytes / piece.size(), [&](auto const& seen) {
                bare_file.write_and_sync_ns(piece);
                seen(1);
                return true;
            });
        if (!done) return state.SkipWithError("storage failed");
    }
    if (!device.written_bytes()) state.SetLabel("no block device counts under TMPDIR");
    auto const bytes = static_cast<double>(static_cast<std::size_t>(state.iterations()) * rounds * round_bytes);
    double const roof = tell(state, "bare", bare, bytes);
    state.counters["journal_of_bare"] = tell(state, "journal", journal, bytes) / roof;
    state.counters["reused_of_bare"] = tell(state, "reused", reused, bytes) / roof;
    state.counters["fresh_of_bare"] = tell(state, "fresh", fresh, bytes) / roof;
    state.counters["journal_alone_MBps"] = bytes / journal.rounds_ns * 1000;
    state.counters["journal_moved"] = through.moved_of_came_in();
    tell_beside(state, "reused", reused, journal);
    tell_beside(state, "fresh", fresh, journal);
}

}  // namespace

BENCHMARK(bypass)
    ->Name("BM_Wal_Bypass")
    ->ArgNames({"groups", "KiB"})
    ->ArgsProduct({{1, 4, 16, 64, 256}, {16, 64, 256, 1024}})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(4);
