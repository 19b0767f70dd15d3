// SPDX-License-Identifier: Apache-2.0
// expect-error: a log says where it begins
// expect-lines-max: 25
#include "archetypes/log_view.hpp"

using namespace chronik;

struct endless {
    log_index base_index() const;
    log_term base_term() const;
#ifdef CHRONIK_FIXED
    log_offset base_offset() const;
#endif
    log_index first_index() const;
    log_index last_index() const;
    result<log_term> term_at(log_index) const;
    result<entry> read(log_index) const;
};
static_assert(raft::log_view<endless>, "a log says where it begins, also by offset");
