// SPDX-License-Identifier: Apache-2.0
#include <chronik/assign/cooperative_sticky.hpp>
#include <chronik/assign/round_robin.hpp>

#include "../../laws/rebalance_laws.hpp"

namespace chronik::laws {

using plain = assign::cooperative_sticky<assign::round_robin>;
using by_rack = assign::cooperative_sticky<assign::rack_aware>;

using cases = ::testing::Types<placement_under_test<plain, false>, placement_under_test<by_rack, true>>;
INSTANTIATE_TYPED_TEST_SUITE_P(cooperative_sticky, placement_laws, cases);

using moving_cases = ::testing::Types<rebalancing_under_test<plain, false, moves::in_turn>,
                                      rebalancing_under_test<by_rack, true, moves::in_turn>>;
INSTANTIATE_TYPED_TEST_SUITE_P(cooperative_sticky, rebalancing_laws, moving_cases);

}  // namespace chronik::laws
