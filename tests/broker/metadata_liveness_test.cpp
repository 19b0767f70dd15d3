// SPDX-License-Identifier: Apache-2.0
#include "metadata_world.hpp"

#include <metadata/liveness.hpp>

namespace broker::metadata::tests {
namespace {

using namespace std::chrono_literals;
using changes = std::vector<liveness::change>;

constexpr chronik::time_point start{100s};

struct watched {
    world cluster = world::with_brokers(2);
    liveness leases{4s};

    watched() { leases.reset(cluster.now(), start); }

    changes expire(chronik::duration after) { return leases.expire(cluster.now(), start + after); }
    void beat(std::uint32_t node, chronik::duration after, bool ready = true, std::uint64_t incarnation = 1) {
        leases.heartbeat(node_id{node}, incarnation, ready, start + after);
    }
    void commit(changes const& proposed) {
        for (auto const& each : proposed)
            cluster.run(change_broker_status{asked_by(9), each.node, each.incarnation, each.status});
    }
};

TEST(metadata_liveness, new_leader_gives_everyone_a_full_lease) {
    watched watched;

    EXPECT_EQ(watched.leases.wake_at(), start + 4s);
    EXPECT_TRUE(watched.expire(3999ms).empty());
    EXPECT_EQ(watched.expire(4s).size(), 2U);
}

TEST(metadata_liveness, silent_broker_fails_and_returns_with_its_heartbeat) {
    watched watched;
    watched.beat(1, 3s);

    auto const failed = watched.expire(5s);
    EXPECT_EQ(failed, (changes{{node_id{2}, 1, broker_state::failed}}));
    watched.commit(failed);
    EXPECT_TRUE(watched.expire(6s).empty());

    watched.beat(1, 6s);
    watched.beat(2, 6s);
    EXPECT_EQ(watched.expire(6s), (changes{{node_id{2}, 1, broker_state::alive}}));
}

TEST(metadata_liveness, uncommitted_change_is_proposed_again_after_half_a_lease) {
    watched watched;
    watched.beat(1, 3s);
    EXPECT_EQ(watched.expire(4s).size(), 1U);

    EXPECT_EQ(watched.leases.wake_at(), start + 6s);
    EXPECT_TRUE(watched.expire(5s).empty());
    EXPECT_EQ(watched.expire(6s).size(), 1U);
}

TEST(metadata_liveness, starting_broker_is_alive_once_it_says_that_it_is_ready) {
    watched watched;
    watched.cluster.run(register_broker{asked_by(3), node_id{3}, 7, "h", 1, 2, "", 1});

    watched.beat(3, 1s, false, 7);
    EXPECT_TRUE(watched.expire(1s).empty());
    watched.beat(3, 2s, true, 7);
    EXPECT_EQ(watched.expire(2s), (changes{{node_id{3}, 7, broker_state::alive}}));
}

TEST(metadata_liveness, heartbeat_of_an_older_start_does_not_count) {
    watched watched;
    watched.cluster.add_broker(2, "", 5);
    EXPECT_TRUE(watched.expire(0s).empty());

    watched.beat(1, 3s);
    watched.beat(2, 3s, true, 4);

    EXPECT_EQ(watched.expire(4s), (changes{{node_id{2}, 5, broker_state::failed}}));
}

TEST(metadata_liveness, newer_start_that_is_not_registered_yet_is_left_alone) {
    watched watched;
    watched.beat(1, 3s);
    watched.beat(2, 3s, true, 2);

    EXPECT_TRUE(watched.expire(4s).empty());
}

struct overdue_world : watched {
    using list = std::vector<node_id>;

    overdue_world() {
        beat(1, 1h);
        commit(expire(4s));
    }
    list overdue(chronik::duration after) {
        static_cast<void>(expire(after));
        return leases.overdue(cluster.now(), start + after, 10s);
    }
};

TEST(metadata_liveness, who_stays_away_is_overdue_and_named_again_until_others_have_what_it_held) {
    overdue_world world;
    EXPECT_EQ(world.overdue(5s), overdue_world::list{});
    EXPECT_EQ(world.overdue(14s), overdue_world::list{});
    EXPECT_EQ(world.overdue(15s), overdue_world::list{node_id{2}});
    world.leases.put_off(node_id{2}, start + 75s);
    EXPECT_EQ(world.overdue(74s), overdue_world::list{});
    EXPECT_EQ(world.overdue(75s), overdue_world::list{node_id{2}});
    world.cluster.run(replace_broker{asked_by(9), node_id{2}, 1});
    EXPECT_EQ(world.overdue(10min), overdue_world::list{});
}

TEST(metadata_liveness, a_start_that_is_never_ready_is_no_return_and_being_alive_is) {
    overdue_world world;
    EXPECT_EQ(world.overdue(5s), overdue_world::list{});
    world.cluster.run(register_broker{asked_by(2), node_id{2}, 2, "h", 1, 2, "", 1});
    world.beat(2, 14s, false, 2);
    EXPECT_EQ(world.overdue(15s), overdue_world::list{node_id{2}});

    world.beat(2, 16s, true, 2);
    world.commit(world.expire(16s));
    world.commit(world.expire(60s));
    ASSERT_EQ(world.cluster.now().find_broker(node_id{2})->status, broker_state::failed);
    EXPECT_EQ(world.overdue(61s), overdue_world::list{}) << "it was back meanwhile";
    EXPECT_EQ(world.overdue(70s), overdue_world::list{});
    EXPECT_EQ(world.overdue(71s), overdue_world::list{node_id{2}});
}

TEST(metadata_liveness, a_new_leader_counts_the_time_anew_and_who_leaves_is_nobodys_loss) {
    overdue_world world;
    EXPECT_EQ(world.overdue(5s), overdue_world::list{});
    world.leases.reset(world.cluster.now(), start + 14s);
    EXPECT_EQ(world.overdue(15s), overdue_world::list{});
    EXPECT_EQ(world.overdue(24s), overdue_world::list{});
    EXPECT_EQ(world.overdue(25s), overdue_world::list{node_id{2}});
    world.cluster.run(change_membership{asked_by(9), node_id{2}, true});
    EXPECT_EQ(world.overdue(10min), overdue_world::list{});
    world.cluster.run(change_membership{asked_by(9), node_id{2}, false});
    EXPECT_EQ(world.overdue(11min), overdue_world::list{}) << "who is kept has its time again";
    EXPECT_EQ(world.overdue(11min + 10s), overdue_world::list{node_id{2}});
}

TEST(metadata_liveness, decommissioned_broker_stays_so) {
    watched watched;
    watched.cluster.run(change_membership{asked_by(9), node_id{2}, true});
    watched.cluster.run(change_broker_status{asked_by(9), node_id{2}, 1, broker_state::decommissioned});
    ASSERT_EQ(watched.cluster.now().find_broker(node_id{2})->status, broker_state::decommissioned);
    watched.beat(1, 3s);
    watched.beat(2, 3s);

    EXPECT_TRUE(watched.expire(4s).empty());
    EXPECT_TRUE(watched.expire(5s).empty());
}

}  // namespace
}  // namespace broker::metadata::tests
