// SPDX-License-Identifier: Apache-2.0
// expect-error: a field must be an integer, enum, bool, double
// expect-lines-max: 25
#include <chronik/schema/size.hpp>
#include <chronik/schema/plain_format.hpp>

#include <map>

using namespace chronik;

struct table {
#ifdef CHRONIK_FIXED
    std::vector<std::int32_t> rows;
#else
    std::map<std::int32_t, std::int32_t> rows;  // in which order would it travel?
#endif
    static constexpr auto schema = boost::hana::make_tuple(schema::field<"rows", &table::rows>{});
};

auto use(table const& what) { return schema::size(what, 0, schema::plain_format{}); }
