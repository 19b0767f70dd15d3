// SPDX-License-Identifier: Apache-2.0
// expect-error: what is unsynced must have a bound
// expect-lines-max: 30
#include <chronik/wal/options.hpp>

using namespace chronik;

struct endless {
    static constexpr bool gathers_while_syncing = false;
    static constexpr bool is_rare = true;
    bool due(std::size_t, wal::options const&) const { return false; }
#ifdef CHRONIK_FIXED
    std::size_t unsynced_bytes_max(wal::options const&) const { return 1 << 20; }
#endif
};
static_assert(wal::sync_policy<endless>, "what is unsynced must have a bound");
