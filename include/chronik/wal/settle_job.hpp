// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/settle_run.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace chronik::wal {

/// Moves runs of several groups out of the journal. All are written before the first is synced: what is on its way to
/// the device by then, one commit of the file system covers, and the other syncs find it done. One sync makes all new
/// names durable.
///
/// run()     blocks; two syncs for each run, and one
/// threads   run() on any thread, once; then back to the journal's owner
template <directory Directory>
class settle_job {
public:
    using run_type = settle_run<Directory>;

    settle_job(Directory& where, std::vector<run_type> runs, timestamp_reader timestamp_of)
        : where_(&where), runs_(std::move(runs)), timestamp_of_(timestamp_of) {}
    /// What tells the owner of damage that was met before anything was moved.
    settle_job(Directory& where, run_type damaged) : where_(&where), timestamp_of_(no_timestamps) {
        runs_.push_back(std::move(damaged));
    }

    void run() {
        for (auto& each : runs_) each.write(*where_, timestamp_of_);
        for (auto& each : runs_) each.sync();
        // The names, before anything is promised about what they hold.
        bool const names_new = std::ranges::any_of(runs_, [](run_type const& each) { return each.begins_files(); });
        auto const named = names_new ? where_->sync() : result<void>{};
        for (auto& each : runs_) {
            each.open(*where_, named);
            each.give_up(*where_);
        }
    }

    /// Each of a group of its own.
    std::vector<run_type>& runs() { return runs_; }

private:
    Directory* where_;
    std::vector<run_type> runs_;
    timestamp_reader timestamp_of_;
};

}  // namespace chronik::wal
