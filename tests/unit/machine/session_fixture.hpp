// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/machine/session_client.hpp>
#include <chronik/machine/sessions.hpp>
#include <chronik/machine/snapshot.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace session_test {

using namespace chronik;
using machine::session_id;
using machine::session_serial;
using machine::session_status;
using machine::stamp_ms;

/// A text that commands are appended to; the answer is what it has become.
struct text_machine {
    using result_type = std::string;
    std::string text{};

    result_type apply(entry const& committed) { return text += committed.payload.text(); }

    machine::one_chunk snapshot() const { return machine::one_chunk{shared_bytes::copy_of(text)}; }
    result<void> restore(shared_bytes const& bytes) {
        if (bytes.text().find('?') != std::string_view::npos) return failure(errc::malformed);
        text = bytes.text();
        return {};
    }
};

using text_sessions = machine::sessions<text_machine>;

/// A log of commands as they commit, one index each.
struct group {
    explicit group(machine::session_limits limits = {}) : state(text_machine{}, limits) {}

    text_sessions state;
    log_index last;

    text_sessions::result_type apply(shared_bytes payload) {
        ++last;
        return state.apply({.term = log_term{1},
                            .index = last,
                            .kind = entry_kind::command,
                            .base_offset = {},
                            .record_count = 0,
                            .payload = std::move(payload)});
    }
    text_sessions::result_type open(std::uint64_t stamp = 0) {
        return apply(*machine::session_commands::encode(machine::open_session{stamp_ms{stamp}}));
    }
    text_sessions::result_type close(session_id session, std::uint64_t stamp = 0) {
        return apply(*machine::session_commands::encode(machine::close_session{session, stamp_ms{stamp}}));
    }
    text_sessions::result_type say(session_id session, std::uint64_t serial, std::string_view text,
                                   std::uint64_t answered_below = 1, std::uint64_t stamp = 0) {
        return apply(*machine::session_commands::encode(machine::session_command{
            session, session_serial{serial}, session_serial{answered_below}, stamp_ms{stamp},
            shared_bytes::copy_of(text)}));
    }
    std::string const& text() const { return state.inner().text; }
};

}  // namespace session_test
