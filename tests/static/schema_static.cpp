// SPDX-License-Identifier: Apache-2.0
#include <archetypes/format.hpp>
#include <unit/schema/messages.hpp>

#include <chronik/schema/decode.hpp>
#include <chronik/schema/encode.hpp>
#include <chronik/schema/entry.hpp>
#include <chronik/schema/layout.hpp>
#include <chronik/schema/plain_format.hpp>

#include <map>

namespace {

using namespace schema_test;

static_assert(schema::described<drawing>);
static_assert(schema::described<entry>);
static_assert(!schema::described<int>);
static_assert(schema::format<schema::plain_format>);
static_assert(schema::format<archetypes::format>);
static_assert(!schema::format<int>);
static_assert(schema::writer<archetypes::writer>);
static_assert(schema::writer<byte_writer>);
static_assert(!schema::writer<byte_reader>);
static_assert(!schema::detail::supported_value<std::map<int, int>>);
static_assert(!schema::detail::supported_value<std::vector<bool>>);
static_assert(!schema::detail::supported_value<float>);

static_assert(schema::layout<point>(0) == "x i32, y i32");
static_assert(schema::layout<drawing>(0) ==
              "name string, visible bool, tint i16, scale f64, author u32, points []{x i32, y i32}, image bytes, "
              "thumbnail bytes, old_size i32");
static_assert(schema::layout<drawing>(1) ==
              "name string, visible bool, tint i16, scale f64, author u32, points []{x i32, y i32}, note string, "
              "deadline ?i64, image bytes, thumbnail bytes, old_size i32");
static_assert(schema::layout<drawing>(2) ==
              "name string, visible bool, tint i16, scale f64, author u32, points []{x i32, y i32}, note ?string, "
              "deadline ?i64, origin ?{x i32, y i32} @0, image bytes, thumbnail bytes, id uuid");
static_assert(schema::layout<entry>(0) ==
              "term u64, index u64, kind u8, base_offset u64, record_count u32, payload bytes");

static_assert(schema::versions{2, 4}.contains(2) && schema::versions{2, 4}.contains(4));
static_assert(!schema::versions{2, 4}.contains(1) && !schema::versions{2, 4}.contains(5));
static_assert(schema::no_versions.empty());

/// The archetypes have nothing but what the concepts ask for, and that is enough for every field type.
[[maybe_unused]] result<drawing> through_the_archetypes(drawing const& message, shared_bytes const& input) {
    archetypes::writer out;
    static_cast<void>(schema::encode(message, 2, archetypes::format{}, out));
    return schema::decode<drawing>(input, 2, archetypes::format{});
}

}  // namespace
