// SPDX-License-Identifier: Apache-2.0
#include <chronik/assign/rack_aware.hpp>

#include "../../laws/rebalance_laws.hpp"

namespace chronik::laws {

using cases = ::testing::Types<placement_under_test<assign::rack_aware, true>>;
INSTANTIATE_TYPED_TEST_SUITE_P(rack_aware, placement_laws, cases);

using moving_cases = ::testing::Types<rebalancing_under_test<assign::rack_aware, true, moves::any>>;
INSTANTIATE_TYPED_TEST_SUITE_P(rack_aware, rebalancing_laws, moving_cases);

}  // namespace chronik::laws
