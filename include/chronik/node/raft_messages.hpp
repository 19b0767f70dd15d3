// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/message.hpp>
#include <chronik/schema/decode.hpp>
#include <chronik/schema/encode.hpp>
#include <chronik/schema/entry.hpp>

namespace chronik::schema {

// How Raft's messages travel: docs/formats/raft_frame.md. raft/ knows no bytes, so the descriptions stand here.

template <>
struct description<raft::pre_vote_request> {
    using message = raft::pre_vote_request;
    static constexpr auto fields =
        boost::hana::make_tuple(field<"term", &message::term>{}, field<"last_index", &message::last_index>{},
                                field<"last_term", &message::last_term>{});
};
template <>
struct description<raft::pre_vote_response> {
    using message = raft::pre_vote_response;
    static constexpr auto fields =
        boost::hana::make_tuple(field<"term", &message::term>{}, field<"granted", &message::granted>{});
};
template <>
struct description<raft::vote_request> {
    using message = raft::vote_request;
    static constexpr auto fields =
        boost::hana::make_tuple(field<"term", &message::term>{}, field<"last_index", &message::last_index>{},
                                field<"last_term", &message::last_term>{}, field<"transfer", &message::transfer>{});
};
template <>
struct description<raft::vote_response> {
    using message = raft::vote_response;
    static constexpr auto fields =
        boost::hana::make_tuple(field<"term", &message::term>{}, field<"granted", &message::granted>{});
};
template <>
inline constexpr bool is_array<raft::shared_entries> = true;
template <>
struct description<raft::append_request> {
    using message = raft::append_request;
    static constexpr auto fields = boost::hana::make_tuple(
        field<"term", &message::term>{}, field<"prev_index", &message::prev_index>{},
        field<"prev_term", &message::prev_term>{}, field<"commit_index", &message::commit_index>{},
        field<"round", &message::round>{}, field<"entries", &message::entries>{}, field<"rest", &message::rest>{},
        field<"sound", &message::sound>{}, field<"sound_from", &message::sound_from>{});
};
template <>
struct description<raft::append_response> {
    using message = raft::append_response;
    static constexpr auto fields = boost::hana::make_tuple(
        field<"term", &message::term>{}, field<"success", &message::success>{},
        field<"match_index", &message::match_index>{}, field<"checked_index", &message::checked_index>{},
        field<"conflict_index", &message::conflict_index>{}, field<"conflict_term", &message::conflict_term>{},
        field<"round", &message::round>{}, field<"window_bytes", &message::window_bytes>{},
        field<"rests", &message::rests>{}, field<"doubt", &message::doubt>{});
};
template <>
struct description<raft::timeout_now> {
    using message = raft::timeout_now;
    static constexpr auto fields = boost::hana::make_tuple(field<"term", &message::term>{});
};
template <>
struct description<raft::read_request> {
    using message = raft::read_request;
    static constexpr auto fields =
        boost::hana::make_tuple(field<"term", &message::term>{}, field<"number", &message::number>{});
};
template <>
struct description<raft::read_response> {
    using message = raft::read_response;
    static constexpr auto fields =
        boost::hana::make_tuple(field<"term", &message::term>{}, field<"number", &message::number>{},
                                field<"index", &message::index>{}, field<"granted", &message::granted>{});
};

template <>
struct description<raft::configuration> {
    using value = raft::configuration;
    static constexpr auto fields = boost::hana::make_tuple(
        field<"voters", &value::voters>{}, field<"learners", &value::learners>{},
        field<"outgoing", &value::outgoing>{}, field<"witnesses", &value::witnesses>{},
        field<"promoting", &value::promoting>{});
};
template <>
struct description<raft::snapshot_info> {
    using value = raft::snapshot_info;
    static constexpr auto fields = boost::hana::make_tuple(
        field<"last_index", &value::last_index>{}, field<"last_term", &value::last_term>{},
        field<"next_offset", &value::next_offset>{}, field<"members", &value::members>{},
        field<"bytes", &value::bytes>{}, field<"crc", &value::crc>{});
};
template <>
struct description<raft::snapshot_chunk> {
    using message = raft::snapshot_chunk;
    static constexpr auto fields =
        boost::hana::make_tuple(field<"term", &message::term>{}, field<"info", &message::info>{},
                                field<"offset", &message::offset>{}, field<"crc", &message::crc>{},
                                field<"data", &message::data>{});
};
template <>
struct description<raft::snapshot_answer> {
    using message = raft::snapshot_answer;
    static constexpr auto fields = boost::hana::make_tuple(
        field<"term", &message::term>{}, field<"last_index", &message::last_index>{},
        field<"last_term", &message::last_term>{}, field<"progress", &message::progress>{},
        field<"offset", &message::offset>{}, field<"doubt", &message::doubt>{});
};

}  // namespace chronik::schema
