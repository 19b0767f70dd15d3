// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/bytes.hpp>
#include <chronik/base/crc32c.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/wal/concepts.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chronik::wal {

/// Which files a repair sets aside, and under which name: what is left to be done when it is interrupted.
/// Layout: docs/formats/journal.md, "Repair".
struct repair_list {
    doubt_token token;
    std::vector<std::string> aside;

    bool operator==(repair_list const&) const = default;
};

/// What a file that is set aside is called from then on.
inline std::string aside_name(doubt_token token, std::string_view name) {
    return "damaged-" + std::to_string(token.value) + "." + std::string{name};
}

inline std::vector<std::byte> encode(repair_list const& source) {
    std::vector<std::byte> made;
    byte_writer out{made};
    out.number<std::uint32_t, std::endian::little>(0);
    out.number<std::uint32_t, std::endian::little>(static_cast<std::uint32_t>(source.aside.size()));
    out.number<std::uint64_t, std::endian::little>(source.token.value);
    for (auto const& name : source.aside) {
        out.number<std::uint32_t, std::endian::little>(static_cast<std::uint32_t>(name.size()));
        out.run(std::as_bytes(std::span{name}));
    }
    store<std::uint32_t, std::endian::little>(made.data(), crc32c::value(std::span{made}.subspan(4)));
    return made;
}

/// errors   errc::corrupt_record
inline result<repair_list> decode_repair_list(std::span<std::byte const> source) {
    byte_reader in{source};
    auto const crc = in.number<std::uint32_t, std::endian::little>();
    if (in.failed() || crc != crc32c::value(source.subspan(4))) return failure(errc::corrupt_record);
    repair_list made;
    std::size_t const count = in.number<std::uint32_t, std::endian::little>();
    made.token = {in.number<std::uint64_t, std::endian::little>()};
    for (std::size_t at = 0; at < count && !in.failed(); ++at) {
        auto const bytes = in.run(in.number<std::uint32_t, std::endian::little>());
        std::string name;
        for (auto const each : bytes) name += static_cast<char>(each);
        made.aside.push_back(std::move(name));
    }
    if (in.failed() || in.remaining() != 0) return failure(errc::corrupt_record);
    return made;
}

}  // namespace chronik::wal
