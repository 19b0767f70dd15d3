// SPDX-License-Identifier: Apache-2.0
#include <chronik/node/pair_messages.hpp>
#include <chronik/node/raft_frames.hpp>

#include <chronik/base/overloaded.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace chronik {
namespace {

TEST(pair_messages, come_back_as_they_were_between_messages_of_groups) {
    frame_builder builder{1 << 20};
    builder.add(pair_beat{7, 0x1234'5678'9abc'def0, 3});
    builder.add(group_id{9}, raft::timeout_now{log_term{2}});
    builder.add(pair_echo{7, true});
    auto const body = builder.take().front().joined();

    std::vector<pair_message> said;
    std::vector<group_id> groups;
    overloaded hear{[&](pair_message const& each) { said.push_back(each); },
                    [&](group_id group, raft::message&&) { groups.push_back(group); }};
    auto const read = decode_raft_frame(body, hear);

    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(said, (std::vector<pair_message>{pair_beat{7, 0x1234'5678'9abc'def0, 3}, pair_echo{7, true}}));
    EXPECT_EQ(groups, std::vector{group_id{9}});
}

}  // namespace
}  // namespace chronik
