// SPDX-License-Identifier: Apache-2.0
#include "ready_journal.hpp"

#include <chronik/base/assert.hpp>
#include <chronik/posix/io_thread.hpp>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// All logs in one journal, with one sync for all of them, against a journal for each log. Both are the library's own;
/// in each round every log commits one entry of 1 KiB. By turns, so that all ways see the same machine.
namespace {

using namespace chronik;
using namespace chronik::bench;

constexpr std::size_t payload_bytes = 1024;
constexpr std::size_t threads_max = 16;

/// Nanoseconds from the start of a round until a log's entry was durable, for each log of each round; and the rounds.
struct layout {
    std::vector<double> commits;
    std::vector<double> rounds;

    void end_round(steady::time_point begin) { rounds.push_back(nanoseconds(steady::now() - begin)); }
    void committed(steady::time_point begin, std::size_t logs = 1) {
        commits.insert(commits.end(), logs, nanoseconds(steady::now() - begin));
    }
    /// Also the mean of a round, which is what throughput comes from.
    double tell(benchmark::State& state, std::string const& name) {
        double sum = 0;
        for (double const each : rounds) sum += each;
        state.counters[name + "_p50_us"] = quantile(commits, 0.5) / 1000;
        state.counters[name + "_p99_us"] = quantile(commits, 0.99) / 1000;
        state.counters[name + "_records_s"] = static_cast<double>(commits.size()) / sum * 1e9;
        return sum / static_cast<double>(rounds.size());
    }
};

/// Small, because there are up to a thousand of them on one disk.
wal::options one_log() {
    wal::options limits;
    limits.segment_bytes = std::size_t{256} << 10;
    limits.staged_bytes_max = std::size_t{64} << 10;
    limits.spare_segments = 1;
    limits.segments_max = 16;
    limits.groups_max = 1;
    return limits;
}

struct own_files {
    posix::directory where;
    ready_journal<> journal{where, one_log()};
    explicit own_files(std::string const& path) : where(*posix::directory::open_exclusive(path)) {}
};

/// What fills old segments is forgotten now and then, and there are spares again; not within the time.
bool look_after(ready_journal<>& own) {
    bool const full = own.journal.metrics().segments_kept > 3;
    return full ? own.start_over() : own.journal.prepare().has_value();
}

bool commit_together(ready_journal<>& shared, std::size_t logs, shared_bytes const& payload, layout& seen) {
    auto const begin = steady::now();
    for (std::uint64_t log = 1; log <= logs; ++log) {
        if (!shared.stage(payload, {log})) return false;
    }
    if (!shared.journal.flush()) return false;
    seen.committed(begin, logs);
    seen.end_round(begin);
    return look_after(shared);
}

using files = std::vector<std::unique_ptr<own_files>>;

bool look_after(files& all) {
    return std::ranges::all_of(all, [](auto const& each) { return look_after(each->journal); });
}

bool commit_in_turn(files& all, shared_bytes const& payload, layout& seen) {
    auto const begin = steady::now();
    for (auto const& each : all) {
        if (!each->journal.stage(payload) || !each->journal.journal.flush()) return false;
        seen.committed(begin);
    }
    seen.end_round(begin);
    return look_after(all);
}

/// Syncs on up to sixteen threads; each is told to the loop, as in a node.
class sync_threads {
public:
    explicit sync_threads(std::size_t logs) {
        for (std::size_t nth = 0; nth < std::min(logs, threads_max); ++nth) {
            threads_.push_back(std::make_unique<posix::io_thread>(
                [this](posix::io_thread::task done) { asio::post(loop_, std::move(done)); }, logs));
        }
    }

    bool commit(files& all, shared_bytes const& payload, layout& seen) {
        auto const begin = steady::now();
        std::size_t left = all.size();
        bool good = true;
        for (std::size_t nth = 0; nth < all.size(); ++nth) {
            auto& own = all[nth]->journal;
            if (!own.stage(payload)) return false;
            auto job = std::make_shared<journal_type::flush_job>(*own.journal.begin_flush());
            auto finished = [&own, &left, &good, &seen, begin, job] {
                good = own.journal.finish_flush(std::move(*job)) && good;
                seen.committed(begin);
                --left;
            };
            auto const accepted = threads_[nth % threads_.size()]->submit([job] { job->run(); }, std::move(finished));
            CHRONIK_ASSERT(accepted.has_value());
        }
        while (left > 0) loop_.run_one();
        seen.end_round(begin);
        return good && look_after(all);
    }

private:
    asio::io_context loop_;
    asio::executor_work_guard<asio::io_context::executor_type> open_ = asio::make_work_guard(loop_);
    std::vector<std::unique_ptr<posix::io_thread>> threads_;
};

void round_of_all(benchmark::State& state) {
    auto const logs = static_cast<std::size_t>(state.range(0));
    scratch place;
    auto shared_where = *posix::directory::open_exclusive(place.path + "/shared");
    ready_journal shared{shared_where, {}, logs};
    files all;
    for (std::size_t nth = 0; nth < logs; ++nth)
        all.push_back(std::make_unique<own_files>(place.path + "/" + std::to_string(nth)));
    sync_threads threads{logs};
    auto const payload = payload_of(payload_bytes);

    layout together;
    layout in_turn;
    layout threaded;
    for (auto each : state) {
        (void)each;
        bool const done = commit_together(shared, logs, payload, together) && commit_in_turn(all, payload, in_turn) &&
                          threads.commit(all, payload, threaded);
        if (!done) return state.SkipWithError("storage failed");
        state.SetIterationTime(together.rounds.back() / 1e9);
    }
    double const round = together.tell(state, "shared");
    state.counters["files_times_shared"] = in_turn.tell(state, "files") / round;
    state.counters["threads_times_shared"] = threaded.tell(state, "threads") / round;
}

}  // namespace

BENCHMARK(round_of_all)->Name("BM_Wal_Layout")->Arg(1)->UseManualTime()->Iterations(300);
BENCHMARK(round_of_all)->Name("BM_Wal_Layout")->Arg(8)->UseManualTime()->Iterations(150);
BENCHMARK(round_of_all)->Name("BM_Wal_Layout")->Arg(64)->UseManualTime()->Iterations(50);
BENCHMARK(round_of_all)->Name("BM_Wal_Layout")->Arg(256)->UseManualTime()->Iterations(20);
BENCHMARK(round_of_all)->Name("BM_Wal_Layout")->Arg(1024)->UseManualTime()->Iterations(8);
