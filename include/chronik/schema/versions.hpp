// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

namespace chronik::schema {

/// The version of one message type. Signed and 16 bits wide because Kafka's are.
using version = std::int16_t;

inline constexpr version version_max = std::numeric_limits<version>::max();

/// A run of versions, both ends included.
struct versions {
    version first = 0;
    version last = version_max;

    constexpr bool contains(version at) const { return first <= at && at <= last; }
    constexpr bool empty() const { return last < first; }
    constexpr bool operator==(versions const&) const = default;
};

inline constexpr versions no_versions{1, 0};

}  // namespace chronik::schema
