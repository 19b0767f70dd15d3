// SPDX-License-Identifier: Apache-2.0
#include "archetypes/log_view.hpp"

#include <chronik/base/overloaded.hpp>
#include <chronik/node/outbox.hpp>
#include <chronik/raft/core.hpp>

#include <gtest/gtest.h>

#include <map>
#include <vector>

namespace chronik {
namespace {

/// Counts messages by receiver, as they arrive.
struct post_office {
    std::map<node_id, std::vector<group_id>> delivered;
    std::size_t frames = 0;

    transport::send_result send(node_id to, transport::frame const& frame) {
        ++frames;
        auto& got = delivered[to];
        EXPECT_TRUE(decode_raft_frame(frame.joined(),
                                      overloaded{[&](group_id group, raft::message&&) { got.push_back(group); },
                                                 [&](pair_message const&) { got.push_back(pair_group); }}));
        return transport::send_result::sent;
    }
};

/// Only a core makes an outgoing message: a member that asks for pre-votes, one for each of the two others.
raft::effects two_requests() {
    archetypes::log_view log;
    raft::configuration members{.voters = {node_id{1}, node_id{2}, node_id{3}}, .learners = {}};
    raft::options const settings;
    raft::core<archetypes::log_view> member{node_id{1}, members, settings, {log_term{4}, no_node}, log, 1, {}};
    raft::effects made;
    member.campaign(time_point{}, made);
    EXPECT_EQ(made.messages.size(), 2U);
    return made;
}

TEST(node_outbox, messages_of_many_groups_to_one_peer_leave_in_one_frame) {
    outbox waiting;
    post_office office;
    for (std::uint64_t group = 1; group <= 100; ++group) {
        for (auto& each : two_requests().messages) waiting.add(group_id{group}, std::move(each));
    }

    waiting.send(office);

    EXPECT_EQ(office.frames, 2U);
    EXPECT_EQ(office.delivered.at(node_id{2}).size(), 100U);
    EXPECT_EQ(office.delivered.at(node_id{3}).front(), group_id{1});
}

TEST(node_outbox, what_was_sent_is_not_sent_again) {
    outbox waiting;
    post_office office;
    for (auto& each : two_requests().messages) waiting.add(group_id{1}, std::move(each));
    waiting.send(office);

    waiting.send(office);

    EXPECT_EQ(office.frames, 2U);
}

struct full_queue {
    std::size_t dropped = 0;
    transport::send_result send(node_id, transport::frame const&) {
        ++dropped;
        return transport::send_result::full;
    }
};

TEST(node_outbox, what_a_peer_has_no_room_for_is_dropped_because_raft_sends_again) {
    outbox waiting;
    full_queue full;
    for (auto& each : two_requests().messages) waiting.add(group_id{1}, std::move(each));

    waiting.send(full);
    waiting.send(full);

    EXPECT_EQ(full.dropped, 2U);
}

}  // namespace
}  // namespace chronik
