// SPDX-License-Identifier: Apache-2.0
// expect-error: a structure may be absent
// expect-lines-max: 30
#include "archetypes/format.hpp"

struct certain : private chronik::archetypes::format {
    using format::has_tagged_section;
    using format::read_length;
    using format::read_number;
    using format::write_length;
    using format::write_null;
    using format::write_number;
#ifdef CHRONIK_FIXED
    using format::read_presence;
    using format::write_presence;
#endif
};
static_assert(chronik::schema::format<certain>, "a structure may be absent");
