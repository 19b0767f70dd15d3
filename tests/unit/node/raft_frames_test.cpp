// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/overloaded.hpp>
#include <chronik/node/raft_frames.hpp>
#include <chronik/node/raft_messages.hpp>

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace chronik {
namespace {

constexpr group_id orders{7};
using received_list = std::vector<std::pair<group_id, raft::message>>;

entry command(std::uint64_t index, std::size_t size) {
    return {.term = {3}, .index = {index}, .kind = entry_kind::command, .base_offset = {index * 10}, .record_count = 10,
            .payload = shared_bytes::copy_of(std::string(size, 'x'))};
}

raft::append_request append_of(entry carried) {
    raft::append_request made;
    made.term = log_term{3};
    made.entries.push_back(std::move(carried));
    return made;
}

std::vector<raft::message> one_of_each() {
    raft::append_request append{.term = {3}, .prev_index = {4}, .prev_term = {2}, .commit_index = {3}, .round = 9,
                                .entries = {command(5, 10), command(6, 0)}, .rest = false, .sound = {6},
                                .sound_from = {4}};
    raft::append_response answer{.term = {3}, .success = true, .match_index = {4}, .checked_index = {5},
                                 .conflict_index = {1}, .conflict_term = {1}, .round = 9, .window_bytes = 1000,
                                 .rests = false, .doubt = {7}};
    raft::snapshot_info const about{.last_index = {7}, .last_term = {2}, .next_offset = {70},
                                    .members = {.voters = {node_id{1}, node_id{2}}, .learners = {node_id{3}}},
                                    .bytes = 5000, .crc = 42};
    return {raft::pre_vote_request{{4}, {5}, {3}}, raft::pre_vote_response{{4}, true},
            raft::vote_request{{4}, {5}, {3}, true}, raft::vote_response{{4}, false},
            std::move(append), answer, raft::timeout_now{{3}},
            raft::snapshot_chunk{{3}, about, 4, 99, shared_bytes::copy_of(std::string(600, 's'))},
            raft::snapshot_answer{{3}, {7}, {2}, raft::snapshot_progress::installed, 600, {8}}};
}

shared_bytes frame_of(std::vector<raft::message> const& messages) {
    frame_builder builder{1 << 20};
    for (auto const& each : messages) builder.add(orders, each);
    auto const frames = builder.take();
    EXPECT_EQ(frames.size(), 1U);
    return frames.front().joined();
}

result<void> read(shared_bytes const& body, received_list& into) {
    auto const of_group = [&](group_id group, raft::message&& message) {
        into.emplace_back(group, std::move(message));
    };
    return decode_raft_frame(body, overloaded{of_group, [](pair_message const&) { FAIL() << "nobody sent one"; }});
}

TEST(raft_frame, every_kind_of_message_comes_back_as_it_was) {
    auto const sent = one_of_each();
    received_list received;

    ASSERT_TRUE(read(frame_of(sent), received));

    ASSERT_EQ(received.size(), sent.size());
    for (std::size_t at = 0; at < sent.size(); ++at) {
        EXPECT_EQ(received[at].first, orders);
        EXPECT_EQ(received[at].second, sent[at]) << "kind " << at;
    }
}

TEST(raft_frame, a_frame_cut_at_any_byte_gives_whole_messages_or_an_error) {
    auto const sent = one_of_each();
    auto const whole = frame_of(sent);
    std::size_t complete = 0;

    for (std::size_t size = 0; size < whole.size(); ++size) {
        received_list received;
        bool const understood = read(whole.slice(0, size), received).has_value();

        ASSERT_LE(received.size(), sent.size());
        for (std::size_t at = 0; at < received.size(); ++at) ASSERT_EQ(received[at].second, sent[at]);
        complete += understood ? 1U : 0U;
    }
    // Between two messages a frame may end; behind the version as well.
    EXPECT_EQ(complete, sent.size());
}

TEST(raft_frame, an_unknown_version_is_refused_before_anything_is_received) {
    auto bytes = std::vector<std::byte>{std::byte{raft_frame_version + 1}, std::byte{0}};
    received_list received;

    EXPECT_EQ(read(shared_bytes{std::move(bytes)}, received).error(), errc::unsupported_version);
    EXPECT_TRUE(received.empty());
}

TEST(raft_frame, an_unknown_kind_ends_the_frame_and_what_came_before_stays) {
    auto const good = frame_of({raft::timeout_now{{3}}});
    std::vector<std::byte> bytes(good.view().begin(), good.view().end());
    bytes.insert(bytes.end(), 8, std::byte{1});
    bytes.push_back(std::byte{200});
    received_list received;

    EXPECT_EQ(read(shared_bytes{std::move(bytes)}, received).error(), errc::malformed);
    EXPECT_EQ(received.size(), 1U);
}

TEST(raft_frame, a_large_payload_is_kept_by_reference_in_both_directions) {
    auto const large = command(5, part_writer::shared_bytes_min);
    frame_builder builder{1 << 20};
    builder.add(orders, append_of(large));

    auto const frames = builder.take();
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_TRUE(
        std::ranges::any_of(frames[0].parts, [&](auto const& part) { return part.data() == large.payload.data(); }));

    auto const body = frames[0].joined();
    received_list received;
    ASSERT_TRUE(read(body, received));
    auto const& got = std::get<raft::append_request>(received.at(0).second).entries[0].payload;
    EXPECT_EQ(got, large.payload);
    EXPECT_GE(got.data(), body.data());
    EXPECT_LE(got.data() + got.size(), body.data() + body.size());
}

TEST(raft_frame, a_small_payload_is_copied_into_the_head) {
    frame_builder builder{1 << 20};
    builder.add(orders, append_of(command(5, part_writer::shared_bytes_min - 1)));

    EXPECT_EQ(builder.take().at(0).parts.size(), 1U);
}

TEST(raft_frame, frames_are_cut_at_the_target_size) {
    frame_builder builder{1000};
    for (std::uint64_t index = 1; index <= 10; ++index)
        builder.add(orders, append_of(command(index, 600)));
    auto const frames = builder.take();

    EXPECT_EQ(frames.size(), 5U);
    EXPECT_TRUE(builder.empty());
    received_list received;
    for (auto const& each : frames) {
        EXPECT_EQ(each.channel, raft_channel);
        ASSERT_TRUE(read(each.joined(), received));
    }
    EXPECT_EQ(received.size(), 10U);
}

}  // namespace
}  // namespace chronik
