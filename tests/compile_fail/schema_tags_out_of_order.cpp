// SPDX-License-Identifier: Apache-2.0
// expect-error: tags must ascend in the order of the fields
// expect-lines-max: 25
#include <chronik/schema/size.hpp>
#include <chronik/schema/plain_format.hpp>

using namespace chronik;

struct hints {
    std::int32_t first = 0;
    std::int32_t second = 0;
#ifdef CHRONIK_FIXED
    static constexpr auto schema = boost::hana::make_tuple(
        schema::field<"first", &hints::first, schema::tagged<0>(1)>{},
        schema::field<"second", &hints::second, schema::tagged<1>(1)>{});
#else
    static constexpr auto schema = boost::hana::make_tuple(
        schema::field<"first", &hints::first, schema::tagged<1>(1)>{},
        schema::field<"second", &hints::second, schema::tagged<0>(1)>{});
#endif
};

auto use(hints const& what) { return schema::size(what, 0, schema::plain_format{}); }
