// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/base/varint.hpp>
#include <chronik/raft/configuration.hpp>

#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace chronik::raft {

/// The payload of an entry of kind configuration: docs/formats/configuration.md.
inline constexpr std::uint8_t configuration_format_version = 1;

inline shared_bytes encode(configuration const& members) {
    std::vector<std::byte> bytes;
    byte_writer out{bytes};
    out.number<std::uint8_t, std::endian::little>(configuration_format_version);
    for (auto const* list : configuration::lists(members)) {
        write_uvarint(out, list->size());
        for (node_id const node : *list) write_uvarint(out, node.value);
    }
    return shared_bytes{std::move(bytes)};
}

/// errors   errc::unsupported_version; errc::malformed for what is no valid configuration, written in one way only
inline result<configuration> decode_configuration(std::span<std::byte const> payload) {
    byte_reader in{payload};
    auto const version = in.number<std::uint8_t, std::endian::little>();
    if (in.failed()) return failure(errc::malformed);
    if (version != configuration_format_version) return failure(errc::unsupported_version);
    configuration members;
    for (auto* list : configuration::lists(members)) {
        std::uint64_t const count = read_uvarint(in);
        // Each takes a byte at least: what cannot be there is not allocated.
        if (in.failed() || count > in.remaining()) return failure(errc::malformed);
        list->reserve(count);
        for (std::uint64_t k = 0; k < count; ++k) {
            list->push_back({static_cast<std::uint32_t>(read_uvarint<32>(in))});
        }
    }
    if (in.failed() || in.remaining() != 0 || !is_valid(members)) return failure(errc::malformed);
    return members;
}

}  // namespace chronik::raft
