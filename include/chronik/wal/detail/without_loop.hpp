// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>

#include <utility>

namespace chronik::wal::detail {

/// The part of wal::journal for callers without a loop: its jobs here and now, until there is nothing to do.
///
/// Journal   inherits from this
template <class Journal>
class without_loop {
public:
    result<void> flush() {
        while (auto job = journal().begin_flush()) {
            job->run();
            if (auto done = journal().finish_flush(std::move(*job)); !done) return done;
        }
        return journal().has_failed() ? result<void>{failure(errc::storage_failed)} : result<void>{};
    }
    /// The same, and all of it is durable, whatever the journal's Sync says.
    result<void> sync() {
        journal().sync_next();
        return flush();
    }
    result<void> prepare() {
        while (auto job = journal().begin_prepare()) {
            job->run();
            if (auto done = journal().finish_prepare(std::move(*job)); !done) return done;
        }
        return {};
    }

private:
    Journal& journal() { return static_cast<Journal&>(*this); }
};

}  // namespace chronik::wal::detail
