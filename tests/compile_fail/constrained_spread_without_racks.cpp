// SPDX-License-Identifier: Apache-2.0
// expect-error: to spread by a tag, the strategy must look at racks
// expect-lines-max: 25
#include <chronik/assign/constrained.hpp>
#include <chronik/assign/round_robin.hpp>

using namespace chronik;

#ifdef CHRONIK_FIXED
using base = assign::sticky<assign::rack_aware>;
#else
using base = assign::sticky<assign::round_robin>;
#endif
assign::constrained const strategy{base{}, assign::spread_by_tag{"room"}};
