// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <environment.hpp>
#include <log/log.hpp>
#include <partitions/directory.hpp>
#include <partitions/saved_state.hpp>

#include <chronik/base/error.hpp>
#include <chronik/base/time.hpp>
#include <chronik/node/concepts.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace broker::partitions {

/// Writes down every few seconds what the partitions have built up, for the next start. One file, always whole: written
/// beside the old one, synced, and renamed.
///
/// A file that cannot be written is said in the log and tried again: a start without it is slow and nothing else.
/// threads   the loop's; the file is written on the thread behind `run`
class state_keeper {
public:
    static constexpr char const* file_name = "partition-states";

    using task = chronik::task;
    /// Opens the folder that the file is in, anew for each use; called on either thread.
    using opener = std::function<chronik::result<environment::directory>()>;

    /// data_dir   for the log: what `where` opens
    state_keeper(std::string data_dir, opener where, directory& partitions, std::function<void(task, task)> run,
                 logger log)
        : data_dir_(std::move(data_dir)), where_(std::move(where)), partitions_(&partitions), run_(std::move(run)),
          log_(std::move(log)) {}
    ~state_keeper() { *alive_ = false; }
    state_keeper(state_keeper const&) = delete;
    state_keeper& operator=(state_keeper const&) = delete;

    /// What the last life has left; empty without a file, or with one that cannot be read, which is said in the log.
    saved_states load() const;

    /// Writes if enough time has gone by and something has changed.
    void sweep(chronik::time_point now);
    /// Here and now, on this thread: the loop is over.
    void write_last();

private:
    struct kept {
        chronik::log_index index;
        chronik::shared_bytes bytes;
    };

    /// Encodes what has changed. returns   whether anything has
    bool look();
    std::vector<chronik::shared_bytes> all() const;
    static chronik::result<void> write(opener const& open, std::vector<chronik::shared_bytes> const& states);
    void report(chronik::result<void> const& done) const;

    std::string data_dir_;
    opener where_;
    directory* partitions_;
    std::function<void(task, task)> run_;
    logger log_;
    std::map<chronik::group_id, kept> states_;
    chronik::time_point next_{};
    bool writing_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace broker::partitions
