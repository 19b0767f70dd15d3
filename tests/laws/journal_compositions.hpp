// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/time.hpp>
#include <chronik/testing/disk.hpp>
#include <chronik/wal/journal.hpp>

#include <gtest/gtest.h>

#include <string>
#include <type_traits>

/// Every way in which a journal may be put together, for suites that hold for all of them.
namespace chronik::laws {

template <wal::sink Sink, wal::sync_policy Sync>
struct composed {
    using sink = Sink;
    using sync = Sync;
    using journal = wal::journal<testing::disk_directory, Sink, Sync>;
    static constexpr bool syncs_every_flush = !std::derived_from<Sync, wal::no_sync>;
};

/// sync_by_option is group_commit_sync here, and no_sync where options::sync is false.
using journal_compositions =
    ::testing::Types<composed<wal::staged_sink, wal::sync_by_option>,
                     composed<wal::staged_sink, wal::group_commit_sync>,
                     composed<wal::staged_sink, wal::alternating_commit_sync>,
                     composed<wal::staged_sink, wal::interval_sync>, composed<wal::staged_sink, wal::no_sync>,
                     composed<wal::mapped_sink, wal::alternating_commit_sync>,
                     composed<wal::mapped_sink, wal::interval_sync>, composed<wal::mapped_sink, wal::no_sync>>;

struct composition_names {
    template <class Composed>
    static std::string GetName(int) {
        std::string const sink = Composed::sink::stores_in_place ? "mapped_" : "staged_";
        return sink + sync_name<typename Composed::sync>();
    }

private:
    template <class Sync>
    static std::string sync_name() {
        if (std::is_same_v<Sync, wal::sync_by_option>) return "by_option";
        if (std::is_same_v<Sync, wal::group_commit_sync>) return "group_commit";
        if (std::is_same_v<Sync, wal::alternating_commit_sync>) return "alternating";
        return std::is_same_v<Sync, wal::interval_sync> ? "interval" : "no_sync";
    }
};

/// Tells a journal the time if its policy wants to know.
template <class Journal>
void tell(Journal& journal, time_point now) {
    if constexpr (requires { journal.now(now); }) journal.now(now);
}

}  // namespace chronik::laws
