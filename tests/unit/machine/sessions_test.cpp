// SPDX-License-Identifier: Apache-2.0
#include "session_fixture.hpp"

#include <laws/session_laws.hpp>
#include <laws/snapshot_laws.hpp>

#include <gtest/gtest.h>

namespace {

using namespace session_test;

TEST(sessions, a_session_is_named_after_the_entry_that_opened_it) {
    group under_test;
    under_test.apply(shared_bytes::copy_of("?"));

    auto const opened = under_test.open();

    EXPECT_EQ(opened.status, session_status::opened);
    EXPECT_EQ(opened.session, session_id{2}) << "the second entry";
}

TEST(sessions, a_command_reaches_the_machine_inside_with_its_own_payload_and_index) {
    struct reporter {
        using result_type = std::uint64_t;
        std::string seen{};
        result_type apply(entry const& committed) {
            seen = committed.payload.text();
            return committed.index.value;
        }
    };
    machine::sessions<reporter> state{reporter{}};
    auto const apply = [&](std::uint64_t index, auto const& command) {
        return state.apply({.term = log_term{1},
                            .index = log_index{index},
                            .kind = entry_kind::command,
                            .base_offset = {},
                            .record_count = 0,
                            .payload = *machine::session_commands::encode(command)});
    };
    apply(3, machine::open_session{});

    auto const answer = apply(8, machine::session_command{session_id{3}, session_serial{1}, session_serial{1},
                                                          stamp_ms{}, shared_bytes::copy_of("inner")});

    EXPECT_EQ(answer.value, 8U);
    EXPECT_EQ(state.inner().seen, "inner");
}

// Thesis section 6.3: "if it receives a command whose serial number has already been executed, it responds
// immediately without re-executing the request".
TEST(sessions, a_command_that_comes_twice_is_applied_once_and_answered_twice) {
    group under_test;
    auto const id = under_test.open().session;
    auto const first = under_test.say(id, 1, "a");
    under_test.say(id, 2, "b");

    auto const again = under_test.say(id, 1, "a");

    EXPECT_EQ(first.status, session_status::applied);
    EXPECT_EQ(again.status, session_status::repeated);
    EXPECT_EQ(again.value, "a") << "the answer of that time, not of this one";
    EXPECT_EQ(under_test.text(), "ab");
}

TEST(sessions, commands_of_one_session_may_arrive_in_any_order) {
    group under_test;
    auto const id = under_test.open().session;

    under_test.say(id, 3, "c");
    under_test.say(id, 1, "a");
    EXPECT_EQ(under_test.say(id, 3, "c").status, session_status::repeated);
    EXPECT_EQ(under_test.say(id, 2, "b").status, session_status::applied);

    EXPECT_EQ(under_test.text(), "cab");
}

TEST(sessions, two_sessions_have_serials_of_their_own) {
    group under_test;
    auto const one = under_test.open().session;
    auto const other = under_test.open().session;

    under_test.say(one, 1, "a");
    EXPECT_EQ(under_test.say(other, 1, "b").status, session_status::applied);

    EXPECT_EQ(under_test.text(), "ab");
}

TEST(sessions, an_answer_that_the_client_has_is_not_kept) {
    group under_test;
    auto const id = under_test.open().session;
    under_test.say(id, 1, "a");
    under_test.say(id, 2, "b");

    under_test.say(id, 3, "c", 3);

    EXPECT_EQ(under_test.say(id, 1, "a").status, session_status::forgotten);
    EXPECT_EQ(under_test.say(id, 2, "b").status, session_status::forgotten);
    EXPECT_EQ(under_test.say(id, 3, "c").status, session_status::repeated);
    EXPECT_EQ(under_test.text(), "abc");
}

TEST(sessions, a_session_keeps_no_more_answers_than_its_window) {
    group under_test{{.sessions_max = 4, .window = 2, .idle_ms_max = 0}};
    auto const id = under_test.open().session;
    under_test.say(id, 1, "a");
    under_test.say(id, 2, "b");

    EXPECT_EQ(under_test.say(id, 3, "c").status, session_status::outside_window);
    EXPECT_EQ(under_test.say(id, ~0ULL, "z").status, session_status::outside_window);
    EXPECT_EQ(under_test.say(id, 3, "c", 2).status, session_status::applied) << "one answer has arrived";

    EXPECT_EQ(under_test.text(), "abc");
}

TEST(sessions, a_command_of_no_session_is_not_applied) {
    group under_test;
    under_test.open();

    EXPECT_EQ(under_test.say(session_id{}, 1, "a").status, session_status::unknown_session);
    EXPECT_EQ(under_test.say(session_id{9}, 1, "a").status, session_status::unknown_session);
    EXPECT_EQ(under_test.close(session_id{9}).status, session_status::unknown_session);

    EXPECT_EQ(under_test.text(), "");
}

TEST(sessions, a_closed_session_is_gone) {
    group under_test;
    auto const id = under_test.open().session;
    EXPECT_EQ(under_test.close(id).status, session_status::closed);

    EXPECT_EQ(under_test.say(id, 1, "a").status, session_status::expired_session);
    EXPECT_EQ(under_test.close(id).status, session_status::expired_session);
    EXPECT_EQ(under_test.state.table().size(), 0U);
}

TEST(sessions, bytes_that_are_no_command_change_nothing) {
    group under_test;
    auto const id = under_test.open().session;

    EXPECT_EQ(under_test.apply({}).status, session_status::malformed);
    EXPECT_EQ(under_test.apply(shared_bytes::copy_of(std::string_view("\3\0\0", 3))).status,
              session_status::malformed);
    EXPECT_EQ(under_test.apply(shared_bytes::copy_of(std::string_view("\3\0\1", 3))).status,
              session_status::unsupported)
        << "version 1 of the third command is a newer release's";

    EXPECT_EQ(under_test.say(id, 1, "a").status, session_status::applied);
    EXPECT_EQ(under_test.text(), "a");
}

TEST(sessions, a_session_expires_by_the_stamps_in_the_log) {
    group under_test{{.sessions_max = 4, .window = 4, .idle_ms_max = 1000}};
    auto const quiet = under_test.open(5000).session;
    auto const busy = under_test.open(5000).session;
    under_test.say(busy, 1, "a", 1, 6000);

    EXPECT_EQ(under_test.say(quiet, 1, "b", 1, 6001).status, session_status::expired_session);
    EXPECT_EQ(under_test.say(busy, 2, "c", 1, 7000).status, session_status::applied);

    EXPECT_EQ(under_test.text(), "ac");
}

TEST(sessions, a_stamp_from_a_slow_clock_does_not_turn_the_time_back) {
    group under_test{{.sessions_max = 4, .window = 4, .idle_ms_max = 1000}};
    auto const id = under_test.open(5000).session;

    EXPECT_EQ(under_test.say(id, 1, "a", 1, 10).status, session_status::applied);
    EXPECT_EQ(under_test.state.table().time(), stamp_ms{5000});
    EXPECT_EQ(under_test.say(id, 2, "b", 1, 6000).status, session_status::applied) << "used at 5000, by the log";
}

TEST(sessions, a_new_session_takes_the_place_of_the_least_recently_used) {
    group under_test{{.sessions_max = 2, .window = 4, .idle_ms_max = 0}};
    auto const first = under_test.open().session;
    auto const second = under_test.open().session;
    under_test.say(first, 1, "a");

    auto const third = under_test.open().session;

    EXPECT_EQ(under_test.state.table().size(), 2U);
    EXPECT_EQ(under_test.say(second, 1, "b").status, session_status::expired_session);
    EXPECT_EQ(under_test.say(first, 2, "c").status, session_status::applied);
    EXPECT_EQ(under_test.say(third, 1, "d").status, session_status::applied);
}

TEST(sessions, everything_happens_once_whatever_the_network_does) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) laws::every_command_is_applied_exactly_once<text_machine>(seed);
}

/// Entries as they commit: one session opens, says two things, repeats one, and another opens.
std::vector<entry> some_commands() {
    using namespace machine;
    std::vector<shared_bytes> const payloads{
        *session_commands::encode(open_session{stamp_ms{5}}),
        *session_commands::encode(session_command{session_id{1}, session_serial{1}, session_serial{1}, stamp_ms{6},
                                                  shared_bytes::copy_of("a")}),
        *session_commands::encode(session_command{session_id{1}, session_serial{2}, session_serial{2}, stamp_ms{7},
                                                  shared_bytes::copy_of("b")}),
        *session_commands::encode(session_command{session_id{1}, session_serial{2}, session_serial{2}, stamp_ms{8},
                                                  shared_bytes::copy_of("b")}),
        *session_commands::encode(open_session{stamp_ms{9}}),
    };
    std::vector<entry> made;
    for (auto const& payload : payloads)
        made.push_back({log_term{1}, log_index{made.size() + 1}, entry_kind::command, {}, 0, payload});
    return made;
}

TEST(sessions, a_snapshot_has_the_sessions_and_the_machine_inside) {
    auto const make = [] { return text_sessions{text_machine{}}; };
    laws::snapshot_laws(make, some_commands(), shared_bytes::copy_of("\1nonsense"));
}

TEST(sessions, an_answer_is_repeated_also_after_a_restore) {
    group before;
    auto const id = before.open(7).session;
    before.say(id, 1, "a", 1, 8);
    before.say(id, 2, "b", 2, 9);

    group after;
    after.last = before.last;
    ASSERT_TRUE(after.state.restore(laws::joined(before.state.snapshot())));

    EXPECT_EQ(after.say(id, 2, "b").status, session_status::repeated);
    EXPECT_EQ(after.say(id, 1, "a").status, session_status::forgotten);
    EXPECT_EQ(after.say(session_id{3}, 1, "x").status, session_status::unknown_session) << "none beyond 1 was opened";
    EXPECT_EQ(after.text(), "ab");
    EXPECT_EQ(after.state.table().time(), stamp_ms{9});
}

TEST(sessions, a_restore_is_all_or_nothing) {
    group under_test;
    auto const id = under_test.open().session;
    under_test.say(id, 1, "a");
    auto const before = laws::joined(under_test.state.snapshot());
    auto const with = [&](std::size_t at, char value) {
        std::string bytes{before.text()};
        bytes.resize(std::max(bytes.size(), at + 1));
        bytes[at] = value;
        return shared_bytes::copy_of(bytes);
    };

    EXPECT_EQ(under_test.state.restore({}).error(), errc::malformed);
    EXPECT_EQ(under_test.state.restore(with(0, 2)).error(), errc::unsupported_version);
    EXPECT_EQ(under_test.state.restore(with(before.size(), '?')).error(), errc::malformed)
        << "refused by the machine inside";
    EXPECT_EQ(under_test.state.restore(with(9, 0)).error(), errc::malformed)
        << "the newest session is older than one that is there";

    EXPECT_EQ(laws::joined(under_test.state.snapshot()), before);
}

}  // namespace
