// SPDX-License-Identifier: Apache-2.0
// expect-error: (could not convert|no matching function)
// expect-lines-max: 12
#include <chronik/base/ids.hpp>

void truncate_after(chronik::log_index);

void use(chronik::log_index index, chronik::log_offset offset) {
#ifdef CHRONIK_FIXED
    static_cast<void>(offset);
    truncate_after(index);
#else
    static_cast<void>(index);
    truncate_after(offset);  // an offset counts records, an index entries
#endif
}
