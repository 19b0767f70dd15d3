// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../figures/lane.hpp"
#include "ready_journal.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>

namespace chronik::bench {

/// A journal as a broker's is under a load that goes on: a quarter beyond its limit, every file of it written before,
/// and for each byte that comes in another one moves out beside it, on the preparer's thread.
class settling_journal {
public:
    /// payload   of every entry, so that what moves out is like what comes in
    settling_journal(posix::directory& where, std::uint64_t groups, shared_bytes const& payload)
        : own_{where, limits(), groups}, payload_(payload) {
        if (!fill()) std::abort();
    }

    /// One entry of each group. seen(n): n more of them are durable, which are all at once unless the buffer is full.
    template <class Seen>
    bool commit_round(Seen const& seen) {
        std::size_t staged = 0;
        auto const commit = [&] {
            if (!flush()) return false;
            seen(std::exchange(staged, 0));
            return tend();
        };
        for (std::uint64_t group = 1; group < own_.last.size(); ++group) {
            int tries = 0;
            for (auto done = own_.stage(payload_, {group}); !done; done = own_.stage(payload_, {group})) {
                bool const no_spare = done.error() == errc::out_of_space;
                if ((!no_spare && done.error() != errc::busy) || ++tries > tries_max) return false;
                if (!commit() || (no_spare && !wait())) return false;
            }
            ++staged;
            came_in_ += payload_.size();
        }
        return commit();
    }

    /// As much has moved out as has come in, and nothing is under way.
    bool catch_up() {
        for (int tries = 0; owes(); ++tries) {
            auto const before = moved_out();
            if (!tend() || !wait() || !flush()) return false;
            if (moved_out() != before) tries = 0;
            if (tries > tries_max) return false;
        }
        return wait() && flush();
    }

    /// Of payloads, since it was made.
    double moved_of_came_in() const { return static_cast<double>(moved_out()) / static_cast<double>(came_in_); }

private:
    static constexpr int tries_max = 100;
    static constexpr std::size_t kept_at_first = 20;
    static constexpr std::size_t files = 36;

    /// The broker's, with files of half the size, and no others than those that are there at first: none is zeroed
    /// while it is measured. The first round of settling frees none before it has gone through all groups.
    static wal::options limits() {
        wal::options half;
        half.segment_bytes /= 2;
        half.settle_run_bytes /= 2;
        half.unsettled_segments_max = 16;
        half.segments_max = files;
        half.spare_segments = files - 2;
        half.idle_segments_max = files;
        return half;
    }

    bool fill() {
        for (std::uint64_t group = 1; own_.journal.metrics().segments_kept < kept_at_first;) {
            auto const done = own_.stage(payload_, {group});
            if (!done && (done.error() != errc::busy || !flush())) return false;
            if (done) group = group + 1 < own_.last.size() ? group + 1 : 1;
        }
        if (!flush() || !own_.journal.prepare()) return false;
        tell_committed();
        return true;
    }

    /// Once: journal.flush() goes on as long as there is anything, and a node does that in its next turn.
    bool flush() {
        auto job = own_.journal.begin_flush();
        if (!job) return !own_.journal.has_failed();
        job->run();
        return own_.journal.finish_flush(std::move(*job)).has_value();
    }

    bool tend() {
        tell_committed();
        if (preparer_.finished() && !wait()) return false;
        if (preparer_.busy() || (!owes() && own_.journal.metrics().segments_spare > 0)) return true;
        if (auto job = own_.journal.begin_prepare()) preparer_.start(std::move(*job));
        return true;
    }
    bool wait() { return !preparer_.busy() || own_.journal.finish_prepare(preparer_.take()).has_value(); }

    void tell_committed() {
        for (std::uint64_t group = 1; group < own_.last.size(); ++group)
            own_.journal.committed({group}, own_.last[group]);
    }

    std::uint64_t moved_out() const { return own_.journal.metrics().settled_bytes; }
    bool owes() const { return moved_out() < came_in_; }

    ready_journal<> own_;
    shared_bytes payload_;
    lane<journal_type::prepare_job> preparer_;
    std::uint64_t came_in_ = 0;
};

}  // namespace chronik::bench
