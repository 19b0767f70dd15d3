// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/bytes.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/transport/framing.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string_view>
#include <vector>

namespace chronik::net {

/// Which cluster a node belongs to; all zero while it does not know yet.
using cluster_id = std::array<std::byte, 16>;
inline constexpr cluster_id unknown_cluster{};

/// Channel of the connection's own frames; never given to a receiver.
inline constexpr std::uint8_t hello_channel = 255;

/// What the answer to a hello says. The numbers are on the wire.
enum class hello_status : std::uint8_t {
    accepted = 0,
    wrong_cluster = 1,   ///< both sides know their cluster, and the two differ
    unknown_sender = 2,  ///< the sender is not among the receiver's peers
    wrong_receiver = 3,  ///< the address led to another node than the sender wants
    other_sender = 4,    ///< a node of that number is connected, the receiver knows its cluster, and the sender none
};

/// For an operator's log, with what to look at.
inline std::string_view explain(hello_status status) {
    switch (status) {
        case hello_status::accepted: return "accepted";
        case hello_status::wrong_cluster:
            return "it belongs to another cluster; check the peers and the data directory";
        case hello_status::unknown_sender: return "it does not have this node among its peers; check its peers";
        case hello_status::wrong_receiver: return "another node answers at this address; check the peers";
        case hello_status::other_sender:
            return "another node with this node's number is connected to it; check the node id and the data directory";
    }
    return "refused for a reason that this version does not know";
}

/// The first frame each side of a connection sends; docs/formats/frame.md.
struct hello {
    static constexpr std::uint32_t magic = 0x6b726863;
    static constexpr std::uint8_t current_version = 1;
    static constexpr std::size_t body_bytes = 32;
    static constexpr std::size_t body_bytes_max = 256;  ///< later versions may append fields

    node_id sender;
    node_id receiver;
    cluster_id cluster{};
    hello_status status = hello_status::accepted;
    std::uint8_t version = current_version;

    /// The whole frame, header included.
    std::vector<std::byte> encoded() const {
        std::vector<std::byte> bytes;
        byte_writer out(bytes);
        using transport::frame_header;
        frame_header const head{body_bytes, frame_header::current_version, hello_channel};
        out.run(head.encoded());
        out.number<std::uint32_t, std::endian::little>(magic);
        out.number<std::uint8_t, std::endian::little>(version);
        out.number<std::uint8_t, std::endian::little>(static_cast<std::uint8_t>(status));
        out.number<std::uint16_t, std::endian::little>(0);
        out.number<std::uint32_t, std::endian::little>(sender.value);
        out.number<std::uint32_t, std::endian::little>(receiver.value);
        out.run(cluster);
        return bytes;
    }

    /// errors   errc::malformed: not one of us; errc::unsupported_version: version 0
    static result<hello> decoded(transport::received_frame const& from) {
        if (from.channel != hello_channel) return failure(errc::malformed);
        byte_reader in(from.body.view());
        hello out;
        bool const ours = in.number<std::uint32_t, std::endian::little>() == magic;
        out.version = in.number<std::uint8_t, std::endian::little>();
        out.status = static_cast<hello_status>(in.number<std::uint8_t, std::endian::little>());
        in.number<std::uint16_t, std::endian::little>();
        out.sender = node_id{in.number<std::uint32_t, std::endian::little>()};
        out.receiver = node_id{in.number<std::uint32_t, std::endian::little>()};
        auto const cluster = in.run(out.cluster.size());
        if (in.failed() || !ours || out.sender == no_node) return failure(errc::malformed);
        if (out.version == 0) return failure(errc::unsupported_version);
        std::ranges::copy(cluster, out.cluster.begin());
        return out;
    }
};

/// A node that does not know its cluster yet goes with every other.
inline bool same_cluster(cluster_id const& one, cluster_id const& other) {
    return one == other || one == unknown_cluster || other == unknown_cluster;
}

}  // namespace chronik::net
