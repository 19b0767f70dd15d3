// SPDX-License-Identifier: Apache-2.0
#include <chronik/node/pair_watch.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

namespace chronik {
namespace {

using namespace std::chrono_literals;

constexpr node_id leader{1};
constexpr node_id follower{2};
constexpr time_point at(duration since) { return time_point{since}; }

TEST(resting_set, is_equal_for_equal_groups_in_any_order_and_for_no_others) {
    resting_set some, same, other_term, fewer;
    for (std::uint64_t each : {1U, 2U, 3U}) some.add(group_id{each}, log_term{5});
    for (std::uint64_t each : {3U, 1U, 2U}) same.add(group_id{each}, log_term{5});
    for (std::uint64_t each : {1U, 2U}) other_term.add(group_id{each}, log_term{5});
    for (std::uint64_t each : {1U, 2U}) fewer.add(group_id{each}, log_term{5});
    other_term.add(group_id{3}, log_term{6});

    EXPECT_EQ(some, same);
    EXPECT_NE(some, other_term);
    EXPECT_NE(some, fewer);
    fewer.add(group_id{9}, log_term{1});
    fewer.remove(group_id{9}, log_term{1});
    fewer.add(group_id{3}, log_term{5});
    EXPECT_EQ(some, fewer);
}

TEST(resting_set, no_two_of_many_small_sets_look_alike) {
    std::vector<std::uint64_t> seen;
    for (std::uint64_t group = 0; group < 300; ++group)
        for (std::uint64_t term = 0; term < 100; ++term) {
            resting_set one;
            one.add(group_id{group}, log_term{term});
            seen.push_back(one.digest());
        }
    std::ranges::sort(seen);
    EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end());
}

/// Two nodes, one of which leads, and a way between them that a test can cut.
struct watched_pair : ::testing::Test {
    pair_watch leading{100ms, 300ms};
    pair_watch following{100ms, 300ms};
    time_point now = at(0ms);
    bool cut = false;
    int beats = 0;
    std::vector<std::pair<node_id, time_point>> roused_by_leading;
    std::vector<std::pair<node_id, time_point>> roused_by_following;

    void both_rest(std::uint64_t group, std::uint64_t term = 1) {
        leading.lead(follower, group_id{group}, log_term{term}, now);
        following.follow(leader, group_id{group}, log_term{term}, now);
    }
    void pass(duration span) {
        time_point const end = now + span;
        while (true) {
            time_point const next = std::min(leading.wake_at(), following.wake_at());
            if (next > end) break;
            now = next;
            leading.visit_due(now,
                              [&](node_id, pair_beat const& beat) {
                                  ++beats;
                                  if (!cut) leading.hear(follower, following.hear(leader, beat, now), now);
                              },
                              [&](node_id silent, time_point heard) {
                                  roused_by_leading.emplace_back(silent, heard);
                                  leading.lead_no_more(follower, group_id{1}, log_term{1});
                              });
            following.visit_due(now, [](node_id, pair_beat const&) { FAIL() << "it leads nothing"; },
                                [&](node_id silent, time_point heard) {
                                    roused_by_following.emplace_back(silent, heard);
                                    following.follow_no_more(leader, group_id{1}, log_term{1});
                                });
        }
        now = end;
    }
};

TEST_F(watched_pair, one_beat_an_interval_is_enough_for_any_number_of_groups) {
    for (std::uint64_t group = 1; group <= 1000; ++group) both_rest(group);
    pass(10s);
    EXPECT_EQ(beats, 100);
    EXPECT_TRUE(roused_by_leading.empty());
    EXPECT_TRUE(roused_by_following.empty());
}

TEST_F(watched_pair, nothing_rests_and_nothing_is_sent) {
    both_rest(1);
    leading.lead_no_more(follower, group_id{1}, log_term{1});
    following.follow_no_more(leader, group_id{1}, log_term{1});
    EXPECT_EQ(leading.wake_at(), never);
    EXPECT_EQ(following.wake_at(), never);
}

TEST_F(watched_pair, silence_wakes_both_and_says_since_when) {
    both_rest(1);
    pass(1s);
    cut = true;
    pass(1s);
    EXPECT_EQ(roused_by_leading, (std::vector{std::pair{follower, at(1s)}}));
    EXPECT_EQ(roused_by_following, (std::vector{std::pair{leader, at(1s)}}));
}

TEST_F(watched_pair, who_is_woken_though_other_messages_came_counts_from_the_last_of_them) {
    both_rest(1);
    pass(1s);
    cut = true;
    pass(250ms);
    leading.hear(follower, now);
    following.hear(leader, now);
    pass(1s);
    EXPECT_EQ(roused_by_leading, (std::vector{std::pair{follower, at(1250ms)}}));
    EXPECT_EQ(roused_by_following, (std::vector{std::pair{leader, at(1250ms)}}));
}

TEST_F(watched_pair, a_group_that_only_one_of_them_counts_wakes_both) {
    both_rest(1);
    leading.lead(follower, group_id{2}, log_term{1}, now);
    pass(250ms);
    EXPECT_TRUE(roused_by_leading.empty()) << "messages that are on their way do that as well";
    pass(100ms);
    EXPECT_EQ(roused_by_leading.size(), 1U);
    EXPECT_EQ(roused_by_following.size(), 1U);
}

TEST_F(watched_pair, the_same_group_in_another_term_is_not_the_same) {
    leading.lead(follower, group_id{1}, log_term{1}, now);
    following.follow(leader, group_id{1}, log_term{2}, now);
    EXPECT_FALSE(following.hear(leader, {1, 0, 0}, now).same);
    pair_watch other{100ms, 300ms};
    other.follow(leader, group_id{1}, log_term{1}, now);
    std::optional<pair_beat> sent;
    leading.visit_due(at(100ms), [&](node_id, pair_beat const& beat) { sent = beat; }, [](node_id, time_point) {});
    ASSERT_TRUE(sent.has_value());
    EXPECT_TRUE(other.hear(leader, *sent, now).same);
    EXPECT_FALSE(following.hear(leader, *sent, now).same);
}

TEST_F(watched_pair, what_comes_late_or_twice_reassures_nobody) {
    both_rest(1);
    std::optional<pair_beat> sent;
    leading.visit_due(at(100ms), [&](node_id, pair_beat const& beat) { sent = beat; }, [](node_id, time_point) {});
    pair_echo const echo = following.hear(leader, *sent, at(100ms));
    leading.hear(follower, echo, at(100ms));
    EXPECT_EQ(following.wake_at(), at(400ms));

    following.hear(leader, *sent, at(350ms));
    EXPECT_EQ(following.wake_at(), at(400ms));
    leading.visit_due(at(200ms), [](node_id, pair_beat const&) {}, [](node_id, time_point) {});
    leading.hear(follower, echo, at(350ms));
    leading.hear(follower, pair_echo{99, true}, at(350ms));
    std::vector<time_point> heard;
    auto const hear = [&](node_id, time_point when) { heard.push_back(when); };
    leading.visit_due(at(400ms), [](node_id, pair_beat const&) {}, hear);
    EXPECT_EQ(heard, std::vector{at(100ms)});
}

TEST_F(watched_pair, who_knows_nothing_says_so) {
    pair_watch fresh{100ms, 300ms};
    EXPECT_EQ(fresh.hear(leader, {4, 77, 1}, now), (pair_echo{4, false}));
    fresh.hear(leader, pair_echo{1, true}, now);
    EXPECT_EQ(fresh.wake_at(), never);
}

}  // namespace
}  // namespace chronik
