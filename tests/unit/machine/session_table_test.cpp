// SPDX-License-Identifier: Apache-2.0
#include <chronik/machine/session_table.hpp>

#include <gtest/gtest.h>

namespace {

using namespace chronik;
using namespace chronik::machine;

using table_type = session_table<int>;

TEST(session_table, keeps_sessions_in_order_of_use) {
    table_type table{{.sessions_max = 3, .window = 1, .idle_ms_max = 0}};
    for (std::uint64_t index : {1U, 2U, 3U}) table.open(log_index{index});
    table.use(session_id{1}, log_index{4});
    table.use(session_id{2}, log_index{5});

    table.open(log_index{6});

    EXPECT_EQ(table.use(session_id{3}, log_index{7}), nullptr) << "not used since entry 3";
    EXPECT_NE(table.use(session_id{1}, log_index{8}), nullptr);
}

TEST(session_table, time_takes_all_that_were_idle_at_once) {
    table_type table{{.sessions_max = 9, .window = 1, .idle_ms_max = 10}};
    for (std::uint64_t index : {1U, 2U, 3U, 4U}) {
        table.advance(stamp_ms{index});
        table.open(log_index{index});
    }

    table.advance(stamp_ms{12});
    EXPECT_EQ(table.size(), 3U) << "only the first is idle for more than 10";
    table.advance(stamp_ms{~0ULL});
    EXPECT_EQ(table.size(), 0U);
}

TEST(session_table, tells_a_session_that_was_from_one_that_never_was) {
    table_type table{{.sessions_max = 1, .window = 1, .idle_ms_max = 0}};
    table.open(log_index{4});
    table.open(log_index{9});

    EXPECT_EQ(table.absent(session_id{4}), session_status::expired_session);
    EXPECT_EQ(table.absent(session_id{10}), session_status::unknown_session);
    EXPECT_EQ(table.absent(session_id{}), session_status::unknown_session);
}

TEST(session_table, answers_are_found_by_serial_and_dropped_from_below) {
    session<int> one{session_id{1}, {}, {}, session_serial{1}, {{session_serial{2}, 20}, {session_serial{4}, 40}}};

    EXPECT_EQ(one.place_of(session_serial{4})->value, 40);
    one.forget_below(session_serial{4});
    one.forget_below(session_serial{2});

    EXPECT_EQ(one.answered_below, session_serial{4}) << "never backwards";
    EXPECT_EQ(one.answers, (std::vector<kept_answer<int>>{{session_serial{4}, 40}}));
}

TEST(session_table, what_it_keeps_makes_the_same_table_again) {
    table_type table{{.sessions_max = 3, .window = 2, .idle_ms_max = 100}};
    table.advance(stamp_ms{50});
    table.open(log_index{1});
    table.open(log_index{2});
    table.use(session_id{1}, log_index{3})->answers = {{session_serial{1}, 11}};

    table_type again{table.limits()};
    ASSERT_TRUE(again.restore(table.kept()));

    EXPECT_EQ(again.kept(), table.kept());
    again.open(log_index{4});
    again.open(log_index{5});
    EXPECT_EQ(again.absent(session_id{2}), session_status::expired_session) << "the order of use came along";
    EXPECT_NE(again.use(session_id{1}, log_index{6}), nullptr);
}

TEST(session_table, refuses_what_no_table_can_have_kept) {
    using kept_type = kept_sessions<int>;
    session<int> const one{session_id{1}, log_index{1}, {}, session_serial{1}, {}};
    session<int> const two{session_id{2}, log_index{2}, {}, session_serial{1}, {}};
    auto const refused = [](kept_type kept) { return !table_type{{}}.restore(std::move(kept)); };
    auto const changed = [](session<int> from, auto change) {
        change(from);
        return from;
    };

    EXPECT_FALSE(refused({{}, session_id{2}, {one, two}}));
    EXPECT_TRUE(refused({{}, session_id{2}, {two, one}})) << "order";
    EXPECT_TRUE(refused({{}, session_id{2}, {one, one}})) << "twice the same";
    EXPECT_TRUE(refused({{}, session_id{1}, {one, two}})) << "newer than the newest";
    EXPECT_TRUE(refused({{}, session_id{2}, {changed(one, [](auto& s) { s.id = {}; })}}));
    EXPECT_TRUE(refused({{}, session_id{2}, {one, changed(two, [](auto& s) { s.last_used = log_index{1}; })}}))
        << "one entry used two sessions";
    EXPECT_TRUE(refused({{}, session_id{1}, {changed(one, [](auto& s) { s.last_stamp = stamp_ms{1}; })}}))
        << "used after the latest stamp";
    EXPECT_TRUE(refused({{}, session_id{1}, {changed(one, [](auto& s) { s.answered_below = {}; })}}));
    EXPECT_TRUE(refused({{}, session_id{1}, {changed(one, [](auto& s) {
                             s.answers = {{session_serial{2}, 0}, {session_serial{2}, 0}};
                         })}}))
        << "one serial, two answers";
}

}  // namespace
