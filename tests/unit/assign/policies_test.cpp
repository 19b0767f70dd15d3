// SPDX-License-Identifier: Apache-2.0
#include <chronik/assign/policies.hpp>

#include "../../laws/policy_laws.hpp"

namespace chronik::laws {

std::vector<assign::member> four() {
    return {{node_id{1}, "a", 1, {{"disk", "nvme"}, {"room", "x"}}},
            {node_id{2}, "a", 1, {{"disk", "nvme"}, {"room", "y"}}},
            {node_id{3}, "b", 1, {{"disk", "hdd"}, {"room", "x"}}},
            {node_id{4}, "b", 1, {}}};
}

std::vector<std::uint32_t> left(assign::member_policy auto const& policy, std::uint32_t replicas = 1) {
    auto members = four();
    EXPECT_TRUE(policy.apply(members, replicas).has_value());
    std::vector<std::uint32_t> out;
    for (auto const& each : members) out.push_back(each.node.value);
    return out;
}

TEST(assign_policies, each_leaves_whom_it_allows) {
    EXPECT_EQ(left(assign::pin{{node_id{2}, node_id{4}, node_id{9}}}), (std::vector<std::uint32_t>{2, 4}));
    EXPECT_EQ(left(assign::exclude{{node_id{2}, node_id{9}}}), (std::vector<std::uint32_t>{1, 3, 4}));
    EXPECT_EQ(left(assign::pin_to_tag{{"disk", "nvme"}}), (std::vector<std::uint32_t>{1, 2}));
    EXPECT_EQ(left(assign::spread_by_tag{"room"}, 2), (std::vector<std::uint32_t>{1, 2, 3}));
}

TEST(assign_policies, a_tag_to_spread_by_becomes_the_rack) {
    auto members = four();
    ASSERT_TRUE(assign::spread_by_tag{"room"}.apply(members, 2).has_value());
    EXPECT_EQ(members[0].rack, "x");
    EXPECT_EQ(members[1].rack, "y");
    EXPECT_EQ(members[2].rack, "x");
}

TEST(assign_policies, a_tag_with_too_few_values_is_refused) {
    auto members = four();
    EXPECT_EQ(assign::spread_by_tag{"room"}.apply(members, 3).error(), assign::errc::too_few_values);
    EXPECT_EQ(assign::spread_by_tag{"floor"}.apply(members, 1).error(), assign::errc::too_few_values);
}

TEST(assign_policies, each_obeys_the_laws) {
    obeys_policy_laws(assign::pin{{node_id{2}, node_id{4}}}, four());
    obeys_policy_laws(assign::exclude{{node_id{2}}}, four());
    obeys_policy_laws(assign::pin_to_tag{{"disk", "nvme"}}, four());
    obeys_policy_laws(assign::spread_by_tag{"room"}, four());
}

}  // namespace chronik::laws
