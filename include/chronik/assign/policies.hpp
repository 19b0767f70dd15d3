// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/concepts.hpp>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Wishes of operators that come before balance; constrained<Base, ...> honours them.
namespace chronik::assign {

/// Only on these nodes.
struct pin {
    std::vector<node_id> nodes;

    result<void> apply(std::vector<member>& members, std::uint32_t) const {
        std::erase_if(members, [this](member const& each) {
            return std::ranges::find(nodes, each.node) == nodes.end();
        });
        return {};
    }
};

/// Not on these nodes.
struct exclude {
    std::vector<node_id> nodes;

    result<void> apply(std::vector<member>& members, std::uint32_t) const {
        std::erase_if(members, [this](member const& each) {
            return std::ranges::find(nodes, each.node) != nodes.end();
        });
        return {};
    }
};

/// Only on nodes with this tag, whichever they are.
struct pin_to_tag {
    tag wanted;

    result<void> apply(std::vector<member>& members, std::uint32_t) const {
        std::erase_if(members, [this](member const& each) {
            auto const* const value = each.find_tag(wanted.name);
            return value == nullptr || *value != wanted.value;
        });
        return {};
    }
};

/// Every replica of a partition on another value of this tag; nodes without the tag are left out.
///
/// errors   errc::too_few_values
struct spread_by_tag {
    /// Only a strategy that looks at racks can honour it.
    static constexpr bool needs_racks = true;

    std::string name;

    result<void> apply(std::vector<member>& members, std::uint32_t replicas) const {
        std::set<std::string_view> values;
        for (member& each : members) {
            auto const* const value = each.find_tag(name);
            if (value == nullptr) continue;
            values.insert(*value);
            each.rack = *value;
        }
        if (values.size() < replicas) return std::unexpected(make_error_code(errc::too_few_values));
        std::erase_if(members, [this](member const& each) { return each.find_tag(name) == nullptr; });
        return {};
    }
};

}  // namespace chronik::assign
