// SPDX-License-Identifier: Apache-2.0
// expect-error: a snapshot of another member takes the place of a log
// expect-lines-max: 30
#include "archetypes/snapshot_store.hpp"

using namespace chronik;

struct one_sided : archetypes::group_storage {
    result<void> compact(group_id, log_index);
#ifdef CHRONIK_FIXED
    result<void> replace_log(group_id, log_index, log_term, log_offset);
#endif
};
static_assert(compactable_storage<one_sided>, "a snapshot of another member takes the place of a log");
