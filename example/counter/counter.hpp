// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>
#include <chronik/machine/command_set.hpp>
#include <chronik/schema/field.hpp>

#include <cstdint>
#include <variant>

/// The one command: add this much.
struct add {
    static constexpr std::uint16_t id = 1;
    std::int64_t amount = 0;
    static constexpr auto schema = boost::hana::make_tuple(chronik::schema::field<"amount", &add::amount>{});
};
using commands = chronik::machine::command_set<add>;

/// A number that every member of a group agrees on; its proposer learns what it has become.
struct counter {
    using result_type = std::int64_t;
    std::int64_t value = 0;

    result_type apply(chronik::entry const& committed) {
        if (auto const command = commands::decode(committed.payload)) value += std::get<add>(*command).amount;
        return value;
    }
};
