// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/wal/prepare_job.hpp>
#include <chronik/wal/remove_job.hpp>
#include <chronik/wal/settle_job.hpp>

#include <utility>
#include <variant>

namespace chronik::wal {

/// One piece of the journal's slow work: a spare segment, a run of entries to settle, or files to remove.
///
/// run()     blocks, for milliseconds to seconds; only here can the device be full
/// threads   run() on any thread, once; then back to the journal's owner for finish_prepare()
template <directory Directory>
class background_job {
public:
    explicit background_job(prepare_job<Directory>&& job) : what_(std::move(job)) {}
    explicit background_job(settle_job<Directory>&& job) : what_(std::move(job)) {}
    explicit background_job(remove_job<Directory>&& job) : what_(std::move(job)) {}

    void run() {
        std::visit([](auto& job) { job.run(); }, what_);
    }
    auto& what() { return what_; }

private:
    std::variant<prepare_job<Directory>, settle_job<Directory>, remove_job<Directory>> what_;
};

}  // namespace chronik::wal
