// SPDX-License-Identifier: Apache-2.0
// expect-error: this field is in no version
// expect-lines-max: 25
#include <chronik/schema/field.hpp>

using namespace chronik;

struct visitor {
    std::int32_t nights = 0;
#ifdef CHRONIK_FIXED
    using line = schema::field<"nights", &visitor::nights, schema::since(3), schema::until(4)>;
#else
    using line = schema::field<"nights", &visitor::nights, schema::since(4), schema::until(3)>;
#endif
};

constexpr auto name = visitor::line::name();
