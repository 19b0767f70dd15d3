// SPDX-License-Identifier: Apache-2.0
#include <chronik/schema/decode.hpp>
#include <chronik/schema/encode.hpp>
#include <chronik/schema/layout.hpp>
#include <chronik/schema/plain_format.hpp>
#include <chronik/schema/print.hpp>

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

// A message described once: its bytes in two versions, back again, and as text.
// prints: version 0: 10 bytes, {bird: "heron", count: 2, ring: null}
// prints: version 1: 15 bytes, {bird: "heron", count: 2, ring: "B-17"}
// prints: forged: malformed bytes

using namespace chronik;
using schema::field;

struct sighting {
    std::string bird;
    std::int32_t count = 1;
    std::optional<std::string> ring;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"bird", &sighting::bird>{}, field<"count", &sighting::count>{},
        field<"ring", &sighting::ring, chronik::schema::since(1), chronik::schema::ignorable>{});
};

int main() {
    sighting const seen{"heron", 2, "B-17"};
    for (schema::version version = 0; version <= 1; ++version) {
        std::vector<std::byte> bytes;
        byte_writer out{bytes};
        if (!schema::encode(seen, version, schema::plain_format{}, out)) return 1;
        std::size_t const size = bytes.size();
        auto const read = schema::decode<sighting>(shared_bytes{std::move(bytes)}, version, schema::plain_format{});
        if (!read) return 1;
        std::printf("version %d: %zu bytes, %s\n", version, size, schema::print(*read).c_str());
    }
    // A reader never trusts a length: these bytes announce more than they bring.
    auto const forged = schema::decode<sighting>(shared_bytes::copy_of("\x7fheron"), 0, schema::plain_format{});
    std::printf("forged: %s\n", forged ? "accepted" : forged.error().message().c_str());
}
