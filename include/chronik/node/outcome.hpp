// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>

#include <cstdint>
#include <optional>
#include <system_error>

namespace chronik {

/// What became of something that a group was asked to do, named by what to do next. There are no others.
enum class outcome : std::uint8_t {
    committed,   ///< it is done, and stays so
    not_leader,  ///< this node cannot do it, and nothing was done: go to the leader
    busy,        ///< a limit is reached, and nothing was done: try again later
    superseded,  ///< surely not committed: another leader's entry took the place; propose it again
    unknown,     ///< it may have been committed or may still be: ask the state, or propose it in a session
};

/// An outcome, and what comes with it.
///
/// error    none for committed; otherwise the reason. errc::too_large and, of a change of members, errc::out_of_range
///          come with busy: waiting does not lift them
/// leader   with not_leader: who leads, as far as this node knows; otherwise no_node
/// index    where it stands in the log, if it does; of a read, what it has seen
/// value    with committed: the machine's answer, or the query's; empty if a snapshot brought the state instead
template <class Value>
struct verdict {
    chronik::outcome outcome = outcome::unknown;
    std::error_code error = errc::unknown_outcome;
    node_id leader = no_node;
    log_index index{};
    std::optional<Value> value{};

    bool committed() const { return outcome == outcome::committed; }
};

/// What an error says about a request that was not taken: nothing was done.
inline outcome outcome_of_refusal(std::error_code error) {
    bool const is_limit = error == errc::busy || error == errc::too_large || error == errc::out_of_range;
    return is_limit ? outcome::busy : outcome::not_leader;
}

/// What an error says about a request that was taken; none: committed. A read may end with errc::not_leader.
inline outcome outcome_of_end(std::error_code error) {
    if (!error) return outcome::committed;
    if (error == errc::not_leader) return outcome::not_leader;
    return error == errc::superseded ? outcome::superseded : outcome::unknown;
}

}  // namespace chronik
