// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/entry.hpp>
#include <chronik/machine/concepts.hpp>
#include <chronik/machine/session_commands.hpp>
#include <chronik/machine/session_table.hpp>
#include <chronik/machine/snapshot.hpp>
#include <chronik/schema/decode.hpp>
#include <chronik/schema/encode.hpp>
#include <chronik/schema/plain_format.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

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

/// The sessions, and behind them the chunks of the machine inside.
template <snapshot_view Inner>
class sessions_view {
public:
    sessions_view(shared_bytes table, Inner inside) : table_(std::move(table)), inside_(std::move(inside)) {}
    shared_bytes next_chunk() { return table_.empty() ? inside_.next_chunk() : std::exchange(table_, {}); }

private:
    shared_bytes table_;
    Inner inside_;
};

/// Any state machine, with every command of a client applied exactly once.
///
///     machine::sessions<counter> state{counter{}};      // fills slot::machine like any other
///     machine::session_client client{id, window};       // on the client's side: numbers, and what is answered
///
/// A client that does not hear back proposes the same command with the same serial again, also at another leader: the
/// second time it gets the first answer. Serials may arrive in any order within the window.
/// With a machine that is snapshottable, sessions are too; then result_type is something that schema/ can describe.
/// source   Ongaro's thesis section 6.3; docs/concepts/sessions.md
template <state_machine Machine>
    requires std::copyable<typename Machine::result_type>
class sessions {
public:
    using inner_result = typename Machine::result_type;
    using result_type = session_answer<inner_result>;

    sessions()
        requires std::default_initializable<Machine>
        : sessions(Machine{}) {}
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

    auto snapshot() const
        requires snapshottable<Machine>
    {
        std::vector<std::byte> bytes;
        byte_writer out{bytes};
        out.number<std::uint8_t, std::endian::little>(snapshot_version);
        // Every answer came through the log, so no length in it is beyond the format's limit.
        CHRONIK_ASSERT(schema::encode(table_.kept(), 0, schema::plain_format{}, out).has_value());
        return sessions_view{shared_bytes{std::move(bytes)}, inner_.snapshot()};
    }

    result<void> restore(shared_bytes const& bytes)
        requires snapshottable<Machine>
    {
        // In memory an answer takes more than its bytes, but not without measure.
        schema::shared_reader in{bytes, {.allocated_bytes_max = 4096 + 64 * bytes.size()}};
        auto const version = in.template number<std::uint8_t, std::endian::little>();
        if (in.failed()) return failure(errc::malformed);
        if (version != snapshot_version) return failure(errc::unsupported_version);
        auto kept = schema::decode<kept_sessions<inner_result>>(in, 0, schema::plain_format{});
        if (!kept) return failure(errc::malformed);
        auto table = session_table<inner_result>{table_.limits()};
        if (auto const done = table.restore(*std::move(kept)); !done) return done;
        auto const inside = bytes.slice(bytes.size() - in.remaining(), in.remaining());
        if (auto const done = inner_.restore(inside); !done) return done;
        table_ = std::move(table);
        return {};
    }

private:
    static constexpr std::uint8_t snapshot_version = 1;

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
