// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/snapshot_receiver.hpp>

#include <gtest/gtest.h>

#include <string_view>

namespace chronik::raft {
namespace {

using verdict = snapshot_receiver::verdict;
constexpr std::uint64_t bytes_max = 1000;

snapshot_info info_of(std::uint64_t index, std::uint64_t bytes = 6) {
    return {.last_index = {index}, .last_term = {2}, .next_offset = {70},
            .members = {.voters = {node_id{1}}, .learners = {}}, .bytes = bytes, .crc = 1};
}

snapshot_chunk chunk_of(snapshot_info info, std::uint64_t offset, std::string_view data, std::uint64_t term = 3) {
    auto bytes = shared_bytes::copy_of(data);
    auto const crc = crc32c::value(bytes.view());
    return {log_term{term}, std::move(info), offset, crc, std::move(bytes)};
}

verdict take(snapshot_receiver& receiver, snapshot_chunk chunk) {
    return receiver.take(std::move(chunk), bytes_max).what;
}

}  // namespace

TEST(raft_snapshot_receiver, gathers_pieces_in_order) {
    snapshot_receiver receiver;
    EXPECT_EQ(take(receiver, chunk_of(info_of(7), 0, "")), verdict::answer);
    EXPECT_EQ(receiver.offset(), 0U);
    EXPECT_EQ(take(receiver, chunk_of(info_of(7), 0, "abc")), verdict::store);
    receiver.stored();
    EXPECT_EQ(receiver.offset(), 3U);
    EXPECT_FALSE(receiver.whole());
    auto last = receiver.take(chunk_of(info_of(7), 3, "def"), bytes_max);
    ASSERT_EQ(last.what, verdict::store);
    EXPECT_TRUE(last.part->is_last());
    receiver.stored();
    EXPECT_TRUE(receiver.whole());
}

TEST(raft_snapshot_receiver, a_piece_twice_or_too_early_is_answered) {
    snapshot_receiver receiver;
    take(receiver, chunk_of(info_of(7), 0, "abc"));
    receiver.stored();
    EXPECT_EQ(take(receiver, chunk_of(info_of(7), 0, "abc")), verdict::answer);
    EXPECT_EQ(take(receiver, chunk_of(info_of(7), 4, "ef")), verdict::answer);
    EXPECT_EQ(receiver.offset(), 3U);
}

TEST(raft_snapshot_receiver, holds_one_piece_at_a_time) {
    snapshot_receiver receiver;
    take(receiver, chunk_of(info_of(7), 0, "abc"));
    EXPECT_EQ(take(receiver, chunk_of(info_of(7), 0, "abc")), verdict::wait);
    EXPECT_EQ(take(receiver, chunk_of(info_of(9), 0, "abc")), verdict::wait) << "also of a newer one";
}

TEST(raft_snapshot_receiver, a_newer_snapshot_replaces_a_half_received_one) {
    snapshot_receiver receiver;
    take(receiver, chunk_of(info_of(7), 0, "abc"));
    receiver.stored();
    auto first = receiver.take(chunk_of(info_of(9), 0, "xyz"), bytes_max);
    ASSERT_EQ(first.what, verdict::store);
    EXPECT_EQ(first.part->offset, 0U);
    EXPECT_EQ(receiver.current(), info_of(9));
}

TEST(raft_snapshot_receiver, an_older_one_of_the_same_leader_was_late) {
    snapshot_receiver receiver;
    take(receiver, chunk_of(info_of(9), 0, "abc"));
    receiver.stored();
    EXPECT_EQ(take(receiver, chunk_of(info_of(7), 0, "xyz")), verdict::answer);
    EXPECT_EQ(receiver.current(), info_of(9));
    EXPECT_EQ(receiver.offset(), 3U);
}

TEST(raft_snapshot_receiver, a_new_leader_may_have_an_older_one) {
    snapshot_receiver receiver;
    take(receiver, chunk_of(info_of(9), 0, "abc", 3));
    receiver.stored();
    EXPECT_EQ(take(receiver, chunk_of(info_of(7), 0, "xyz", 4)), verdict::store);
    EXPECT_EQ(receiver.current(), info_of(7));
}

TEST(raft_snapshot_receiver, the_same_one_goes_on_whoever_sends_it) {
    snapshot_receiver receiver;
    take(receiver, chunk_of(info_of(7), 0, "abc", 3));
    receiver.stored();
    EXPECT_EQ(take(receiver, chunk_of(info_of(7), 3, "def", 4)), verdict::store);
}

TEST(raft_snapshot_receiver, the_same_index_in_other_bytes_is_another_one) {
    snapshot_receiver receiver;
    take(receiver, chunk_of(info_of(7), 0, "abc", 3));
    receiver.stored();
    auto other = info_of(7);
    other.crc = 2;
    EXPECT_EQ(take(receiver, chunk_of(other, 3, "def", 4)), verdict::answer);
    EXPECT_EQ(receiver.offset(), 0U);
}

TEST(raft_snapshot_receiver, a_damaged_or_impossible_piece_is_malformed) {
    snapshot_receiver receiver;
    auto damaged = chunk_of(info_of(7), 0, "abc");
    damaged.crc ^= 1U;
    EXPECT_EQ(take(receiver, damaged), verdict::malformed);
    EXPECT_EQ(take(receiver, chunk_of(info_of(7), 7, "")), verdict::malformed);
    EXPECT_EQ(take(receiver, chunk_of(info_of(7), 4, "xyz")), verdict::malformed);
    EXPECT_EQ(take(receiver, chunk_of(info_of(7), ~std::uint64_t{0}, "x")), verdict::malformed);
    EXPECT_EQ(take(receiver, chunk_of(info_of(0), 0, "abc")), verdict::malformed);
    EXPECT_EQ(take(receiver, chunk_of(info_of(7), 0, "abc", 1)), verdict::malformed) << "from a term before its last";
    EXPECT_FALSE(receiver.current());
}

TEST(raft_snapshot_receiver, one_beyond_the_limit_is_refused) {
    snapshot_receiver receiver;
    EXPECT_EQ(take(receiver, chunk_of(info_of(7, bytes_max + 1), 0, "abc")), verdict::too_large);
    EXPECT_FALSE(receiver.current());
}

TEST(raft_snapshot_receiver, an_empty_state_is_whole_with_the_first_question) {
    snapshot_receiver receiver;
    auto const only = receiver.take(chunk_of(info_of(7, 0), 0, ""), bytes_max);
    ASSERT_EQ(only.what, verdict::store);
    EXPECT_TRUE(only.part->is_last());
    receiver.stored();
    EXPECT_TRUE(receiver.whole());
}

TEST(raft_snapshot_receiver, begins_anew_after_a_failure) {
    snapshot_receiver receiver;
    take(receiver, chunk_of(info_of(7), 0, "abc"));
    receiver.reset();
    EXPECT_FALSE(receiver.current());
    EXPECT_EQ(take(receiver, chunk_of(info_of(7), 0, "abc")), verdict::store);
}

}  // namespace chronik::raft
