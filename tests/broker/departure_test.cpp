// SPDX-License-Identifier: Apache-2.0
#include "metadata_world.hpp"

#include <partitions/departure.hpp>

#include <vector>

namespace broker::partitions {
namespace {

using chronik::group_id;
using chronik::log_index;
using chronik::log_term;
using chronik::no_node;
using chronik::node_id;
using chronik::raft::peer_status;
using metadata::broker_state;

constexpr group_id group{7};

struct departing : ::testing::Test {
    metadata::tests::world cluster = metadata::tests::world::with_brokers(3);
    std::vector<peer_status> peers{peer(2, 10), peer(3, 20)};
    departure leaving;

    static peer_status peer(std::uint32_t node, std::uint64_t match) {
        return {node_id{node}, log_index{match}, log_index{match + 1}, {}, true, true};
    }
    node_id choose(std::uint64_t term, group_id of = group) {
        return leaving.choose(of, log_term{term}, peers, cluster.now());
    }
    void say(std::uint32_t node, broker_state status) {
        cluster.run(metadata::change_broker_status{metadata::tests::asked_by(1), node_id{node}, 1, status});
    }
};

TEST_F(departing, the_follower_that_has_most_of_the_log_is_chosen) {
    EXPECT_EQ(choose(4), node_id{3});
    peers[0].match = log_index{30};
    EXPECT_EQ(choose(4), node_id{2});
}

TEST_F(departing, who_does_not_vote_is_silent_or_stops_too_is_not) {
    peers[1].voter = false;
    EXPECT_EQ(choose(4), node_id{2});
    peers[1].voter = true;
    peers[1].recently_active = false;
    EXPECT_EQ(choose(4), node_id{2});
    peers[1].recently_active = true;
    say(3, broker_state::draining);
    EXPECT_EQ(choose(4), node_id{2});
    say(2, broker_state::failed);
    EXPECT_EQ(choose(4), no_node);
}

TEST_F(departing, a_try_that_has_not_ended_is_made_again) {
    EXPECT_EQ(choose(4), node_id{3});
    EXPECT_EQ(choose(4), node_id{3});
}

TEST_F(departing, who_has_handed_back_is_not_asked_again) {
    EXPECT_EQ(choose(4), node_id{3});
    EXPECT_EQ(choose(6), node_id{2});
    EXPECT_EQ(choose(8), no_node);
    EXPECT_EQ(choose(9), no_node);
}

TEST_F(departing, each_group_goes_its_own_way) {
    EXPECT_EQ(choose(4), node_id{3});
    EXPECT_EQ(choose(6), node_id{2});
    EXPECT_EQ(choose(6, group_id{8}), node_id{3});
}

}  // namespace
}  // namespace broker::partitions
