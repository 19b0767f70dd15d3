// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/machine/command_set.hpp>
#include <chronik/schema/field.hpp>

#include <cstdint>

namespace chronik::machine {

/// A client's session: the index of the entry that opened it, so no two ever share one.
using session_id = strong_id<struct session_id_tag, std::uint64_t>;
/// A client's own count of its commands, from 1; a command that is sent again keeps its number.
using session_serial = strong_position<struct session_serial_tag, std::uint64_t>;
/// Milliseconds since an epoch that all proposers share, as the proposing node's clock shows them.
using stamp_ms = strong_position<struct stamp_ms_tag, std::uint64_t>;

// The bytes: docs/formats/session_commands.md.

/// A new session. Its id is the index this entry gets.
struct open_session {
    static constexpr std::uint16_t id = 1;
    stamp_ms stamp;

    static constexpr auto schema = boost::hana::make_tuple(schema::field<"stamp", &open_session::stamp>{});
    bool operator==(open_session const&) const = default;
};

/// A client that leaves gives its place back.
struct close_session {
    static constexpr std::uint16_t id = 2;
    session_id session;
    stamp_ms stamp;

    static constexpr auto schema = boost::hana::make_tuple(schema::field<"session", &close_session::session>{},
                                                           schema::field<"stamp", &close_session::stamp>{});
    bool operator==(close_session const&) const = default;
};

/// A command of the machine inside, once, however often it is proposed.
///
/// answered_below   the client has the answers to all serials below this one; they need not be kept
/// command          what the machine inside finds as its entry's payload
struct session_command {
    static constexpr std::uint16_t id = 3;
    session_id session;
    session_serial serial;
    session_serial answered_below;
    stamp_ms stamp;
    shared_bytes command;

    static constexpr auto schema = boost::hana::make_tuple(
        schema::field<"session", &session_command::session>{}, schema::field<"serial", &session_command::serial>{},
        schema::field<"answered_below", &session_command::answered_below>{},
        schema::field<"stamp", &session_command::stamp>{}, schema::field<"command", &session_command::command>{});
    bool operator==(session_command const&) const = default;
};

using session_commands = command_set<open_session, close_session, session_command>;

}  // namespace chronik::machine
