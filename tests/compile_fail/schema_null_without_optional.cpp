// SPDX-License-Identifier: Apache-2.0
// expect-error: a plain member cannot be null
// expect-lines-max: 25
#include <chronik/schema/size.hpp>
#include <chronik/schema/plain_format.hpp>

using namespace chronik;

struct note {
#ifdef CHRONIK_FIXED
    std::optional<std::string> text;
#else
    std::string text;
#endif
    static constexpr auto schema =
        boost::hana::make_tuple(schema::field<"text", &note::text, schema::nullable_since(2)>{});
};

auto use(note const& what) { return schema::size(what, 0, schema::plain_format{}); }
