// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>

namespace chronik::raft {

/// What a member must remember across a crash besides its log: one vote for each term, for ever.
/// source   Raft paper (extended) figure 2, "Persistent state on all servers"
struct hard_state {
    log_term term;
    node_id vote;  ///< no_node: not voted in this term

    bool operator==(hard_state const&) const = default;
};

/// Terms beyond this come from broken or hostile peers; it leaves room to count up without overflow.
inline constexpr log_term log_term_max{std::uint64_t{1} << 62};
/// The same for positions: index arithmetic on numbers below it cannot overflow.
inline constexpr log_index log_index_max{std::uint64_t{1} << 62};
inline constexpr log_offset log_offset_max{std::uint64_t{1} << 62};

}  // namespace chronik::raft
