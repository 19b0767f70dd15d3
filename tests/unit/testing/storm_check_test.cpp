// SPDX-License-Identifier: Apache-2.0
#include <chronik/testing/storm_check.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace chronik::testing {
namespace {

using namespace std::chrono_literals;

constexpr node_id leader{1};
constexpr node_id follower{2};
constexpr group_id group{7};

raft::append_request append(std::uint64_t last, std::uint64_t term = 1) {
    raft::append_request made;
    made.term = {term};
    made.prev_index = {last - 1};
    made.entries.push_back({.term = {term}, .index = {last}, .kind = entry_kind::command, .base_offset = {0},
                            .record_count = 1, .payload = {}});
    return made;
}
raft::append_response answer(std::uint64_t match, bool success = true) {
    raft::append_response made;
    made.term = {1};
    made.success = success;
    made.match_index = {match};
    return made;
}
raft::snapshot_chunk piece(std::uint64_t offset, bool question = false) {
    raft::snapshot_chunk made;
    made.term = {1};
    made.info.last_index = {100};
    made.offset = offset;
    if (!question) made.data = shared_bytes::copy_of("state");
    return made;
}

/// Ten frames without news are a storm, and two more for each with news.
struct testing_storm_check : ::testing::Test {
    findings found;
    storm_check storms{1s, 10, 2, found};
    time_point now{};

    void send(raft::message const& what, node_id from = leader, node_id to = follower) {
        storms.carries(from, group, to, what);
        storms.leaves(from, now);
    }
    void send_often(raft::message const& what, int times) {
        for (int each = 0; each < times; ++each) send(what);
    }
    void expect_storm() {
        ASSERT_EQ(found.violations().size(), 1U);
        EXPECT_EQ(found.violations().front(), "node 1: a storm of frames that tell nothing new");
    }
};

TEST_F(testing_storm_check, a_long_log_may_be_sent_and_acknowledged_in_no_time) {
    for (std::uint64_t index = 1; index <= 1000; ++index) {
        send(append(index));
        send(answer(index), follower, leader);
    }

    EXPECT_TRUE(found.empty());
}

TEST_F(testing_storm_check, a_snapshot_may_be_sent_and_taken_in_no_time) {
    for (std::uint64_t offset = 0; offset < 1000; ++offset) {
        send(piece(offset));
        send(raft::snapshot_answer{{1}, {100}, {1}, raft::snapshot_progress::receiving, offset}, follower, leader);
    }

    EXPECT_TRUE(found.empty());
}

TEST_F(testing_storm_check, the_same_entries_again_and_again_are_a_storm) {
    send_often(append(5), 12);
    EXPECT_TRUE(found.empty()) << "one with news, and eleven repeats";
    send(append(5));

    expect_storm();
}

TEST_F(testing_storm_check, the_same_acknowledgement_again_and_again_is_a_storm) {
    send_often(answer(5), 13);

    expect_storm();
}

TEST_F(testing_storm_check, the_same_piece_of_a_snapshot_again_and_again_is_a_storm) {
    send_often(piece(0), 13);

    expect_storm();
}

TEST_F(testing_storm_check, what_never_has_news_is_a_storm_sooner) {
    raft::append_request heartbeat;
    heartbeat.term = {1};
    for (raft::message const& what : std::vector<raft::message>{heartbeat, answer(0, false), piece(0, true),
                                                                raft::vote_request{{1}, {}, {}, false}}) {
        now += 1s;
        send_often(what, 9);
        EXPECT_TRUE(found.empty()) << what.index();
    }
    send(raft::pre_vote_request{{1}, {}, {}});

    expect_storm();
}

TEST_F(testing_storm_check, each_time_has_its_own_count) {
    for (int each = 0; each < 100; ++each) {
        send(answer(0, false));
        now += 120ms;
    }

    EXPECT_TRUE(found.empty());
}

TEST_F(testing_storm_check, repeats_of_a_window_for_each_that_gets_through_are_none) {
    for (std::uint64_t index = 1; index <= 1000; ++index) {
        send(append(index));
        send_often(append(index), 2);
    }
    EXPECT_TRUE(found.empty());
    for (std::uint64_t index = 1001; index <= 1010; ++index) send_often(append(index), 4);

    expect_storm();
}

TEST_F(testing_storm_check, who_forgot_it_has_to_be_told_again) {
    for (std::uint64_t index = 1; index <= 100; ++index) send(append(index));
    now += 1s;
    storms.forgets(follower);
    for (std::uint64_t index = 1; index <= 100; ++index) send(append(index));

    EXPECT_TRUE(found.empty());
}

TEST_F(testing_storm_check, a_new_leader_has_told_nobody_anything) {
    for (std::uint64_t index = 1; index <= 100; ++index) send(append(index));
    now += 1s;
    for (std::uint64_t index = 1; index <= 100; ++index) send(append(index, 2));
    EXPECT_TRUE(found.empty());

    now += 1s;
    for (std::uint64_t index = 1; index <= 100; ++index) send(append(index, 2));
    expect_storm();
}

TEST_F(testing_storm_check, a_frame_has_news_if_one_of_its_messages_has) {
    for (std::uint64_t index = 1; index <= 100; ++index) {
        storms.carries(leader, group, follower, append(index));
        storms.carries(leader, group_id{8}, follower, answer(0, false));
        storms.leaves(leader, now);
    }

    EXPECT_TRUE(found.empty());
}

}  // namespace
}  // namespace chronik::testing
