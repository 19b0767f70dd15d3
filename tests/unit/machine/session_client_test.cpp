// SPDX-License-Identifier: Apache-2.0
#include "session_fixture.hpp"

#include <gtest/gtest.h>

namespace {

using namespace session_test;
using machine::session_client;

machine::session_command sent(session_client& client, std::string_view text) {
    auto const numbered = client.number(shared_bytes::copy_of(text), stamp_ms{7});
    return std::get<machine::session_command>(*machine::session_commands::decode(numbered->payload));
}

TEST(session_client, numbers_commands_from_one) {
    session_client client{session_id{5}, 4};

    EXPECT_EQ(sent(client, "a"), (machine::session_command{session_id{5}, session_serial{1}, session_serial{1},
                                                           stamp_ms{7}, shared_bytes::copy_of("a")}));
    EXPECT_EQ(sent(client, "b").serial, session_serial{2});
}

TEST(session_client, is_busy_while_its_window_is_full) {
    session_client client{session_id{5}, 2};
    sent(client, "a");
    sent(client, "b");

    EXPECT_FALSE(client.has_room());
    EXPECT_EQ(client.number(shared_bytes{}, stamp_ms{}).error(), errc::busy);

    client.answered(session_serial{1});
    EXPECT_EQ(sent(client, "c").serial, session_serial{3});
}

TEST(session_client, says_what_is_answered_without_gaps) {
    session_client client{session_id{5}, 8};
    for (auto const* text : {"a", "b", "c", "d"}) sent(client, text);

    client.answered(session_serial{3});
    client.answered(session_serial{2});
    EXPECT_EQ(sent(client, "e").answered_below, session_serial{1}) << "the first is still open";

    client.answered(session_serial{1});
    client.answered(session_serial{1});
    EXPECT_EQ(sent(client, "f").answered_below, session_serial{4});
}

TEST(session_client, what_it_numbers_fits_into_the_window_of_the_group) {
    group under_test{{.sessions_max = 4, .window = 3, .idle_ms_max = 0}};
    session_client client{under_test.open().session, 3};

    for (int round = 0; round < 10; ++round) {
        std::vector<session_client::numbered> open;
        while (client.has_room()) open.push_back(*client.number(shared_bytes::copy_of("x"), stamp_ms{}));
        for (auto last = open.rbegin(); last != open.rend(); ++last) {
            EXPECT_EQ(under_test.apply(last->payload).status, session_status::applied);
            client.answered(last->serial);
        }
    }
    EXPECT_EQ(under_test.text(), std::string(30, 'x'));
}

}  // namespace
