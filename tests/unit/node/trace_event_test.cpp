// SPDX-License-Identifier: Apache-2.0
#include "host_fixture.hpp"

#include <chronik/node/trace_event.hpp>
#include <chronik/node/trace_line.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chronik {
namespace {

using namespace std::chrono_literals;

constexpr group_id orders{7};

/// Three hosts, and what they tell from the beginning of a test on. Nothing of the fields that are the same in all.
struct trace_events : ::testing::Test {
    test::host_cluster cluster{3};

    void SetUp() override {
        cluster.open_everywhere(orders, 1);
        cluster.settle();
        ASSERT_TRUE(leads(1));
    }
    bool leads(std::uint32_t node) { return cluster.at(node).host->find(orders)->is_leader(); }
    void propose(std::uint32_t node) {
        ASSERT_TRUE(cluster.at(node).host->propose(orders, shared_bytes::copy_of("x"), 1, acknowledge::committed, 0,
                                                   cluster.now(), {}));
    }
    void pass(duration time) {
        for (duration passed{}; passed < time; passed += 50ms) cluster.pass(50ms);
    }
    /// Time passes until another than node 1 leads, and has committed something.
    std::uint32_t pass_until_another_leads() {
        for (int step = 0; step < 200; ++step) {
            cluster.pass(50ms);
            for (std::uint32_t const node : {2U, 3U})
                if (cluster.at(node).host->find(orders)->core.can_serve()) return node;
        }
        ADD_FAILURE() << "nobody leads";
        return 2;
    }

    /// What a node has told since the last time, from "term=" on.
    std::vector<std::string> told(std::uint32_t node) {
        std::vector<std::string> lines;
        for (std::string const& line : std::exchange(cluster.at(node).observed.lines, {})) {
            std::string const of = " node=" + std::to_string(node) + " group=7 ";
            EXPECT_NE(line.find(of), std::string::npos) << line;
            lines.push_back(line.substr(line.find("term=")));
        }
        return lines;
    }
    void forget() {
        for (std::uint32_t const node : {1U, 2U, 3U}) cluster.at(node).observed.lines.clear();
    }
};

using lines = std::vector<std::string>;

TEST_F(trace_events, a_group_is_opened_and_elects_its_leader) {
    EXPECT_EQ(told(1), (lines{
                           "term=0 index=0 event=open vote=0",
                           "term=0 index=0 event=members voters=1,2,3",
                           "term=1 index=0 event=candidate",
                           "term=1 index=1 event=leader",
                           "term=1 index=1 event=commit",
                       }));
    auto const others = told(2);
    ASSERT_GE(others.size(), 5U);
    EXPECT_EQ((lines{others.begin(), others.begin() + 5}), (lines{
                                                               "term=0 index=0 event=open vote=0",
                                                               "term=0 index=0 event=members voters=1,2,3",
                                                               "term=1 index=0 event=follower leader=0",
                                                               "term=1 index=0 event=vote vote=1",
                                                               "term=1 index=1 event=follower leader=1",
                                                           }));
}

TEST_F(trace_events, the_time_is_that_of_the_input) {
    cluster.pass(200ms);
    forget();
    ASSERT_TRUE(cluster.at(1).host->transfer(orders, node_id{2}, cluster.now()));
    cluster.settle();

    auto const& all = cluster.at(1).observed.lines;
    ASSERT_FALSE(all.empty());
    EXPECT_TRUE(all.front().starts_with("at=1.200000 node=1 group=7 ")) << all.front();
}

TEST_F(trace_events, commits_of_one_turn_are_one) {
    pass(200ms);
    forget();

    // The answers to two writes arrive one after the other, and the leader's turn ends behind both.
    propose(1);
    cluster.sync(1);
    cluster.deliver();
    cluster.sync(2);
    propose(1);
    cluster.sync(1);
    cluster.deliver();
    EXPECT_EQ(cluster.at(1).host->find(orders)->core.commit_index(), log_index{2});
    cluster.sync(3);
    cluster.deliver();
    EXPECT_EQ(cluster.at(1).host->find(orders)->core.commit_index(), log_index{3});
    EXPECT_EQ(told(1), lines{}) << "the turn is not over";

    cluster.at(1).host->finish_turn(cluster.now());

    EXPECT_EQ(told(1), (lines{"term=1 index=3 event=commit"}));
}

TEST_F(trace_events, a_leadership_that_is_handed_over_begins_and_ends) {
    pass(200ms);
    forget();

    ASSERT_TRUE(cluster.at(1).host->transfer(orders, node_id{2}, cluster.now()));
    cluster.settle();
    pass(200ms);

    ASSERT_TRUE(leads(2));
    EXPECT_EQ(told(1), (lines{
                           "term=1 index=1 event=transfer_begun to=2",
                           "term=2 index=1 event=transfer_ended to=2",
                           "term=2 index=1 event=follower leader=0",
                           "term=2 index=1 event=vote vote=2",
                           "term=2 index=2 event=follower leader=2",
                           "term=2 index=2 event=commit",
                       }));
    EXPECT_EQ(told(2), (lines{
                           "term=2 index=1 event=candidate",
                           "term=2 index=2 event=leader",
                           "term=2 index=2 event=commit",
                       }));
}

TEST_F(trace_events, a_transfer_that_is_given_up_ends_too) {
    forget();
    cluster.at(2).away = true;
    propose(1);
    ASSERT_TRUE(cluster.at(1).host->transfer(orders, node_id{2}, cluster.now()));
    pass(3s);

    ASSERT_TRUE(leads(1));
    auto const all = told(1);
    EXPECT_EQ(all.front(), "term=1 index=2 event=transfer_begun to=2");
    EXPECT_EQ(all.back(), "term=1 index=2 event=transfer_ended to=2");
    EXPECT_EQ(std::ranges::count(all, "term=1 index=2 event=commit"), 1);
}

TEST_F(trace_events, members_change_and_are_settled_behind_the_commit) {
    pass(200ms);
    forget();

    ASSERT_TRUE(cluster.at(1).host->change_members(
        orders, {.voters = {node_id{1}, node_id{2}}, .learners = {node_id{3}}}, cluster.now()));
    cluster.settle();
    pass(200ms);

    lines const wanted{
        "term=1 index=2 event=members voters=1,2 learners=3",
        "term=1 index=2 event=commit",
        "term=1 index=2 event=settled",
    };
    for (std::uint32_t const node : {1U, 2U, 3U}) EXPECT_EQ(told(node), wanted) << "node " << node;
}

TEST_F(trace_events, entries_that_give_way_to_others_are_told) {
    pass(200ms);
    cluster.at(2).away = cluster.at(3).away = true;
    propose(1);
    cluster.settle();
    cluster.at(2).away = cluster.at(3).away = false;
    cluster.at(1).away = true;
    pass_until_another_leads();
    forget();

    cluster.at(1).away = false;
    pass(1s);

    auto const all = told(1);
    auto const cut = std::ranges::find_if(all, [](auto const& line) { return line.ends_with("event=truncate"); });
    ASSERT_NE(cut, all.end());
    EXPECT_NE(cut->find("index=2 "), std::string::npos) << *cut;
    EXPECT_TRUE(std::find_if(all.begin(), cut, [](auto const& line) {
                    return line.find("event=follower leader=") != std::string::npos;
                }) != cut)
        << "it follows the new leader first";
    EXPECT_TRUE(all.back().ends_with("event=commit")) << all.back();
}

TEST_F(trace_events, a_leader_that_is_lost_is_replaced_by_pre_vote_and_vote) {
    pass(200ms);
    forget();
    cluster.at(1).away = true;

    auto const all = told(pass_until_another_leads());

    auto const first = [&](std::string_view what) {
        return std::ranges::find_if(all, [&](auto const& line) { return line.ends_with(what); }) - all.begin();
    };
    EXPECT_LT(first("event=pre_candidate"), first("event=candidate"));
    EXPECT_LT(first("event=candidate"), first("event=leader"));
    EXPECT_LT(first("event=leader"), first("event=commit"));
    EXPECT_LT(first("event=commit"), static_cast<std::ptrdiff_t>(all.size()));
}

TEST_F(trace_events, a_group_that_is_removed_is_closed) {
    forget();
    cluster.at(3).host->remove_group(orders);

    EXPECT_EQ(told(3), (lines{"term=1 index=1 event=close"}));
}

}  // namespace
}  // namespace chronik
