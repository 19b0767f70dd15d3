// SPDX-License-Identifier: Apache-2.0
#include <chronik/cluster/movement.hpp>

#include <chronik/base/overloaded.hpp>
#include <chronik/base/random.hpp>

#include <gtest/gtest.h>

#include <set>

namespace chronik::cluster {
namespace {

std::vector<node_id> nodes(std::initializer_list<std::uint32_t> numbers) {
    std::vector<node_id> out;
    for (std::uint32_t const each : numbers) out.push_back(node_id{each});
    return out;
}

TEST(cluster_movement, a_group_that_is_as_it_should_be_is_finished) {
    EXPECT_EQ(next_step(nodes({3, 1, 2}), 2, {nodes({1, 2, 3}), {}, true, nodes({1})}), movement_step{finish{}});
}

TEST(cluster_movement, nothing_is_changed_while_a_change_is_under_way) {
    EXPECT_EQ(next_step(nodes({1, 2, 3}), 2, {nodes({1, 2, 3}), {}, false, nodes({1, 2, 3})}),
              movement_step{wait{wait::reason::change_under_way}});
}

TEST(cluster_movement, who_comes_learns_first) {
    EXPECT_EQ(next_step(nodes({4, 2, 3}), 2, {nodes({1, 2, 3}), {}, true, nodes({1, 2, 3})}),
              (movement_step{change{nodes({1, 2, 3}), nodes({4})}}));
    EXPECT_EQ(next_step(nodes({4, 2, 3}), 2, {nodes({1, 2, 3}), nodes({4}), true, nodes({1, 2, 3})}),
              movement_step{wait{wait::reason::catching_up}});
    EXPECT_EQ(next_step(nodes({4, 2, 3}), 2, {nodes({1, 2, 3}), nodes({4}), true, nodes({1, 2, 3, 4})}),
              (movement_step{change{nodes({2, 3, 4}), {}}}));
}

TEST(cluster_movement, who_only_leaves_does_so_at_once) {
    EXPECT_EQ(next_step(nodes({2, 3}), 2, {nodes({1, 2, 3}), {}, true, nodes({1, 2, 3})}),
              (movement_step{change{nodes({2, 3}), {}}}));
}

TEST(cluster_movement, an_exchange_waits_until_enough_have_everything) {
    group_view const now{nodes({1, 2, 3}), nodes({4}), true, nodes({1, 4})};
    EXPECT_EQ(next_step(nodes({2, 3, 4}), 1, now), movement_step{wait{wait::reason::too_few_copies}});
    EXPECT_EQ(next_step(nodes({1, 2, 4}), 2, now), (movement_step{change{nodes({1, 2, 4}), {}}}));
    EXPECT_EQ(next_step(nodes({1, 2, 4}), 3, now), movement_step{wait{wait::reason::too_few_copies}});
    // More copies than the target has replicas are never there.
    EXPECT_EQ(next_step(nodes({1, 4}), 9, now), (movement_step{change{nodes({1, 4}), {}}}));
}

TEST(cluster_movement, a_new_wish_takes_back_what_the_old_one_began) {
    EXPECT_EQ(next_step(nodes({1, 2, 3}), 2, {nodes({1, 2, 3}), nodes({4}), true, nodes({1, 2, 3})}),
              (movement_step{change{nodes({1, 2, 3}), {}}}));
    EXPECT_EQ(next_step(nodes({1, 2, 5}), 2, {nodes({1, 2, 3}), nodes({4}), true, nodes({1, 2, 3})}),
              (movement_step{change{nodes({1, 2, 3}), nodes({5})}}));
    // The exchange had committed before the wish was taken back.
    EXPECT_EQ(next_step(nodes({1, 2, 3}), 2, {nodes({1, 2, 4}), {}, true, nodes({1, 2, 4})}),
              (movement_step{change{nodes({1, 2, 4}), nodes({3})}}));
}

/// A group whose members obey, catch up, fall behind and change their leader as chance has it.
struct obedient_group {
    std::set<node_id> voters, learners, holding;
    random& chance;
    std::size_t exchanges = 0;

    void live(std::vector<node_id> const& target) {
        std::vector<node_id> caught_up;
        for (node_id const each : holding)
            if (chance.chance(80)) caught_up.push_back(each);
        auto const list = [](std::set<node_id> const& set) { return std::vector<node_id>(set.begin(), set.end()); };
        auto const step = next_step(target, 2, {list(voters), list(learners), chance.chance(70), caught_up});
        if (auto const* const next = std::get_if<change>(&step)) {
            std::set<node_id> const then(next->voters.begin(), next->voters.end());
            if (then != voters) {
                ++exchanges;
                std::size_t safe = 0;
                for (node_id const each : then) safe += std::ranges::find(caught_up, each) != caught_up.end() ? 1U : 0U;
                EXPECT_GT(2 * safe, then.size());
            }
            voters = then;
            learners = {next->learners.begin(), next->learners.end()};
            for (node_id const each : voters) EXPECT_TRUE(holding.contains(each)) << "a voter without the log";
            std::erase_if(holding, [&](node_id each) { return !voters.contains(each) && !learners.contains(each); });
        }
        for (node_id const each : learners)
            if (chance.chance(50)) holding.insert(each);
    }
};

TEST(cluster_movement, every_wish_is_reached_and_no_voter_ever_lacks_the_log) {
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        random chance{seed};
        obedient_group group{{node_id{1}, node_id{2}, node_id{3}}, {}, {node_id{1}, node_id{2}, node_id{3}}, chance};
        std::vector<node_id> target;
        for (int wishes = 0; wishes < 4; ++wishes) {
            std::set<node_id> wanted;
            while (wanted.empty() || chance.chance(60))
                wanted.insert(node_id{static_cast<std::uint32_t>(chance.between(1, 6))});
            target.assign(wanted.begin(), wanted.end());
            for (std::uint64_t turn = 0; turn < chance.below(20); ++turn) group.live(target);
        }
        int turns = 0;
        std::set<node_id> const wanted(target.begin(), target.end());
        while ((group.voters != wanted || !group.learners.empty()) && ++turns < 1000) group.live(target);
        EXPECT_EQ(group.voters, wanted) << "seed " << seed;
        EXPECT_TRUE(group.learners.empty()) << "seed " << seed;
    }
}

}  // namespace
}  // namespace chronik::cluster
