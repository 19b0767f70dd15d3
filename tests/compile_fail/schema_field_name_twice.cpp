// SPDX-License-Identifier: Apache-2.0
// expect-error: two fields have the same name
// expect-lines-max: 25
#include <chronik/schema/size.hpp>
#include <chronik/schema/plain_format.hpp>

using namespace chronik;

struct point {
    std::int32_t x = 0;
    std::int32_t y = 0;
#ifdef CHRONIK_FIXED
    static constexpr auto schema =
        boost::hana::make_tuple(schema::field<"x", &point::x>{}, schema::field<"y", &point::y>{});
#else
    static constexpr auto schema =
        boost::hana::make_tuple(schema::field<"x", &point::x>{}, schema::field<"x", &point::y>{});
#endif
};

auto use(point const& what) { return schema::size(what, 0, schema::plain_format{}); }
