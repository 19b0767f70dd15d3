// SPDX-License-Identifier: Apache-2.0
#include <chronik/testing/cluster.hpp>

#include <gtest/gtest.h>

#include <string>

// Whole nodes in a world of one seed: real hosts and journals, frames that are lost, doubled, late and cut off, and
// power that goes while a disk writes. What must hold is in testing/checkers.hpp.

namespace {

using namespace chronik;
using namespace std::chrono_literals;

struct counting {
    using result_type = std::uint64_t;
    std::uint64_t commands = 0;
    result_type apply(entry const&) { return ++commands; }
};
using world = chronik::testing::cluster<counting>;

/// A few virtual seconds of a cluster that nobody spares, then peace.
class history {
public:
    history(std::uint32_t nodes, std::uint64_t seed)
        : chance_(seed ^ 0x5eed),
          groups_(1 + chance_.below(4)),
          world_(seed, options(nodes), [](node_id, group_id) { return counting{}; }) {
        for (std::uint64_t number = 1; number <= groups_; ++number)
            world_.open(group_id{number}, chance_.chance(50) ? any_node() : no_node);
    }

    void run() {
        time_point const end = world_.now() + 4s;
        while (world_.now() < end && world_.violations().empty()) {
            world_.run_for(duration{std::chrono::microseconds{chance_.between(100, 20'000)}});
            act();
        }
        world_.expect_recovery(10s);
    }

    world& seen() { return world_; }

private:
    chronik::testing::cluster_options options(std::uint32_t nodes) {
        chronik::testing::cluster_options made;
        made.nodes = nodes;
        made.network.loss_percent = static_cast<unsigned>(chance_.below(20));
        made.network.duplicate_percent = static_cast<unsigned>(chance_.below(20));
        made.network.delay_max = std::chrono::milliseconds{chance_.between(1, 30)};
        made.sync_time_max = std::chrono::milliseconds{chance_.between(1, 20)};
        return made;
    }

    node_id any_node() { return world_.nodes()[chance_.below(world_.nodes().size())]; }
    group_id any_group() { return group_id{chance_.between(1, groups_)}; }

    void act() {
        auto const dice = chance_.below(1000);
        if (dice < 800) return propose();
        if (dice < 850) return crash_or_restart(any_node());
        if (dice < 860) return hurt_disk(world_.disk_of(any_node()));
        if (dice < 890) return world_.isolate(any_node());
        if (dice < 910) return cut_one_way(any_node(), any_node());
        if (dice < 970) return world_.links().heal();
        world_.transfer(any_group(), any_node());
    }

    void propose() {
        auto const group = any_group();
        auto const records = static_cast<std::uint32_t>(chance_.below(4));
        std::size_t const size = chance_.chance(5) ? 3000 : chance_.below(300);
        auto payload = shared_bytes::copy_of(std::to_string(++proposals_) + std::string(size, 'x'));
        // Mostly where the newest leader is, sometimes where an old one may think that it still is.
        node_id const at = any_node();
        if (chance_.chance(20) && world_.is_running(at)) {
            static_cast<void>(world_.propose_at(at, group, std::move(payload), records));
        } else {
            static_cast<void>(world_.propose(group, std::move(payload), records));
        }
    }

    void crash_or_restart(node_id node) {
        if (world_.is_running(node)) {
            if (chance_.chance(50)) world_.crash(node);
            return;
        }
        if (chance_.chance(20)) world_.disk_of(node).power_off_after(chance_.below(40));
        world_.restart(node);
    }
    void hurt_disk(chronik::testing::disk& medium) {
        using enum chronik::testing::disk_operation;
        medium.fail(chance_.chance(50) ? sync : write, chance_.between(1, 20), std::errc::io_error);
    }
    void cut_one_way(node_id from, node_id to) {
        if (from != to) world_.links().cut(from, to);
    }

    chronik::random chance_;
    std::uint64_t groups_;
    world world_;
    std::uint64_t proposals_ = 0;
};

std::string sentences(std::vector<std::string> const& all) {
    std::string text;
    for (auto const& each : all) text += "\n    " + each;
    return text;
}

void run_seeds(std::uint32_t nodes, std::uint64_t first, std::uint64_t count) {
    std::uint64_t acknowledged = 0;
    std::uint64_t leaders = 0;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
        history told(nodes, seed);
        told.run();
        auto& watch = told.seen().watch();
        acknowledged += watch.acknowledged_count();
        leaders += watch.leaders();
        ASSERT_TRUE(watch.violations().empty()) << nodes << " nodes, seed " << seed << sentences(watch.violations());
    }
    // Histories in which nothing happens prove nothing.
    EXPECT_GT(acknowledged, count * 50);
    EXPECT_GT(leaders, count * 3);
    ::testing::Test::RecordProperty("acknowledged", static_cast<int>(acknowledged));
    ::testing::Test::RecordProperty("leaders", static_cast<int>(leaders));
}

TEST(host_cluster, three_nodes_stay_safe_and_recover_in_random_histories) { run_seeds(3, 1, 200); }
TEST(host_cluster, five_nodes_stay_safe_and_recover_in_random_histories) { run_seeds(5, 10'001, 100); }

TEST(host_cluster, the_same_seed_takes_the_same_way) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        history one(3, seed);
        history other(3, seed);
        one.run();
        other.run();
        EXPECT_EQ(one.seen().trace_digest(), other.seen().trace_digest()) << "seed " << seed;
    }
}

TEST(host_cluster, another_seed_takes_another_way) {
    history one(3, 1);
    history other(3, 2);
    one.run();
    other.run();
    EXPECT_NE(one.seen().trace_digest(), other.seen().trace_digest());
}

}  // namespace
