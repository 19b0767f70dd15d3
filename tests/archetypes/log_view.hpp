// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/concepts.hpp>

namespace chronik::archetypes {

/// The smallest raft::log_view: a log that is always empty.
struct log_view {
    log_index base_index() const { return {}; }
    log_term base_term() const { return {}; }
    log_offset base_offset() const { return {}; }
    log_index first_index() const { return base_index() + 1; }
    log_index last_index() const { return base_index(); }
    result<log_term> term_at(log_index) const { return log_term{}; }
    result<entry> read(log_index) const { return failure(errc::out_of_range); }
};

}  // namespace chronik::archetypes
