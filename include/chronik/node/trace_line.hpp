// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/node/trace_event.hpp>
#include <chronik/raft/configuration.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <system_error>
#include <vector>

namespace chronik {

// A trace_event as a line of text, and back. The format: docs/formats/raft_trace.md.

/// How a kind is written.
///
/// name   what stands behind event=
/// peer   the field with trace_event::peer; empty: there is none
struct trace_form {
    trace_kind kind;
    std::string_view name;
    std::string_view peer;
};

/// In the order of trace_kind.
inline constexpr std::array trace_forms{
    trace_form{trace_kind::open, "open", "vote"},
    trace_form{trace_kind::close, "close", ""},
    trace_form{trace_kind::follower, "follower", "leader"},
    trace_form{trace_kind::pre_candidate, "pre_candidate", ""},
    trace_form{trace_kind::candidate, "candidate", ""},
    trace_form{trace_kind::leader, "leader", ""},
    trace_form{trace_kind::vote, "vote", "vote"},
    trace_form{trace_kind::commit, "commit", ""},
    trace_form{trace_kind::truncate, "truncate", ""},
    trace_form{trace_kind::members, "members", ""},
    trace_form{trace_kind::settled, "settled", ""},
    trace_form{trace_kind::snapshot_taken, "snapshot_taken", ""},
    trace_form{trace_kind::snapshot_installed, "snapshot_installed", ""},
    trace_form{trace_kind::transfer_begun, "transfer_begun", "to"},
    trace_form{trace_kind::transfer_ended, "transfer_ended", "to"},
    trace_form{trace_kind::doubt_begun, "doubt_begun", ""},
    trace_form{trace_kind::doubt_ended, "doubt_ended", ""},
};
static_assert(
    [] {
        for (std::size_t at = 0; at < trace_forms.size(); ++at)
            if (trace_forms[at].kind != static_cast<trace_kind>(at)) return false;
        return trace_forms.back().kind == trace_kind::doubt_ended;
    }(),
    "each kind has a form, and stands where its number says");

namespace detail {

/// The fields of configuration::lists(), in their order.
inline constexpr std::array<std::string_view, 5> trace_lists{"voters", "learners", "outgoing", "witnesses",
                                                             "promoting"};
inline constexpr std::size_t trace_ids_max = 2 * 2 * raft::voters_max + 2 * raft::learners_max;
inline constexpr std::size_t trace_id_bytes_max = std::numeric_limits<node_id::rep>::digits10 + 1;

/// Appends to memory that is not its own.
class trace_writer {
public:
    explicit trace_writer(std::span<char> into) : into_(into) {}

    void text(std::string_view part) {
        if (part.size() > into_.size() - size_) return fail();
        std::ranges::copy(part, into_.data() + size_);
        size_ += part.size();
    }
    void number(std::uint64_t value) {
        char* const begin = into_.data() + size_;
        auto const [end, error] = std::to_chars(begin, into_.data() + into_.size(), value);
        if (error != std::errc{}) return fail();
        size_ += static_cast<std::size_t>(end - begin);
    }
    void field(std::string_view name, std::uint64_t value) {
        text(" ");
        text(name);
        text("=");
        number(value);
    }
    void list(std::string_view name, std::vector<node_id> const& nodes) {
        if (nodes.empty()) return;
        field(name, nodes.front().value);
        for (node_id const each : std::span{nodes}.subspan(1)) {
            text(",");
            number(each.value);
        }
    }
    /// Seconds, and six digits of their fraction.
    void seconds(time_point at) {
        auto const micros = std::chrono::duration_cast<std::chrono::microseconds>(at.time_since_epoch()).count();
        CHRONIK_ASSERT(micros >= 0);
        number(static_cast<std::uint64_t>(micros / 1'000'000));
        text(".");
        for (auto unit = std::int64_t{100'000}; unit != 0; unit /= 10)
            number(static_cast<std::uint64_t>(micros / unit % 10));
    }

    result<std::string_view> line() const {
        if (full_) return failure(errc::too_large);
        return std::string_view{into_.data(), size_};
    }

private:
    /// Nothing fits any more, also not what is shorter.
    void fail() {
        full_ = true;
        into_ = into_.first(size_);
    }

    std::span<char> into_;
    std::size_t size_ = 0;
    bool full_ = false;
};

/// Takes a line apart, field by field, as trace_writer puts them: each in one way only.
class trace_reader {
public:
    explicit trace_reader(std::string_view line) : rest_(line) {}

    bool at_end() const { return rest_.empty(); }

    /// The value of the next field, if that has this name.
    bool take(std::string_view name, std::string_view& value) {
        std::string_view rest = rest_;
        if (!first_ && !eat(rest, " ")) return false;
        if (!eat(rest, name) || !eat(rest, "=")) return false;
        std::size_t const size = std::min(rest.find(' '), rest.size());
        value = rest.substr(0, size);
        rest_ = rest.substr(size);
        first_ = false;
        return true;
    }
    template <class Id>
    bool number(std::string_view name, Id& into) {
        std::string_view value;
        return take(name, value) && whole(value, into.value);
    }
    /// A list that is empty is not there.
    bool list(std::string_view name, std::vector<node_id>& into) {
        std::string_view value;
        if (!take(name, value)) return true;
        while (into.size() < raft::learners_max) {
            std::size_t const size = std::min(value.find(','), value.size());
            node_id next;
            if (!whole(value.substr(0, size), next.value)) return false;
            into.push_back(next);
            if (size == value.size()) return true;
            value.remove_prefix(size + 1);
        }
        return false;
    }
    bool seconds(std::string_view name, time_point& into) {
        std::string_view value;
        if (!take(name, value)) return false;
        std::size_t const point = std::min(value.find('.'), value.size());
        std::uint64_t before_point = 0;
        if (!whole(value.substr(0, point), before_point) || before_point >= seconds_max) return false;
        if (value.size() != point + 1 + fraction_digits) return false;
        auto micros = static_cast<std::int64_t>(before_point);
        for (char const digit : value.substr(point + 1)) {
            if (digit < '0' || digit > '9') return false;
            micros = micros * 10 + (digit - '0');
        }
        into = time_point{std::chrono::microseconds{micros}};
        return true;
    }

private:
    static constexpr std::size_t fraction_digits = 6;
    static constexpr std::uint64_t seconds_max =
        std::chrono::duration_cast<std::chrono::seconds>(time_point::max().time_since_epoch()).count();

    static bool eat(std::string_view& from, std::string_view what) {
        if (!from.starts_with(what)) return false;
        from.remove_prefix(what.size());
        return true;
    }
    template <class Number>
    static bool whole(std::string_view text, Number& into) {
        if (text.size() > 1 && text.front() == '0') return false;
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
        return error == std::errc{} && end == text.data() + text.size();
    }

    std::string_view rest_;
    bool first_ = true;
};

}  // namespace detail

/// No line is longer: its single fields, and the lists of members.
inline constexpr std::size_t trace_line_bytes_max = 256 + detail::trace_ids_max * (detail::trace_id_bytes_max + 1);

/// Writes what happened as a line without its end. Nothing is allocated.
///
/// at        not before the epoch of its clock; written to the microsecond
/// into      trace_line_bytes_max are enough for any event
/// returns   the line, in `into`
/// errors    errc::too_large: it does not fit
inline result<std::string_view> write_trace_line(trace_event const& happened, std::span<char> into) {
    trace_form const& form = trace_forms[static_cast<std::size_t>(happened.kind)];
    detail::trace_writer out{into};
    out.text("at=");
    out.seconds(happened.at);
    out.field("node", happened.node.value);
    out.field("group", happened.group.value);
    out.field("term", happened.term.value);
    out.field("index", happened.index.value);
    out.text(" event=");
    out.text(form.name);
    if (!form.peer.empty()) out.field(form.peer, happened.peer.value);
    if (happened.members != nullptr) {
        auto const lists = raft::configuration::lists(*happened.members);
        for (std::size_t at = 0; at < lists.size(); ++at) out.list(detail::trace_lists[at], *lists[at]);
    }
    return out.line();
}

/// Reads a line, without its end, that write_trace_line() may have written; it would write the same again.
///
/// members   takes those of the line; the event of kind members points to it
/// errors    errc::malformed: any other text
inline result<trace_event> read_trace_line(std::string_view line, raft::configuration& members) {
    detail::trace_reader in{line};
    trace_event made;
    std::string_view name;
    bool const begun = in.seconds("at", made.at) && in.number("node", made.node) && in.number("group", made.group) &&
                       in.number("term", made.term) && in.number("index", made.index) && in.take("event", name);
    auto const form = std::ranges::find(trace_forms, name, &trace_form::name);
    if (!begun || form == trace_forms.end()) return failure(errc::malformed);
    made.kind = form->kind;
    if (!form->peer.empty() && !in.number(form->peer, made.peer)) return failure(errc::malformed);
    members = {};
    if (made.kind == trace_kind::members) {
        auto const lists = raft::configuration::lists(members);
        for (std::size_t at = 0; at < lists.size(); ++at)
            if (!in.list(detail::trace_lists[at], *lists[at])) return failure(errc::malformed);
        bool const known = raft::is_valid(members) || members == raft::configuration{};
        if (!known) return failure(errc::malformed);
        made.members = &members;
    }
    if (!in.at_end()) return failure(errc::malformed);
    return made;
}

}  // namespace chronik
