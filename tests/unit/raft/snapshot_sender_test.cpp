// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/snapshot_sender.hpp>

#include <gtest/gtest.h>

#include <string>

namespace chronik::raft {
namespace {

using std::chrono::milliseconds;
using outcome = snapshot_sender::outcome;

snapshot ten_bytes() {
    return {{.last_index = {7}, .last_term = {2}, .next_offset = {70},
             .members = {.voters = {node_id{1}}, .learners = {}}, .bytes = 10, .crc = 1},
            shared_bytes::copy_of("0123456789")};
}

struct raft_snapshot_sender : ::testing::Test {
    options limits;
    catch_up_throttle throttle;
    snapshot_sender sender{ten_bytes()};
    time_point now{milliseconds{1000}};

    raft_snapshot_sender() {
        limits.snapshot_chunk_bytes = 4;
        limits.catch_up_bytes_per_second = 0;
        limits.snapshot_retry_interval = milliseconds{100};
    }
    std::optional<snapshot_chunk> next() { return sender.next(log_term{3}, limits, throttle, now); }
    outcome hear(std::uint64_t offset, snapshot_progress progress = snapshot_progress::receiving) {
        return sender.take({log_term{3}, {7}, {2}, progress, offset}, limits, now);
    }
};

}  // namespace

TEST_F(raft_snapshot_sender, asks_first_and_sends_from_where_the_follower_is) {
    auto const question = next();
    ASSERT_TRUE(question);
    EXPECT_TRUE(question->data.empty());

    EXPECT_EQ(hear(4), outcome::proceed);

    auto const piece = next();
    ASSERT_TRUE(piece);
    EXPECT_EQ(piece->offset, 4U);
    EXPECT_EQ(piece->data.text(), "4567");
    EXPECT_EQ(piece->crc, crc32c::value(piece->data.view()));
}

TEST_F(raft_snapshot_sender, has_one_piece_on_its_way) {
    next();
    hear(0);
    ASSERT_TRUE(next());
    EXPECT_FALSE(next());
    EXPECT_EQ(sender.wake_at(throttle), now + milliseconds{100});
}

TEST_F(raft_snapshot_sender, asks_again_when_no_answer_comes) {
    next();
    hear(0);
    next();
    now += milliseconds{100};
    auto const again = next();
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->data.empty()) << "a question costs little if nobody is there";
}

TEST_F(raft_snapshot_sender, the_last_piece_is_shorter_and_then_it_waits_for_the_install) {
    next();
    hear(8);
    auto const last = next();
    ASSERT_TRUE(last);
    EXPECT_EQ(last->data.text(), "89");
    EXPECT_EQ(hear(10), outcome::ignored);
    EXPECT_FALSE(next());
    EXPECT_EQ(hear(0, snapshot_progress::installed), outcome::installed);
}

TEST_F(raft_snapshot_sender, a_repeated_answer_does_not_send_a_piece_twice) {
    next();
    hear(4);
    ASSERT_TRUE(next());
    EXPECT_EQ(hear(4), outcome::ignored);
    EXPECT_FALSE(next());
}

TEST_F(raft_snapshot_sender, a_follower_that_has_lost_what_it_had_starts_again) {
    next();
    hear(8);
    next();
    EXPECT_EQ(hear(0), outcome::ignored) << "perhaps it was said late";
    EXPECT_FALSE(next());

    now += milliseconds{100};
    ASSERT_TRUE(next()->data.empty());
    EXPECT_EQ(hear(0), outcome::proceed);
    EXPECT_EQ(next()->offset, 0U);
}

// Its content was not what its description says, here or there: each try costs all of it.
TEST_F(raft_snapshot_sender, a_follower_that_could_not_install_it_starts_again_in_a_while) {
    next();
    hear(8);
    next();
    hear(10);
    EXPECT_EQ(hear(0), outcome::ignored);
    EXPECT_FALSE(next());
    EXPECT_EQ(sender.wake_at(throttle), now + milliseconds{100});

    now += milliseconds{100};
    ASSERT_TRUE(next()->data.empty());
    EXPECT_EQ(hear(0), outcome::proceed);
}

TEST_F(raft_snapshot_sender, answers_about_another_snapshot_are_ignored) {
    next();
    EXPECT_EQ(sender.take({log_term{3}, {6}, {2}, snapshot_progress::installed, 0}, limits, now), outcome::ignored);
    EXPECT_EQ(sender.take({log_term{3}, {7}, {1}, snapshot_progress::installed, 0}, limits, now), outcome::ignored);
}

TEST_F(raft_snapshot_sender, an_offset_beyond_the_end_is_nonsense) {
    next();
    EXPECT_EQ(hear(11), outcome::ignored);
    EXPECT_FALSE(next());
}

TEST_F(raft_snapshot_sender, a_refusal_is_asked_about_now_and_then) {
    next();
    EXPECT_EQ(hear(0, snapshot_progress::refused), outcome::ignored);
    now += milliseconds{100};
    EXPECT_FALSE(next());
    now += milliseconds{700};
    EXPECT_TRUE(next());
}

TEST_F(raft_snapshot_sender, waits_for_the_throttle) {
    limits.catch_up_bytes_per_second = 40;  // four bytes each 100 ms
    next();
    hear(0);
    ASSERT_TRUE(next());
    hear(4);
    EXPECT_FALSE(next());
    EXPECT_EQ(sender.wake_at(throttle), now + milliseconds{100});
    now += milliseconds{100};
    EXPECT_EQ(next()->data.text(), "4567");
}

TEST_F(raft_snapshot_sender, two_followers_share_the_throttle) {
    limits.catch_up_bytes_per_second = 40;
    snapshot_sender other{ten_bytes()};
    next();
    hear(0);
    ASSERT_TRUE(next());
    ASSERT_TRUE(other.next(log_term{3}, limits, throttle, now)) << "the question is free";
    other.take({log_term{3}, {7}, {2}, snapshot_progress::receiving, 0}, limits, now);
    EXPECT_FALSE(other.next(log_term{3}, limits, throttle, now));
}

TEST_F(raft_snapshot_sender, an_empty_state_is_only_asked_about) {
    snapshot empty = ten_bytes();
    empty.info.bytes = 0;
    empty.content = {};
    sender = snapshot_sender{empty};
    next();
    EXPECT_EQ(hear(0), outcome::ignored);
    EXPECT_FALSE(next());
    EXPECT_EQ(hear(0, snapshot_progress::installed), outcome::installed);
}

}  // namespace chronik::raft
