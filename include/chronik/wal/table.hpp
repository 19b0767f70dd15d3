// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/bytes.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace chronik::wal {

template <class State>
concept term_and_vote = requires(State state) {
    { state.term } -> std::same_as<log_term&>;
    { state.vote } -> std::same_as<node_id&>;
};

/// What Raft must not forget besides entries; vote == no_node: none given in this term.
struct hard_state {
    log_term term;
    node_id vote;
    bool operator==(hard_state const&) const = default;

    /// The consensus room has its own word for it; the rooms do not know each other.
    template <term_and_vote Other>
        requires(!std::same_as<Other, hard_state>)
    constexpr operator Other() const { return Other{term, vote}; }
};

/// Where a log begins: the entry before the first one kept. All zero for a log that still has its start.
struct log_base {
    log_index index;
    log_term term;
    log_offset next_offset;
    bool operator==(log_base const&) const = default;
};

/// Which groups of a journal that was repaired are in doubt: they may have lost what nobody knows of. All that are, are
/// so since the same repair. See raft/doubt.hpp for what that means to them.
///
/// newcomers   groups that are made from now on are too: they may have been here before
struct doubt_of_journal {
    doubt_token token;
    bool newcomers = false;
    bool operator==(doubt_of_journal const&) const = default;

    doubt_token of_newcomers() const { return newcomers ? token : no_doubt; }
};

/// The first record of each segment: everything but entries, so that older segments are needed for their entries only.
/// Layout: docs/formats/journal.md.
struct table {
    struct row {
        group_id group;
        hard_state state;
        log_base base;
        log_base floor;  ///< entries up to here are not in the journal
        log_index last_index;
        bool in_doubt = false;
    };
    std::vector<std::uint64_t> segments;  ///< older ones still needed
    std::vector<row> rows;
    doubt_of_journal doubt{};

    /// What is to be said of it: nothing once everything is sound.
    bool has_doubt() const { return doubt.newcomers || std::ranges::any_of(rows, &row::in_doubt); }
};

inline constexpr std::size_t table_row_bytes = 80;

constexpr std::size_t table_payload_bytes(std::size_t groups, std::size_t segments) {
    return 8 + 8 * segments + table_row_bytes * groups;
}

/// Of the part behind the rows that a table has while there is doubt: the token, whether newcomers are in it, a bit for
/// each row.
constexpr std::size_t table_doubt_bytes(std::size_t groups) { return 8 + 8 + (groups + 63) / 64 * 8; }

namespace detail {

inline void encode_doubt(table const& source, byte_writer& out) {
    out.number<std::uint64_t, std::endian::little>(source.doubt.token.value);
    out.number<std::uint64_t, std::endian::little>(source.doubt.newcomers ? 1U : 0U);
    for (std::size_t first = 0; first < source.rows.size(); first += 64) {
        std::uint64_t word = 0;
        for (std::size_t at = first; at < std::min(first + 64, source.rows.size()); ++at)
            word |= std::uint64_t{source.rows[at].in_doubt} << (at - first);
        out.number<std::uint64_t, std::endian::little>(word);
    }
}

inline void decode_doubt(byte_reader& in, table& into) {
    into.doubt.token = {in.number<std::uint64_t, std::endian::little>()};
    into.doubt.newcomers = in.number<std::uint64_t, std::endian::little>() != 0;
    std::uint64_t word = 0;
    for (std::size_t at = 0; at < into.rows.size(); ++at) {
        if (at % 64 == 0) word = in.number<std::uint64_t, std::endian::little>();
        into.rows[at].in_doubt = (word >> (at % 64) & 1U) != 0;
    }
}

}  // namespace detail

inline void encode(table const& source, std::vector<std::byte>& target) {
    byte_writer out{target};
    out.number<std::uint32_t, std::endian::little>(static_cast<std::uint32_t>(source.segments.size()));
    out.number<std::uint32_t, std::endian::little>(static_cast<std::uint32_t>(source.rows.size()));
    for (auto sequence : source.segments) out.number<std::uint64_t, std::endian::little>(sequence);
    for (auto const& row : source.rows) {
        out.number<std::uint64_t, std::endian::little>(row.group.value);
        out.number<std::uint64_t, std::endian::little>(row.state.term.value);
        out.number<std::uint64_t, std::endian::little>(row.state.vote.value);
        out.number<std::uint64_t, std::endian::little>(row.base.index.value);
        out.number<std::uint64_t, std::endian::little>(row.base.term.value);
        out.number<std::uint64_t, std::endian::little>(row.base.next_offset.value);
        out.number<std::uint64_t, std::endian::little>(row.last_index.value);
        out.number<std::uint64_t, std::endian::little>(row.floor.index.value);
        out.number<std::uint64_t, std::endian::little>(row.floor.term.value);
        out.number<std::uint64_t, std::endian::little>(row.floor.next_offset.value);
    }
    if (source.has_doubt()) detail::encode_doubt(source, out);
}

/// What a record of released segments says.
inline std::vector<std::byte> encode_sequences(std::vector<std::uint64_t> const& sequences) {
    std::vector<std::byte> payload;
    byte_writer out{payload};
    for (auto sequence : sequences) out.number<std::uint64_t, std::endian::little>(sequence);
    return payload;
}

inline result<table> decode_table(std::span<std::byte const> payload) {
    byte_reader in{payload};
    std::size_t const segments = in.number<std::uint32_t, std::endian::little>();
    std::size_t const groups = in.number<std::uint32_t, std::endian::little>();
    if (in.failed() || payload.size() < table_payload_bytes(groups, segments)) return failure(errc::malformed);
    std::size_t const more = payload.size() - table_payload_bytes(groups, segments);
    if (more != 0 && more != table_doubt_bytes(groups)) return failure(errc::malformed);

    table made;
    made.segments.reserve(segments);
    for (std::size_t i = 0; i < segments; ++i) made.segments.push_back(in.number<std::uint64_t, std::endian::little>());
    made.rows.reserve(groups);
    for (std::size_t i = 0; i < groups; ++i) {
        table::row row;
        row.group = {in.number<std::uint64_t, std::endian::little>()};
        row.state.term = {in.number<std::uint64_t, std::endian::little>()};
        row.state.vote = {static_cast<std::uint32_t>(in.number<std::uint64_t, std::endian::little>())};
        row.base.index = {in.number<std::uint64_t, std::endian::little>()};
        row.base.term = {in.number<std::uint64_t, std::endian::little>()};
        row.base.next_offset = {in.number<std::uint64_t, std::endian::little>()};
        row.last_index = {in.number<std::uint64_t, std::endian::little>()};
        row.floor.index = {in.number<std::uint64_t, std::endian::little>()};
        row.floor.term = {in.number<std::uint64_t, std::endian::little>()};
        row.floor.next_offset = {in.number<std::uint64_t, std::endian::little>()};
        if (row.floor.index < row.base.index || row.last_index < row.floor.index) return failure(errc::malformed);
        made.rows.push_back(row);
    }
    if (more != 0) detail::decode_doubt(in, made);
    return made;
}

}  // namespace chronik::wal
