// SPDX-License-Identifier: Apache-2.0
#include <chronik/machine/session_commands.hpp>

#include <gtest/gtest.h>

#include <initializer_list>

namespace {

using namespace chronik;
using namespace chronik::machine;

shared_bytes bytes_of(std::initializer_list<int> values) {
    std::vector<std::byte> out;
    for (int const each : values) out.push_back(static_cast<std::byte>(each));
    return shared_bytes{std::move(out)};
}

// docs/formats/session_commands.md
TEST(session_commands, have_these_bytes) {
    EXPECT_EQ(session_commands::encode(open_session{stamp_ms{0x0102}}), bytes_of({1, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(session_commands::encode(close_session{session_id{9}, stamp_ms{1}}),
              bytes_of({2, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}));
    EXPECT_EQ(session_commands::encode(session_command{session_id{9}, session_serial{3}, session_serial{2}, stamp_ms{1},
                                                       shared_bytes::copy_of("ab")}),
              bytes_of({3, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0,
                        0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3, 'a', 'b'}));
}

TEST(session_commands, come_back_as_they_were) {
    session_command const sent{session_id{7}, session_serial{5}, session_serial{4}, stamp_ms{3},
                               shared_bytes::copy_of("inner")};
    auto const decoded = session_commands::decode(*session_commands::encode(sent));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(std::get<session_command>(*decoded), sent);
}

}  // namespace
