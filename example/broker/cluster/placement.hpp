// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <settings/settings.hpp>

#include <chronik/assign/range.hpp>
#include <chronik/assign/round_robin.hpp>
#include <chronik/assign/sticky.hpp>

#include <cstdint>
#include <span>
#include <utility>
#include <variant>

namespace broker {

/// The strategy that the settings name, for new partitions and for those that are there; models
/// chronik::assign::rebalancing.
class chosen_placement {
public:
    static constexpr bool by_rack = false;  ///< not all of them look at racks

    explicit chosen_placement(placement wanted) : which_(of(wanted)) {}

    chronik::result<chronik::assign::assignment> place(std::span<chronik::assign::member const> members,
                                                       std::span<chronik::assign::load const> existing,
                                                       std::uint32_t partitions, std::uint32_t replicas) const {
        return std::visit([&](auto const& one) { return one.place(members, existing, partitions, replicas); }, which_);
    }
    chronik::result<chronik::assign::assignment> rebalance(std::span<chronik::assign::member const> members,
                                                           std::span<chronik::assign::load const> existing,
                                                           std::span<chronik::assign::holding const> current) const {
        return std::visit([&](auto const& one) { return one.rebalance(members, existing, current); }, which_);
    }

private:
    using any = std::variant<chronik::assign::sticky<>, chronik::assign::range, chronik::assign::round_robin>;

    static any of(placement wanted) {
        switch (wanted) {
            case placement::sticky: return chronik::assign::sticky<>{};
            case placement::range: return chronik::assign::range{};
            case placement::round_robin: return chronik::assign::round_robin{};
        }
        std::unreachable();
    }

    any which_;
};

static_assert(chronik::assign::rebalancing<chosen_placement>, "whichever is chosen, it can do both");

}  // namespace broker
