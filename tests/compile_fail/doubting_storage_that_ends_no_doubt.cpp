// SPDX-License-Identifier: Apache-2.0
// expect-error: who remembers a doubt has to forget it
// expect-lines-max: 30
#include "archetypes/snapshot_store.hpp"

using namespace chronik;

struct log_in_doubt : archetypes::memory_log {
    doubt_token doubt() const { return {1}; }
};
struct always_in_doubt : archetypes::group_storage {
    log_in_doubt* find(group_id);
#ifdef CHRONIK_FIXED
    void end_doubt(group_id);
#endif
};
static_assert(doubting_storage<always_in_doubt>, "who remembers a doubt has to forget it");
