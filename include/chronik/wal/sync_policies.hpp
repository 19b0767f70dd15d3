// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/time.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/options.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>

/// When a journal syncs what it has written. Each bounds what is unsynced, and all of them keep a journal that a power
/// failure shortens, and never one that recovery refuses. See docs/concepts/sync_policy.md.
namespace chronik::wal {

/// Every flush is synced before it counts as finished: what gathers while a sync runs shares the next one, without a
/// timer. The staging buffers bound what is unsynced.
struct group_commit_sync {
    static constexpr bool gathers_while_syncing = true;
    static constexpr bool is_rare = false;

    bool due(std::size_t, options const&) const { return true; }
    std::size_t unsynced_bytes_max(options const& limits) const { return 2 * limits.staged_bytes_max; }
};

/// The same by turns: nothing is staged while a sync runs. What mapped_sink can do of group commit.
struct alternating_commit_sync : group_commit_sync {
    static constexpr bool gathers_while_syncing = false;
};

/// A flush is finished when the page cache has it. A sync comes when half of what may be unsynced is, so that a whole
/// flush has room while it runs; when a segment is full; and when something can only go on after one.
///
/// loses   with the machine, not with the process: up to that many bytes that were said to be finished
struct no_sync {
    static constexpr bool gathers_while_syncing = false;
    static constexpr bool is_rare = true;

    bool due(std::size_t unsynced, options const& limits) const { return unsynced > unsynced_bytes_max(limits) / 2; }
    std::size_t unsynced_bytes_max(options const& limits) const {
        return std::max(limits.unsynced_bytes_max, 2 * limits.staged_bytes_max);
    }
};

/// As no_sync, and also when options::sync_interval has passed since a sync began: see journal::now().
///
/// loses   with the machine, not with the process: what the last interval has finished
struct interval_sync : no_sync {
    static constexpr bool is_rare = false;

    void now(time_point at) {
        now_ = at;
        if (!began_) began_ = at;
    }
    void begun() {
        if (began_) began_ = now_;
    }
    bool due(std::size_t unsynced, options const& limits) const {
        bool const passed = began_ && now_ - *began_ >= limits.sync_interval;
        return (passed && unsynced > 0) || no_sync::due(unsynced, limits);
    }

private:
    time_point now_{};
    std::optional<time_point> began_;
};

/// group_commit_sync or no_sync, as options::sync says: for programs whose users choose.
struct sync_by_option {
    static constexpr bool gathers_while_syncing = true;
    static constexpr bool is_rare = false;

    bool due(std::size_t unsynced, options const& limits) const {
        return limits.sync || no_sync{}.due(unsynced, limits);
    }
    std::size_t unsynced_bytes_max(options const& limits) const {
        return limits.sync ? group_commit_sync{}.unsynced_bytes_max(limits) : no_sync{}.unsynced_bytes_max(limits);
    }
};

static_assert(sync_policy<group_commit_sync> && sync_policy<alternating_commit_sync> && sync_policy<no_sync> &&
              sync_policy<sync_by_option> && sync_policy<interval_sync> &&
              detail::timed<interval_sync>);

}  // namespace chronik::wal
