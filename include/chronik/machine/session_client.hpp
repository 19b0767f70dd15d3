// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/machine/session_commands.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace chronik::machine {

/// The client's side of a session: numbers its commands and knows which are answered.
///
///     auto const numbered = client.number(payload, stamp);   // propose numbered->payload, again after any doubt
///     client.answered(numbered->serial);                     // when an answer has come
///
/// window    as in session_limits: so many commands may be without an answer
/// threads   one
class session_client {
public:
    struct numbered {
        session_serial serial;
        shared_bytes payload;
    };

    session_client(session_id session, std::size_t window) : session_(session), window_(window) {
        CHRONIK_ASSERT(window_ > 0);
    }

    session_id id() const { return session_; }
    bool has_room() const { return next_ - answered_below_ < window_; }

    /// A command of the machine, as a session carries it. Keep the payload until it is answered: proposing exactly
    /// these bytes again is what makes it happen once.
    ///
    /// errors   errc::busy while the window is full; errc::too_large
    result<numbered> number(shared_bytes command, stamp_ms stamp) {
        if (!has_room()) return failure(errc::busy);
        session_command const asked{session_, next_, answered_below_, stamp, std::move(command)};
        auto payload = session_commands::encode(asked);
        if (!payload) return std::unexpected(payload.error());
        ++next_;
        return numbered{asked.serial, *std::move(payload)};
    }

    /// Also more than once, and in any order.
    void answered(session_serial serial) {
        CHRONIK_ASSERT(serial < next_);
        if (serial < answered_below_) return;
        auto const place = std::ranges::lower_bound(ahead_, serial);
        if (place == ahead_.end() || *place != serial) ahead_.insert(place, serial);
        auto first_gap = ahead_.begin();
        for (; first_gap != ahead_.end() && *first_gap == answered_below_; ++first_gap) ++answered_below_;
        ahead_.erase(ahead_.begin(), first_gap);
    }

private:
    session_id session_;
    std::size_t window_;
    session_serial next_{1};
    session_serial answered_below_{1};
    std::vector<session_serial> ahead_;  ///< answered while an earlier one is not; ascending
};

}  // namespace chronik::machine
