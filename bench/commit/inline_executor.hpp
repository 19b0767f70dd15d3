// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/node/concepts.hpp>

#include <utility>
#include <vector>

namespace chronik::bench {

/// Runs what was handed over when the turn is done: on this thread, so that no hand-over is measured.
class inline_executor {
public:
    void run(task work, task finished) { waiting_.emplace_back(std::move(work), std::move(finished)); }
    void run_in_background(task work, task finished) { run(std::move(work), std::move(finished)); }

    /// False if there was nothing.
    bool finish_all() {
        bool const any = !waiting_.empty();
        for (auto& [work, finished] : std::exchange(waiting_, {})) {
            work();
            finished();
        }
        return any;
    }

private:
    std::vector<std::pair<task, task>> waiting_;
};

}  // namespace chronik::bench
