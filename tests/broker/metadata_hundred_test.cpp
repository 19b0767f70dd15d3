// SPDX-License-Identifier: Apache-2.0
#include "../laws/snapshot_laws.hpp"
#include "metadata_world.hpp"

#include <metadata/liveness.hpp>
#include <metadata/reassignment.hpp>

#include <algorithm>
#include <map>

// The registry at the size of a large cluster: a hundred brokers that beat, one that fails, one that joins, and a
// thousand partitions placed meanwhile. Time is virtual, so minutes of heartbeats take a moment.
namespace broker::metadata::tests {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t brokers = 100;
constexpr chronik::duration lease = 4s;
constexpr chronik::duration beat = 1s;

struct hundred : world {
    liveness leases{lease};
    chronik::time_point time{100s};
    std::map<std::uint32_t, std::uint64_t> up;  // broker -> incarnation
    std::size_t status_changes = 0;

    hundred() {
        leases.reset(now(), time);
        for (std::uint32_t node = 1; node <= brokers; ++node) start(node, 1);
    }

    void start(std::uint32_t node, std::uint64_t incarnation) {
        register_broker const what{asked_by(node, incarnation), node_id{node}, incarnation, "host", 9092, 10092,
                                   "rack-" + std::to_string(node % 5), 1};
        EXPECT_EQ(run(what).outcome, error::none);
        up[node] = incarnation;
    }
    /// Everyone who is up beats once a second, and what the leases say is committed.
    void pass(chronik::duration span) {
        for (auto const end = time + span; time < end; time += beat) {
            for (auto const& [node, incarnation] : up) leases.heartbeat(node_id{node}, incarnation, true, time);
            for (auto const& each : leases.expire(now(), time)) {
                change_broker_status const what{asked_by(1), each.node, each.incarnation, each.status};
                EXPECT_EQ(run(what).outcome, error::none);
                ++status_changes;
            }
        }
    }
    std::size_t with(broker_state status) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            now().brokers(), [&](auto const& each) { return each.second.status == status; }));
    }
    void create(std::string name, std::int32_t partitions) {
        create_request wanted;
        wanted.name = std::move(name);
        wanted.topic_id = id_of(static_cast<std::uint32_t>(log.size()) + 1);
        wanted.partitions = partitions;
        auto const planned = planner<>{topic_defaults{1, 3}}(now(), asked_by(1, log.size() + 1), {wanted});
        ASSERT_EQ(planned.command.topics.size(), 1U);
        EXPECT_EQ(run(planned.command).outcome, error::none);
    }
    std::map<node_id, std::size_t> leading() const {
        std::map<node_id, std::size_t> out;
        now().for_each_partition([&](partition const& each) { ++out[each.replicas.front()]; });
        return out;
    }
};

TEST(metadata_hundred, all_become_alive_with_their_first_heartbeat_and_stay_so) {
    hundred cluster;
    EXPECT_EQ(cluster.with(broker_state::starting), brokers);

    cluster.pass(beat);
    EXPECT_EQ(cluster.with(broker_state::alive), brokers);
    EXPECT_EQ(cluster.status_changes, brokers);

    cluster.pass(10min);
    EXPECT_EQ(cluster.with(broker_state::alive), brokers);
    EXPECT_EQ(cluster.status_changes, brokers) << "heartbeats alone are not committed";
}

TEST(metadata_hundred, one_that_falls_silent_fails_alone_and_is_given_nothing) {
    hundred cluster;
    cluster.pass(beat);
    cluster.up.erase(42);

    cluster.pass(lease + beat);

    EXPECT_EQ(cluster.with(broker_state::failed), 1U);
    EXPECT_EQ(cluster.now().find_broker(node_id{42})->status, broker_state::failed);
    cluster.create("after", 1000);
    cluster.now().for_each_partition([](partition const& each) { EXPECT_FALSE(holds(each.replicas, node_id{42})); });
    auto const leading = cluster.leading();
    auto const [least, most] = std::ranges::minmax_element(leading, {}, [](auto const& each) { return each.second; });
    EXPECT_EQ(leading.size(), brokers - 1);
    EXPECT_LE(most->second - least->second, 1U);
}

TEST(metadata_hundred, one_that_joins_is_given_its_share_of_what_is_new) {
    hundred cluster;
    cluster.pass(beat);
    cluster.create("before", 1000);
    cluster.start(200, 1);
    cluster.pass(beat);

    EXPECT_EQ(cluster.with(broker_state::alive), brokers + 1);
    cluster.create("after", 1000);
    EXPECT_GT(cluster.leading()[node_id{200}], 0U);
}

TEST(metadata_hundred, whoever_replays_the_log_or_takes_a_snapshot_has_the_same_metadata) {
    hundred cluster;
    cluster.pass(beat);
    cluster.create("first", 500);
    auto const snapshot = chronik::laws::joined(cluster.machine.snapshot());
    std::size_t const taken_at = cluster.log.size();
    cluster.up.erase(7);
    cluster.start(200, 1);
    cluster.pass(2 * lease);
    cluster.create("second", 500);

    machine replayed;
    for (chronik::entry const& each : cluster.log) replayed.apply(each);
    machine restored;
    ASSERT_TRUE(restored.restore(snapshot).has_value());
    for (std::size_t at = taken_at; at < cluster.log.size(); ++at) restored.apply(cluster.log[at]);

    EXPECT_EQ(cluster.with(broker_state::failed), 1U);
    EXPECT_EQ(cluster.with(broker_state::alive), brokers);
    EXPECT_EQ(replayed.current()->digest(), cluster.now().digest());
    EXPECT_EQ(restored.current()->digest(), cluster.now().digest());
}

}  // namespace
}  // namespace broker::metadata::tests
