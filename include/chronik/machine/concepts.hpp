// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>

#include <concepts>

namespace chronik::machine {

/// What a replicated log is for: state that every node computes for itself from the same committed commands.
///
/// apply() sees every committed entry of kind command, once per run, in order of index, and nothing else. It is
/// deterministic: its effect depends on the state and the entry alone, so no clock, no chance, no addresses, no
/// iteration over unordered containers, and no input or output. See docs/concepts/state_machine.md.
template <class M>
concept state_machine = requires(M& machine, entry const& committed) {
    typename M::result_type;
    { machine.apply(committed) } -> std::same_as<typename M::result_type>;
};

}  // namespace chronik::machine
