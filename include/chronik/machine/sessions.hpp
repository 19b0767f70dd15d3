// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>
#include <chronik/machine/concepts.hpp>
#include <chronik/machine/session_commands.hpp>
#include <chronik/machine/session_table.hpp>

#include <concepts>
#include <optional>
#include <utility>
#include <variant>

namespace chronik::machine {

/// What the proposer of a session's command learns.
///
/// session   whose command it was; for `opened` the new one
/// value     the machine's answer, for `applied` and `repeated`
template <class Result>
struct session_answer {
    session_status status = session_status::malformed;
    session_id session;
    std::optional<Result> value;

    bool operator==(session_answer const&) const = default;
};

/// Any state machine, with every command of a client applied exactly once.
///
///     machine::sessions<counter> state{counter{}};      // fills slot::machine like any other
///     machine::session_client client{id, window};       // on the client's side: numbers, and what is answered
///
/// A client that does not hear back proposes the same command with the same serial again, also at another leader: the
/// second time it gets the first answer. Serials may arrive in any order within the window.
/// source   Ongaro's thesis section 6.3; docs/concepts/sessions.md
template <state_machine Machine>
    requires std::copyable<typename Machine::result_type>
class sessions {
public:
    using inner_result = typename Machine::result_type;
    using result_type = session_answer<inner_result>;

    explicit sessions(Machine inner, session_limits limits = {}) : inner_(std::move(inner)), table_(limits) {}

    Machine const& inner() const { return inner_; }
    session_table<inner_result> const& table() const { return table_; }

    result_type apply(entry const& committed) {
        auto const command = session_commands::decode(committed.payload);
        if (!command) {
            bool const newer = command.error() == errc::unsupported_version;
            return {newer ? session_status::unsupported : session_status::malformed, {}, {}};
        }
        std::visit([&](auto const& body) { table_.advance(body.stamp); }, *command);
        return std::visit([&](auto const& body) { return on(body, committed); }, *command);
    }

private:
    result_type on(open_session const&, entry const& committed) {
        return {session_status::opened, table_.open(committed.index), {}};
    }

    result_type on(close_session const& leaving, entry const&) {
        bool const was_open = table_.close(leaving.session);
        return {was_open ? session_status::closed : table_.absent(leaving.session), leaving.session, {}};
    }

    result_type on(session_command const& asked, entry const& committed) {
        auto* const of = table_.use(asked.session, committed.index);
        if (of == nullptr) return {table_.absent(asked.session), asked.session, {}};

        of->forget_below(asked.answered_below);
        if (asked.serial < of->answered_below) return {session_status::forgotten, asked.session, {}};
        auto const place = of->place_of(asked.serial);
        if (place != of->answers.end() && place->serial == asked.serial) {
            return {session_status::repeated, asked.session, place->value};
        }
        if (asked.serial - of->answered_below >= table_.limits().window) {
            return {session_status::outside_window, asked.session, {}};
        }

        entry inside = committed;
        inside.payload = asked.command;
        inner_result answer = inner_.apply(std::as_const(inside));
        of->answers.insert(place, {asked.serial, answer});
        return {session_status::applied, asked.session, std::move(answer)};
    }

    Machine inner_;
    session_table<inner_result> table_;
};

}  // namespace chronik::machine
