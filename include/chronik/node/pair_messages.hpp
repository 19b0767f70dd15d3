// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/schema/decode.hpp>
#include <chronik/schema/encode.hpp>

#include <cstdint>
#include <variant>

namespace chronik {

/// To a node that follows this one in groups that rest: which groups that are, and that their leader is there.
///
/// number   of the beat, ascending in the life of its sender
/// digest   of the groups and their terms: resting_set
struct pair_beat {
    std::uint64_t number = 0;
    std::uint64_t digest = 0;
    std::uint32_t groups = 0;

    bool operator==(pair_beat const&) const = default;
};

/// same   the receiver follows the sender in exactly these groups and terms
struct pair_echo {
    std::uint64_t number = 0;
    bool same = false;

    bool operator==(pair_echo const&) const = default;
};

using pair_message = std::variant<pair_beat, pair_echo>;

namespace schema {

template <>
struct description<pair_beat> {
    static constexpr auto fields =
        boost::hana::make_tuple(field<"number", &pair_beat::number>{}, field<"digest", &pair_beat::digest>{},
                                field<"groups", &pair_beat::groups>{});
};
template <>
struct description<pair_echo> {
    static constexpr auto fields =
        boost::hana::make_tuple(field<"number", &pair_echo::number>{}, field<"same", &pair_echo::same>{});
};

}  // namespace schema
}  // namespace chronik
