// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cleaning/partition_cleaning.hpp>
#include <log/log.hpp>
#include <partitions/directory.hpp>

#include <chronik/node/concepts.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

namespace broker::cleaning {

/// memory_max             of the map of keys
/// bytes_per_second_max   read and written again; 0: as fast as it goes
struct cleaner_limits {
    std::size_t memory_max = std::size_t{64} << 20;
    std::uint64_t bytes_per_second_max = std::uint64_t{64} << 20;
};

/// Cleans the compacted partitions of this node, each replica by itself: one partition at a time, the dirtiest first,
/// in small steps on a thread of its own.
///
/// threads   the loop's
class cleaner {
public:
    struct parts {
        journal& storage;
        partitions::directory& partitions;
        /// Blocking work, and what to do on the loop when it is done.
        std::function<void(chronik::task, chronik::task)> run;
        /// The disk has failed: nothing more can be relied on.
        std::function<void(std::error_code)> failed;
    };
    struct counters {
        std::uint64_t partitions = 0;  ///< cleaned
        std::uint64_t bytes_read = 0;
        std::uint64_t bytes_freed = 0;
        std::uint64_t failures = 0;
    };

    cleaner(cleaner_limits limits, parts with, logger log)
        : limits_(limits), with_(std::move(with)), log_(std::move(log)) {}
    ~cleaner() { *alive_ = false; }
    cleaner(cleaner const&) = delete;
    cleaner& operator=(cleaner const&) = delete;

    /// Goes on as far as the throttle allows, and looks for something to clean. Call every few milliseconds.
    ///
    /// now_ms   since 1970
    void sweep(chronik::time_point now, std::int64_t now_ms);

    bool is_idle() const { return current_ == nullptr; }
    counters const& counted() const { return counted_; }

private:
    std::shared_ptr<partition_cleaning> choose(std::int64_t now_ms);
    void start_step(chronik::time_point now);
    void finish_step(partition_cleaning& of, chronik::result<bool> const& done);
    void fail(partition_cleaning& of, std::error_code error);
    void end();

    cleaner_limits limits_;
    parts with_;
    logger log_;
    std::shared_ptr<partition_cleaning> current_;
    bool stepping_ = false;
    chronik::time_point next_step_{};
    chronik::time_point next_look_{};
    std::unordered_map<chronik::group_id, chronik::time_point> not_before_;  ///< after a failure
    chronik::time_point now_{};
    counters counted_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// The runs of a partition that its limits allow to be cleaned, and how much of them is dirty.
struct candidate {
    std::vector<run_ptr> runs;
    std::uint64_t clean = 0;
    std::uint64_t dirty = 0;
    bool overdue = false;

    double ratio() const {
        return dirty == 0 ? 0 : static_cast<double>(dirty) / static_cast<double>(clean + dirty);
    }
    bool is_due(partitions::cleanup const& limits) const {
        return dirty > 0 && (overdue || ratio() >= limits.dirty_ratio_min);
    }
};

candidate candidate_of(std::vector<run_ptr> cleanable, partitions::cleanup const& limits, std::int64_t now_ms);

}  // namespace broker::cleaning
