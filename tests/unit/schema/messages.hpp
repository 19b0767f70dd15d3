// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/schema/concepts.hpp>
#include <chronik/schema/shared_chain.hpp>
#include <chronik/schema/uuid.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Messages that only the tests of schema/ know.
namespace schema_test {

using namespace chronik;
using schema::field;
using schema::ignorable;
using schema::nullable_since;
using schema::since;
using schema::tagged;
using schema::until;

enum class colour : std::int16_t { red = 1, green = 2 };

struct point {
    std::int32_t x = 0;
    std::int32_t y = -1;

    static constexpr auto schema = boost::hana::make_tuple(field<"x", &point::x>{}, field<"y", &point::y>{});
    bool operator==(point const&) const = default;
};

struct drawing {
    std::string name;
    bool visible = false;
    colour tint = colour::red;
    double scale = 1.0;
    node_id author;
    std::vector<point> points;
    std::optional<std::string> note;
    std::optional<std::int64_t> deadline;
    std::optional<point> origin;
    shared_bytes image;
    std::vector<std::byte> thumbnail;
    schema::uuid id;
    std::int32_t old_size = 7;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &drawing::name>{}, field<"visible", &drawing::visible>{}, field<"tint", &drawing::tint>{},
        field<"scale", &drawing::scale>{}, field<"author", &drawing::author>{}, field<"points", &drawing::points>{},
        field<"note", &drawing::note, since(1), nullable_since(2), ignorable>{},
        field<"deadline", &drawing::deadline, since(1)>{}, field<"origin", &drawing::origin, tagged<0>(2)>{},
        field<"image", &drawing::image>{}, field<"thumbnail", &drawing::thumbnail>{},
        field<"id", &drawing::id, since(2), ignorable>{}, field<"old_size", &drawing::old_size, until(1)>{});
    static constexpr chronik::schema::versions described_versions{0, 2};
    bool operator==(drawing const&) const = default;
};

struct tree {
    std::int8_t leaf = 0;
    std::vector<tree> children;

    static constexpr auto schema =
        boost::hana::make_tuple(field<"leaf", &tree::leaf>{}, field<"children", &tree::children>{});
    bool operator==(tree const& other) const { return leaf == other.leaf && children == other.children; }
};

/// Why there is no result; no error if there is one.
template <class T>
std::error_code error_of(result<T> const& outcome) {
    return outcome ? std::error_code{} : outcome.error();
}

inline drawing sample() {
    drawing made;
    made.name = "a\nb";
    made.visible = true;
    made.tint = colour::green;
    made.scale = 2.5;
    made.author = node_id{9};
    made.points = {{1, 2}, {-3, 4}};
    made.note = "n";
    made.deadline = 77;
    made.origin = point{5, 6};
    made.image = shared_bytes::copy_of("image");
    made.thumbnail = {std::byte{1}, std::byte{2}};
    made.id.bytes[15] = std::byte{0xab};
    return made;
}

}  // namespace schema_test
