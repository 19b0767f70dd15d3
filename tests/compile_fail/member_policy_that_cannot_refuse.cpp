// SPDX-License-Identifier: Apache-2.0
// expect-error: a policy may be impossible to honour
// expect-lines-max: 25
#include <chronik/assign/concepts.hpp>

using namespace chronik;

struct wish {
#ifdef CHRONIK_FIXED
    result<void> apply(std::vector<assign::member>&, std::uint32_t) const;
#else
    void apply(std::vector<assign::member>&, std::uint32_t) const;
#endif
};
static_assert(assign::member_policy<wish>, "a policy may be impossible to honour: result<void>");
