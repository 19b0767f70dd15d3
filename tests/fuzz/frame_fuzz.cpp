// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/assert.hpp>
#include <chronik/net/hello.hpp>
#include <chronik/transport/framing.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

/// A peer's stream in pieces of any size: no piece crashes the splitter or the hello, no frame exceeds the limit, and
/// every byte that was taken is accounted for.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    constexpr std::size_t limit = 512;
    std::size_t const piece_bytes = std::size_t{1} + data[0];
    std::span<std::byte const> rest = std::as_bytes(std::span{data, size}).subspan(1);
    chronik::transport::splitter in(limit);
    std::size_t given = 0;
    while (!rest.empty()) {
        auto const room = in.prepare();
        CHRONIK_ASSERT(!room.empty());
        std::size_t const count = std::min({rest.size(), piece_bytes, room.size()});
        std::ranges::copy(rest.first(count), room.begin());
        in.commit(count);
        rest = rest.subspan(count);
        for (;;) {
            auto const frame = in.next();
            if (!frame) return 0;
            if (!*frame) break;
            CHRONIK_ASSERT((*frame)->body.size() <= limit);
            given += chronik::transport::frame_header::bytes + (*frame)->body.size();
            CHRONIK_ASSERT(given < size);
            if (auto const hello = chronik::net::hello::decoded(**frame)) {
                CHRONIK_ASSERT(hello->sender != chronik::no_node);
            }
        }
    }
    return 0;
}
