// SPDX-License-Identifier: Apache-2.0
// expect-error: a placement may be impossible
// expect-lines-max: 25
#include <chronik/assign/concepts.hpp>

using namespace chronik;

struct optimist {
#ifdef CHRONIK_FIXED
    result<assign::assignment> place(std::span<assign::member const>, std::span<assign::load const>, std::uint32_t,
                                     std::uint32_t) const;
#else
    assign::assignment place(std::span<assign::member const>, std::span<assign::load const>, std::uint32_t,
                             std::uint32_t) const;
#endif
};
static_assert(assign::placement<optimist>, "a placement may be impossible: result<assignment>");
