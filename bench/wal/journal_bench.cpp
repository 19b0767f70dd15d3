// SPDX-License-Identifier: Apache-2.0
#include <chronik/posix/directory.hpp>
#include <chronik/wal/journal.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace {

using namespace chronik;
using journal_type = wal::journal<posix::directory>;
using steady = std::chrono::steady_clock;

/// A directory on the disk that TMPDIR names, gone afterwards.
struct scratch {
    std::string path = make();
    posix::directory where = *posix::directory::open_exclusive(path);
    ~scratch() { std::filesystem::remove_all(path); }

    static std::string make() {
        auto made = (std::filesystem::temp_directory_path() / "chronik-bench-XXXXXX").string();
        if (::mkdtemp(made.data()) == nullptr) std::abort();
        return made;
    }
};

double nanoseconds(steady::duration took) { return std::chrono::duration<double, std::nano>(took).count(); }

/// Copying the same bytes to memory that is not in the cache: what an append cannot be faster than.
double memcpy_nanoseconds(std::size_t size) {
    std::vector<std::byte> target(std::size_t{64} << 20);
    std::vector<std::byte> const source(size, std::byte{7});
    std::memset(target.data(), 1, target.size());
    std::size_t const stride = wal::record_bytes(size);
    double best = 1e9;
    for (int pass = 0; pass < 3; ++pass) {
        std::size_t copies = 0;
        auto const begin = steady::now();
        for (std::size_t at = 0; at + stride <= target.size(); at += stride, ++copies) {
            std::memcpy(target.data() + at, source.data(), size);
            benchmark::ClobberMemory();
        }
        best = std::min(best, nanoseconds(steady::now() - begin) / static_cast<double>(copies));
    }
    return best;
}

/// Stages entries and hands full buffers to the disk outside of the measured time.
void append_staged(benchmark::State& state) {
    auto const size = static_cast<std::size_t>(state.range(0));
    scratch place;
    auto journal = *journal_type::open(place.where, wal::options{}, 1);
    journal.create_group({1});
    (void)journal.prepare();
    auto const payload = shared_bytes{std::vector<std::byte>(size, std::byte{7})};
    entry one{.term = {1},
              .index = {1},
              .kind = entry_kind::command,
              .base_offset = {},
              .record_count = 1,
              .payload = payload};
    double const floor = memcpy_nanoseconds(size);

    steady::duration staging{};
    auto begin = steady::now();
    for (auto each : state) {
        (void)each;
        while (!journal.stage(group_id{1}, std::optional<wal::hard_state>{}, std::span{&one, 1})) {
            staging += steady::now() - begin;
            state.PauseTiming();
            if (!journal.flush() || !journal.compact({1}, one.index) || !journal.flush() || !journal.prepare())
                return state.SkipWithError("storage failed");
            state.ResumeTiming();
            begin = steady::now();
        }
        ++one.index;
        one.base_offset = one.base_offset + 1;
    }
    staging += steady::now() - begin;

    double const cost = nanoseconds(staging) / static_cast<double>(state.iterations());
    state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
    state.counters["memcpy_ns"] = floor;
    state.counters["times_memcpy"] = cost / floor;
}

/// 4 KiB written and synced into a file whose blocks have been written before: what a commit cannot be faster than.
class bare_sync {
public:
    explicit bare_sync(posix::directory& where) : file_(*where.create("bare")) {
        bool const made = file_.allocate(blocks * block_.size()) &&
                          wal::detail::fill_with_zeros(file_, 0, blocks * block_.size()) && file_.sync();
        if (!made) std::abort();
    }

    double nanoseconds_of_one() {
        auto const begin = steady::now();
        if (!file_.write_at(next_++ % blocks * block_.size(), block_) || !file_.sync()) std::abort();
        return nanoseconds(steady::now() - begin);
    }

private:
    static constexpr std::size_t blocks = 4096;
    std::vector<std::byte> block_ = std::vector<std::byte>(4096, std::byte{1});
    posix::file file_;
    std::size_t next_ = 0;
};

double median(std::vector<double>& of) {
    auto const middle = of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2);
    std::ranges::nth_element(of, middle);
    return *middle;
}

/// One round, one commit, the next: closed loop, by turns with the bare sync, so that both see the same machine.
/// Medians.
void group_commit_closed(benchmark::State& state) {
    auto const groups = static_cast<std::uint64_t>(state.range(0));
    scratch place;
    auto journal = *journal_type::open(place.where, wal::options{}, 1);
    for (std::uint64_t group = 1; group <= groups; ++group) journal.create_group({group});
    (void)journal.flush();
    (void)journal.prepare();
    auto const payload = shared_bytes{std::vector<std::byte>(100, std::byte{7})};
    std::vector<double> took;
    bare_sync floor{place.where};
    std::vector<double> bare_took;

    std::uint64_t index = 0;
    for (auto each : state) {
        (void)each;
        auto const begin = steady::now();
        ++index;
        for (std::uint64_t group = 1; group <= groups; ++group) {
            entry const one{.term = {1},
                            .index = {index},
                            .kind = entry_kind::command,
                            .base_offset = {index - 1},
                            .record_count = 1,
                            .payload = payload};
            if (!journal.stage(group_id{group}, std::optional<wal::hard_state>{}, std::span{&one, 1}))
                return state.SkipWithError("stage refused");
        }
        if (!journal.flush()) return state.SkipWithError("storage failed");
        took.push_back(nanoseconds(steady::now() - begin));
        state.PauseTiming();
        (void)journal.prepare();
        bare_took.push_back(floor.nanoseconds_of_one());
        state.ResumeTiming();
    }

    double const bare = median(bare_took);
    double const commit = median(took);
    state.counters["commit_us"] = commit / 1000;
    state.counters["bare_sync_us"] = bare / 1000;
    state.counters["times_bare_sync"] = commit / bare;
    state.counters["syncs_per_round"] =
        static_cast<double>(journal.metrics().syncs - 1) / static_cast<double>(state.iterations());
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}

}  // namespace

BENCHMARK(append_staged)->Arg(100)->Arg(1024)->Arg(16384)->Arg(65536);
BENCHMARK(group_commit_closed)->Arg(1)->Arg(16)->Arg(300)->UseRealTime()->MinTime(1);
