// SPDX-License-Identifier: Apache-2.0
#include <chronik/assign/sticky.hpp>
#include <chronik/assign/round_robin.hpp>

#include "../../laws/rebalance_laws.hpp"

namespace chronik::laws {

using plain = assign::sticky<assign::round_robin>;
using by_rack = assign::sticky<assign::rack_aware>;

using cases = ::testing::Types<placement_under_test<plain, false>, placement_under_test<by_rack, true>>;
INSTANTIATE_TYPED_TEST_SUITE_P(sticky, placement_laws, cases);

using moving_cases = ::testing::Types<rebalancing_under_test<plain, false, moves::few>,
                                      rebalancing_under_test<by_rack, true, moves::few>>;
INSTANTIATE_TYPED_TEST_SUITE_P(sticky, rebalancing_laws, moving_cases);

}  // namespace chronik::laws
