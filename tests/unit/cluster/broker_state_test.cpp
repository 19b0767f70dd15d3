// SPDX-License-Identifier: Apache-2.0
#include <chronik/cluster/broker_state.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string_view>

namespace chronik::cluster {
namespace {

constexpr broker_state all[] = {broker_state::starting, broker_state::alive, broker_state::draining,
                                broker_state::failed, broker_state::decommissioned};

TEST(cluster_broker_state, each_has_a_text_of_its_own) {
    std::set<std::string_view> texts;
    for (broker_state const each : all) EXPECT_TRUE(texts.insert(text(each)).second);
    EXPECT_FALSE(texts.contains(text(static_cast<broker_state>(5))));
}

TEST(cluster_broker_state, nobody_starts_again_or_comes_back_for_good_without_a_new_start) {
    for (broker_state const from : all)
        for (broker_state const to : all) {
            bool const again = to == broker_state::starting || from == broker_state::decommissioned;
            EXPECT_EQ(may_become(from, to), from == to || !again) << text(from) << " " << text(to);
        }
}

TEST(cluster_broker_state, a_number_from_outside_may_be_none) {
    auto const strange = static_cast<broker_state>(5);
    EXPECT_FALSE(is_known(strange));
    EXPECT_FALSE(may_become(broker_state::alive, strange));
    EXPECT_FALSE(may_become(strange, broker_state::alive));
    EXPECT_FALSE(may_become(strange, strange));
}

}  // namespace
}  // namespace chronik::cluster
