// SPDX-License-Identifier: Apache-2.0
// expect-error: taking a snapshot changes nothing
// expect-lines-max: 25
#include <chronik/machine/snapshot.hpp>

using namespace chronik;

struct busybody {
    using result_type = int;
    int apply(entry const&);
#ifdef CHRONIK_FIXED
    machine::one_chunk snapshot() const;
#else
    machine::one_chunk snapshot();
#endif
    result<void> restore(shared_bytes const&);
};
static_assert(machine::snapshottable<busybody>, "taking a snapshot changes nothing");
