// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/assign/concepts.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

/// What every member_policy promises; see docs/concepts/member_policy.md.
namespace chronik::laws {

/// Nobody is invented, weighed anew or given tags; the same question has the same answer, whatever the order; and a
/// policy applied twice is the policy.
inline void obeys_policy_laws(assign::member_policy auto const& policy, std::vector<assign::member> const& members) {
    for (std::uint32_t replicas = 1; replicas <= members.size(); ++replicas) {
        auto allowed = members;
        auto const done = policy.apply(allowed, replicas);
        auto reversed = members;
        std::ranges::reverse(reversed);
        ASSERT_EQ(policy.apply(reversed, replicas).has_value(), done.has_value());
        if (!done) continue;

        for (auto const& each : allowed) {
            auto const known = std::ranges::find(members, each.node, &assign::member::node);
            ASSERT_NE(known, members.end());
            EXPECT_EQ(each.weight, known->weight);
            EXPECT_EQ(each.tags, known->tags);
        }
        std::ranges::reverse(reversed);
        EXPECT_EQ(reversed, allowed);
        auto again = allowed;
        EXPECT_TRUE(policy.apply(again, replicas).has_value());
        EXPECT_EQ(again, allowed);
    }
}

}  // namespace chronik::laws
