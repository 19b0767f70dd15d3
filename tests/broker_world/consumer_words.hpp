// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker_world/history.hpp>

#include <chronik/base/bytes.hpp>
#include <chronik/base/shared_bytes.hpp>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace broker::world {

/// The words of a consumer's subscription and assignment in this world: the coordinator reads the first and hands on
/// the second as it is.
namespace consumer_words {

inline chronik::shared_bytes subscription(std::vector<std::string> const& topics) {
    std::vector<std::byte> bytes;
    chronik::byte_writer out{bytes};
    out.number<std::int16_t, std::endian::big>(0);
    out.number<std::int32_t, std::endian::big>(static_cast<std::int32_t>(topics.size()));
    for (auto const& each : topics) {
        out.number<std::int16_t, std::endian::big>(static_cast<std::int16_t>(each.size()));
        out.run(std::as_bytes(std::span{each}));
    }
    return chronik::shared_bytes{std::move(bytes)};
}

/// A line for each partition: its topic, a space, its number.
inline chronik::shared_bytes assignment(std::vector<place> const& owned) {
    std::string text;
    for (auto const& each : owned) text += each.topic + " " + std::to_string(each.partition) + "\n";
    return chronik::shared_bytes::copy_of(text);
}
inline std::vector<place> owned_by(chronik::shared_bytes const& bytes) {
    std::vector<place> owned;
    std::string_view rest = bytes.text();
    while (!rest.empty()) {
        auto const line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        auto const gap = line.find(' ');
        if (gap == line.npos) continue;
        place one{std::string{line.substr(0, gap)}, 0};
        std::from_chars(line.data() + gap + 1, line.data() + line.size(), one.partition);
        owned.push_back(std::move(one));
    }
    return owned;
}

}  // namespace consumer_words

}  // namespace broker::world
