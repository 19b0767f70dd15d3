// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/wal/options.hpp>

#include <cstddef>

namespace chronik::archetypes {

/// The smallest wal::sync_policy: every flush.
struct sync_policy {
    static constexpr bool gathers_while_syncing = false;
    static constexpr bool is_rare = false;

    bool due(std::size_t, wal::options const&) const { return true; }
    std::size_t unsynced_bytes_max(wal::options const& limits) const { return 2 * limits.staged_bytes_max; }
};

}  // namespace chronik::archetypes
