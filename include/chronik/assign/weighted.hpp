// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/sticky.hpp>

#include <charconv>
#include <concepts>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace chronik::assign {

/// A capacity that operators write down as a tag: a whole number in any unit that is the same for all members.
struct capacity_tag {
    std::string_view name = "capacity";

    /// returns   0, which no strategy accepts, for a member without the tag or with another text
    std::uint32_t operator()(member const& of) const {
        auto const* const text = of.find_tag(name);
        std::uint32_t value = 0;
        if (text == nullptr) return 0;
        auto const [end, problem] = std::from_chars(text->data(), text->data() + text->size(), value);
        return problem == std::errc{} && end == text->data() + text->size() ? value : 0;
    }
};

/// As `Base`, with each member's weight taken from its capacity: what members carry is in proportion, within one.
///
/// errors   errc::weightless_member where a member has no capacity, besides those of `Base`
template <rebalancing Base = sticky<>, std::regular_invocable<member const&> Capacity = capacity_tag>
struct weighted {
    static constexpr bool by_rack = Base::by_rack;

    Base base{};
    Capacity capacity{};

    result<assignment> place(std::span<member const> members, std::span<load const> existing, std::uint32_t partitions,
                             std::uint32_t replicas) const {
        return base.place(weigh(members), existing, partitions, replicas);
    }

    result<assignment> rebalance(std::span<member const> members, std::span<load const> existing,
                                 std::span<holding const> current) const {
        return base.rebalance(weigh(members), existing, current);
    }

private:
    std::vector<member> weigh(std::span<member const> members) const {
        std::vector<member> out(members.begin(), members.end());
        for (member& each : out) each.weight = capacity(std::as_const(each));
        return out;
    }
};

static_assert(rebalancing<weighted<>>, "weighted models rebalancing");

}  // namespace chronik::assign
