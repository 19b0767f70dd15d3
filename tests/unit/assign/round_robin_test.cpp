// SPDX-License-Identifier: Apache-2.0
#include <chronik/assign/round_robin.hpp>

#include "../../laws/assign_laws.hpp"

namespace chronik::laws {

using cases = ::testing::Types<placement_under_test<assign::round_robin, false>>;
INSTANTIATE_TYPED_TEST_SUITE_P(round_robin, placement_laws, cases);

}  // namespace chronik::laws
