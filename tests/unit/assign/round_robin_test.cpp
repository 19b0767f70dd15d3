// SPDX-License-Identifier: Apache-2.0
#include <chronik/assign/round_robin.hpp>

#include "../../laws/rebalance_laws.hpp"

namespace chronik::laws {

using cases = ::testing::Types<placement_under_test<assign::round_robin, false>>;
INSTANTIATE_TYPED_TEST_SUITE_P(round_robin, placement_laws, cases);

using moving_cases = ::testing::Types<rebalancing_under_test<assign::round_robin, false, moves::any>>;
INSTANTIATE_TYPED_TEST_SUITE_P(round_robin, rebalancing_laws, moving_cases);

}  // namespace chronik::laws
