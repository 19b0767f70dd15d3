// SPDX-License-Identifier: Apache-2.0
// expect-error: who asked for a snapshot is given it
// expect-lines-max: 30
#include "archetypes/snapshot_store.hpp"

using namespace chronik;

struct keeper : archetypes::snapshot_store {
#ifndef CHRONIK_FIXED
    void finish(job_type const&);
#endif
};
static_assert(snapshot_store<keeper>, "who asked for a snapshot is given it");
