// SPDX-License-Identifier: Apache-2.0
// expect-error: the segment's bytes must be changed in memory
// expect-lines-max: 30
#include "archetypes/storable_file.hpp"

using namespace chronik;

#ifdef CHRONIK_FIXED
using stored_into = archetypes::storable_file;
#else
using stored_into = archetypes::file;
#endif
static_assert(wal::storable_file<stored_into>, "the segment's bytes must be changed in memory");
