// SPDX-License-Identifier: Apache-2.0
//
// Bytes from outside, read every way the broker reads them: request headers and bodies of every API and version,
// record batches, compressed records, and our own plain format. Whatever decodes must encode again to the same.
//
// CTest runs a fixed number of inputs. To search for longer, with a corpus that is kept:
//     cmake --preset clang && cmake --build build/clang --target fuzz_wire
//     build/clang/tests/fuzz_wire -max_total_time=600 -max_len=4096 corpus/
// The first byte of an input chooses the target, the second the version. The golden messages make good seeds.
#include <chronik/schema/decode.hpp>
#include <chronik/schema/encode.hpp>
#include <chronik/schema/plain_format.hpp>
#include <chronik/schema/print.hpp>

#include <unit/schema/messages.hpp>

#include <wire/compression.hpp>
#include <wire/headers.hpp>
#include <wire/record_batch.hpp>
#include <wire/records.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

namespace {

using namespace broker::wire;
using chronik::shared_bytes;

/// What a tiny input may become; the broker's own limit would make each run slow, not stronger.
constexpr std::size_t output_bytes_max = std::size_t{1} << 20;

void expect(bool holds) {
    if (!holds) std::abort();
}

std::vector<std::byte> flat(std::vector<shared_bytes> const& runs) {
    std::vector<std::byte> joined;
    for (auto const& run : runs) joined.insert(joined.end(), run.view().begin(), run.view().end());
    return joined;
}

template <class Message>
void message(shared_bytes const& input, schema::version at) {
    auto const first = decode<Message>(input, at);
    if (!first) return;
    gather_writer out;
    expect(encode(*first, at, out).has_value());
    auto const second = decode<Message>(shared_bytes{flat(std::move(out).finish())}, at);
    expect(second && *second == *first && print(*second) == print(*first));
}

void every_api(std::size_t nth, shared_bytes const& input, schema::version at) {
    auto const key = api_infos[nth % api_infos.size()].key;
    visit_api(key, [&]<class Api>(Api) {
        auto const version = static_cast<schema::version>(at % (Api::request::described_versions.last + 1));
        message<typename Api::request>(input, version);
        message<typename Api::response>(input, version);
    });
}

void record_set(std::span<std::byte const> input) {
    static_cast<void>(single_batch(input));
    batch_cursor cursor{input};
    while (auto const batch = cursor.next()) {
        static_cast<void>(validate(*batch));
        static_cast<void>(validate_records(*batch, keys::optional, output_bytes_max));
    }
    expect(cursor.rest().size() <= input.size());
}

void plain(shared_bytes const& input, schema::version at) {
    constexpr schema::plain_format format;
    auto const version = static_cast<schema::version>(at % 3);
    auto const first = schema::decode<schema_test::drawing>(input, version, format);
    if (!first) return;
    std::vector<std::byte> bytes;
    chronik::byte_writer out{bytes};
    expect(schema::encode(*first, version, format, out).has_value());
    auto const second = schema::decode<schema_test::drawing>(shared_bytes{std::move(bytes)}, version, format);
    expect(second && schema::print(*second) == schema::print(*first));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size < 2) return 0;
    auto const input = shared_bytes::copy_of(std::as_bytes(std::span{data + 2, size - 2}));
    auto const at = static_cast<chronik::schema::version>(data[1]);
    switch (data[0] % 16) {
        case 0: static_cast<void>(read_request(input)); break;
        case 1: record_set(input.view()); break;
        case 2: {
            auto const codec = static_cast<compression_type>(1 + at % 4);
            auto const done = decompress(codec, input.view(), output_bytes_max);
            expect(!done || done->size() <= output_bytes_max);
            break;
        }
        case 3: plain(input, at); break;
        case 4: {
            record_cursor cursor{input.view(), at};
            while (cursor.next()) {}
            break;
        }
        default: every_api(data[0], input, at); break;
    }
    return 0;
}
