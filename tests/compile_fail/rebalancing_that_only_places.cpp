// SPDX-License-Identifier: Apache-2.0
// expect-error: what moves replicas needs place and rebalance
// expect-lines-max: 25
#include <chronik/assign/concepts.hpp>

using namespace chronik;

struct newcomer {
    result<assign::assignment> place(std::span<assign::member const>, std::span<assign::load const>, std::uint32_t,
                                     std::uint32_t) const;
#ifdef CHRONIK_FIXED
    result<assign::assignment> rebalance(std::span<assign::member const>, std::span<assign::load const>,
                                         std::span<assign::holding const>) const;
#endif
};
static_assert(assign::rebalancing<newcomer>, "what moves replicas needs place and rebalance");
