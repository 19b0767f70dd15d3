// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/node/pair_messages.hpp>
#include <chronik/node/part_writer.hpp>
#include <chronik/node/raft_messages.hpp>
#include <chronik/raft/entry_memory.hpp>
#include <chronik/schema/plain_format.hpp>
#include <chronik/transport/frame.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <utility>
#include <variant>
#include <vector>

namespace chronik {

/// The transport channel of Raft's frames; other channels are the application's.
inline constexpr std::uint8_t raft_channel = 0;
/// Version of the frame and of every message in it. A node that meets another drops the frame and counts it.
inline constexpr std::uint8_t raft_frame_version = 3;
/// No group has this number: what follows is between the two nodes.
inline constexpr group_id pair_group{0};

// The bytes: docs/formats/raft_frame.md.

/// Messages of many groups to one peer, as few frames as the target size allows.
class frame_builder {
public:
    explicit frame_builder(std::size_t bytes_target) : bytes_target_(bytes_target) {}

    void add(group_id group, raft::message const& message) { write(group, message); }
    void add(pair_message const& message) { write(pair_group, message); }

    std::vector<transport::frame> take() {
        if (!out_.empty()) finish_frame();
        return std::exchange(frames_, {});
    }
    bool empty() const { return out_.empty() && frames_.empty(); }

private:
    void write(group_id group, auto const& message) {
        if (out_.empty()) out_.number<std::uint8_t, std::endian::little>(raft_frame_version);
        out_.number<std::uint64_t, std::endian::little>(group.value);
        out_.number<std::uint8_t, std::endian::little>(static_cast<std::uint8_t>(message.index()));
        std::visit(
            [this](auto const& body) {
                // Our own message of the only version there is always fits.
                CHRONIK_ASSERT(schema::encode(body, raft_frame_version, schema::plain_format{}, out_).has_value());
            },
            message);
        if (out_.size() >= bytes_target_) finish_frame();
    }
    void finish_frame() { frames_.push_back({raft_channel, out_.take()}); }

    std::size_t bytes_target_;
    part_writer out_;
    std::vector<transport::frame> frames_;
};

namespace detail {

template <class Message, std::size_t Kind = 0>
result<Message> decode_message(std::size_t kind, schema::shared_reader& in, raft::entry_memory* memory) {
    if constexpr (Kind == std::variant_size_v<Message>) {
        return failure(errc::malformed);
    } else {
        if (kind != Kind) return decode_message<Message, Kind + 1>(kind, in, memory);
        using body_type = std::variant_alternative_t<Kind, Message>;
        result<Message> read{Message{std::in_place_index<Kind>}};
        body_type& body = std::get<Kind>(*read);
        if constexpr (std::same_as<body_type, raft::append_request>) {
            if (memory != nullptr) body.entries = memory->take();
        }
        auto const done = schema::decode_into(body, in, raft_frame_version, schema::plain_format{});
        if (!done) return std::unexpected(done.error());
        return read;
    }
}

}  // namespace detail

/// Gives every message of a frame to `receive(group_id, raft::message&&)` or `receive(pair_message const&)`, in order.
///
/// returns   errc::unsupported_version or errc::malformed at the first thing that makes no sense; what came before
///           was received, as if the rest had been lost. Payloads are slices of the frame.
/// memory    where the entries of messages go; none: they are allocated
template <class Receive>
result<void> decode_raft_frame(shared_bytes const& body, Receive&& receive, raft::entry_memory* memory = nullptr) {
    schema::shared_reader in{body};
    auto const version = in.number<std::uint8_t, std::endian::little>();
    if (in.failed()) return failure(errc::malformed);
    if (version != raft_frame_version) return failure(errc::unsupported_version);
    while (in.remaining() != 0) {
        group_id const group{in.number<std::uint64_t, std::endian::little>()};
        auto const kind = in.number<std::uint8_t, std::endian::little>();
        if (in.failed()) return failure(errc::malformed);
        if (group == pair_group) {
            auto const said = detail::decode_message<pair_message>(kind, in, nullptr);
            if (!said) return std::unexpected(said.error());
            receive(*said);
            continue;
        }
        auto message = detail::decode_message<raft::message>(kind, in, memory);
        if (!message) return std::unexpected(message.error());
        receive(group, std::move(*message));
    }
    return {};
}

}  // namespace chronik
