// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/machine/command_set.hpp>
#include <chronik/machine/snapshot.hpp>

#include <boost/hana/tuple.hpp>

#include <cstdint>

namespace chronik::archetypes {

/// The smallest schema::described: nothing to say.
struct described {
    static constexpr auto schema = boost::hana::make_tuple();
};

/// The smallest machine::command: a number, and nothing else.
struct command : described {
    static constexpr std::uint16_t id = 1;
};

/// The smallest machine::snapshot_view: of a machine that has no state. It cannot be copied.
class snapshot_view {
public:
    snapshot_view() = default;
    snapshot_view(snapshot_view&&) = default;
    snapshot_view& operator=(snapshot_view&&) = default;

    shared_bytes next_chunk() { return {}; }
};

}  // namespace chronik::archetypes
