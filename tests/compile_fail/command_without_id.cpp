// SPDX-License-Identifier: Apache-2.0
// expect-error: a command has a number
// expect-lines-max: 25
#include <chronik/machine/command_set.hpp>

struct nameless {
#ifdef CHRONIK_FIXED
    static constexpr std::uint16_t id = 1;
#endif
    int amount = 0;
    static constexpr auto schema = boost::hana::make_tuple(chronik::schema::field<"amount", &nameless::amount>{});
};
static_assert(chronik::machine::command<nameless>, "a command has a number that is never given to another");
