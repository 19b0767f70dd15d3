// SPDX-License-Identifier: Apache-2.0
// expect-error: a chunk shares what it is a piece of
// expect-lines-max: 25
#include <chronik/machine/snapshot.hpp>

struct copier {
#ifdef CHRONIK_FIXED
    chronik::shared_bytes next_chunk();
#else
    std::vector<std::byte> next_chunk();
#endif
};
static_assert(chronik::machine::snapshot_view<copier>, "a chunk shares what it is a piece of");
