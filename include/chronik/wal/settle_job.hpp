// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/settle_run.hpp>

#include <algorithm>
#include <concepts>
#include <span>
#include <utility>
#include <vector>

namespace chronik::wal {

/// A directory that syncs several of its files at once; says of each what its sync() would have said.
template <class D>
concept together_directory =
    directory<D> && requires(D& target, std::span<typename D::file_type* const> files) {
        { target.sync_all(files) } -> std::same_as<std::vector<result<void>>>;
    };

/// Moves runs of several groups out of the journal. All are written before the first is synced, and then synced
/// together where the directory can: so commits of the file system and flushes of the device are few, however many runs
/// there are. One sync makes all new names durable.
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
        sync_files();
        // Names of what has failed are not made durable.
        for (auto& each : runs_) each.tidy(*where_);
        bool const names_new =
            std::ranges::any_of(runs_, [](run_type& each) { return each.begins_files() && !each.files().empty(); });
        // The names, before anything is promised about what they hold.
        auto const named = names_new ? where_->sync() : result<void>{};
        for (auto& each : runs_) {
            each.open(*where_, named);
            each.tidy(*where_);
        }
    }

    /// Each of a group of its own.
    std::vector<run_type>& runs() { return runs_; }

private:
    void sync_files() {
        std::vector<typename Directory::file_type*> files;
        for (auto& each : runs_) {
            auto const of_run = each.files();
            files.insert(files.end(), of_run.begin(), of_run.end());
        }
        auto const said = sync_all(files);
        std::span<result<void> const> left = said;
        for (auto& each : runs_) {
            auto const count = each.files().size();
            each.synced(left.first(count));
            left = left.subspan(count);
        }
    }
    std::vector<result<void>> sync_all(std::span<typename Directory::file_type* const> files) {
        if constexpr (together_directory<Directory>) {
            return where_->sync_all(files);
        } else {
            std::vector<result<void>> said;
            for (auto* const each : files) said.push_back(each->sync());
            return said;
        }
    }

    Directory* where_;
    std::vector<run_type> runs_;
    timestamp_reader timestamp_of_;
};

}  // namespace chronik::wal
