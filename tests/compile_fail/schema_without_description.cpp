// SPDX-License-Identifier: Apache-2.0
// expect-error: a message says what it is made of
// expect-lines-max: 25
#include <chronik/schema/concepts.hpp>
#include <chronik/schema/field.hpp>

struct mute {
    int value = 0;
#ifdef CHRONIK_FIXED
    static constexpr auto schema = boost::hana::make_tuple(chronik::schema::field<"value", &mute::value>{});
#endif
};
static_assert(chronik::schema::described<mute>, "a message says what it is made of");
