// SPDX-License-Identifier: Apache-2.0
// expect-error: bytes are more than numbers
// expect-lines-max: 25
#include <chronik/schema/concepts.hpp>

struct counter_of_numbers {
    template <std::integral T, std::endian>
    void number(T) {}
#ifdef CHRONIK_FIXED
    void run(std::span<std::byte const>) {}
#endif
};
static_assert(chronik::schema::writer<counter_of_numbers>, "bytes are more than numbers");
