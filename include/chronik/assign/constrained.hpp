// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/policies.hpp>
#include <chronik/assign/sticky.hpp>

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>
#include <vector>

namespace chronik::assign {

/// As `Base`, among the members that the policies leave, applied in order. What a policy forbids is never done for the
/// sake of balance: a placement that cannot honour them is refused with the reason.
///
///   constrained placement{sticky<>{}, exclude{{node_id{4}}}, spread_by_tag{"room"}};
///
/// errors   errc::too_few_allowed, those of the policies, and those of `Base`
template <rebalancing Base, member_policy... Policies>
class constrained {
    template <class Policy>
    static constexpr bool can_honour = Base::by_rack || !requires { requires Policy::needs_racks; };
    static_assert((can_honour<Policies> && ...), "to spread by a tag, the strategy must look at racks: rack_aware");

public:
    static constexpr bool by_rack = Base::by_rack;

    explicit constrained(Base base, Policies... policies) : base_(std::move(base)), policies_(std::move(policies)...) {}

    result<assignment> place(std::span<member const> members, std::span<load const> existing, std::uint32_t partitions,
                             std::uint32_t replicas) const {
        auto const allowed = allow(members, replicas);
        if (!allowed) return std::unexpected(allowed.error());
        return base_.place(*allowed, existing, partitions, replicas);
    }

    result<assignment> rebalance(std::span<member const> members, std::span<load const> existing,
                                 std::span<holding const> current) const {
        std::uint32_t most = 0;
        for (holding const& each : current) most = std::max(most, each.replicas);
        auto const allowed = allow(members, most);
        if (!allowed) return std::unexpected(allowed.error());
        return base_.rebalance(*allowed, existing, current);
    }

private:
    result<std::vector<member>> allow(std::span<member const> members, std::uint32_t replicas) const {
        std::vector<member> allowed(members.begin(), members.end());
        result<void> done;
        auto const apply = [&](auto const& policy) {
            done = policy.apply(allowed, replicas);
            if (done && allowed.size() < replicas && members.size() >= replicas)
                done = std::unexpected(make_error_code(errc::too_few_allowed));
            return done.has_value();
        };
        std::apply([&](auto const&... each) { static_cast<void>((apply(each) && ...)); }, policies_);
        if (!done) return std::unexpected(done.error());
        return allowed;
    }

    Base base_;
    std::tuple<Policies...> policies_;
};

static_assert(rebalancing<constrained<sticky<>, pin, exclude, pin_to_tag, spread_by_tag>>,
              "constrained models rebalancing");

}  // namespace chronik::assign
