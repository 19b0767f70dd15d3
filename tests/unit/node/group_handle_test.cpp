// SPDX-License-Identifier: Apache-2.0
#include "host_fixture.hpp"

#include <chronik/node/group_handle.hpp>

#include <gtest/gtest.h>

#include <optional>

namespace chronik {
namespace {

using namespace std::chrono_literals;
using test::host_cluster;

constexpr group_id orders{7};

struct group_handle_test : ::testing::Test {
    using verdict_type = verdict<std::size_t>;

    host_cluster cluster{3};
    std::optional<verdict_type> told;
    int times_told = 0;

    void SetUp() override {
        cluster.open_everywhere(orders, 1);
        cluster.settle();
        ASSERT_TRUE(cluster.at(1).host->find(orders)->is_leader());
    }
    group_handle<test::test_host> at(std::uint32_t node) { return {*cluster.at(node).host, orders}; }
    void propose_at(std::uint32_t node, shared_bytes payload = shared_bytes::copy_of("x")) {
        at(node).propose(std::move(payload), cluster.now(), [this](verdict_type said) {
            told = std::move(said);
            ++times_told;
        });
    }
};

TEST_F(group_handle_test, a_proposal_at_the_leader_is_committed_with_the_machines_answer) {
    propose_at(1);
    EXPECT_FALSE(told) << "never from within the call";

    cluster.settle();

    ASSERT_TRUE(told);
    EXPECT_TRUE(told->committed());
    EXPECT_FALSE(told->error);
    EXPECT_EQ(told->value, 1U);
    EXPECT_EQ(told->index, log_index{2}) << "after the leader's no-op";
    EXPECT_EQ(times_told, 1);
}

TEST_F(group_handle_test, a_proposal_elsewhere_is_refused_with_the_name_of_the_leader) {
    propose_at(2);

    ASSERT_TRUE(told) << "at once";
    EXPECT_EQ(told->outcome, outcome::not_leader);
    EXPECT_EQ(told->error, errc::not_leader);
    EXPECT_EQ(told->leader, node_id{1});
}

TEST_F(group_handle_test, a_group_that_is_not_here_is_to_be_found_elsewhere) {
    group_handle<test::test_host> stranger{*cluster.at(1).host, group_id{99}};
    stranger.propose({}, cluster.now(), [this](verdict_type said) { told = said; });

    ASSERT_TRUE(told);
    EXPECT_EQ(told->outcome, outcome::not_leader);
    EXPECT_EQ(told->error, errc::unknown_group);
    EXPECT_EQ(told->leader, no_node);
}

TEST_F(group_handle_test, a_payload_that_never_fits_says_so) {
    propose_at(1, shared_bytes{std::vector<std::byte>(70'000)});

    ASSERT_TRUE(told);
    EXPECT_EQ(told->outcome, outcome::busy);
    EXPECT_EQ(told->error, errc::too_large);
}

TEST_F(group_handle_test, while_leadership_is_transferred_the_group_is_busy) {
    ASSERT_TRUE(cluster.at(1).host->transfer(orders, node_id{2}, cluster.now()));

    propose_at(1);

    ASSERT_TRUE(told);
    EXPECT_EQ(told->outcome, outcome::busy);
}

TEST_F(group_handle_test, what_a_leader_has_in_flight_when_it_steps_down_is_unknown) {
    propose_at(1);
    cluster.at(1).host->finish_turn(cluster.now());
    // The others' answers never come: node 1 alone sees time pass.
    cluster.at(1).host->on_time(cluster.now() + 10s);
    cluster.at(1).host->finish_turn(cluster.now() + 10s);

    ASSERT_TRUE(told);
    EXPECT_EQ(told->outcome, outcome::unknown);
    EXPECT_EQ(times_told, 1);
}

TEST_F(group_handle_test, a_group_that_is_removed_does_not_know_any_more) {
    propose_at(1);
    cluster.at(1).host->remove_group(orders);

    ASSERT_TRUE(told);
    EXPECT_EQ(told->outcome, outcome::unknown);
    EXPECT_EQ(told->error, errc::closed);
}

TEST_F(group_handle_test, a_read_sees_what_was_committed_before_it_and_the_machine_does_not_see_the_read) {
    propose_at(1);
    cluster.settle();
    std::optional<verdict<std::string>> read;
    at(1).read([](test::recorder const& machine) { return machine.seen.back(); }, cluster.now(),
               [&](verdict<std::string> said) { read = std::move(said); });
    EXPECT_FALSE(read);

    cluster.settle();

    ASSERT_TRUE(read);
    EXPECT_TRUE(read->committed());
    EXPECT_EQ(read->value, "x");
    EXPECT_EQ(cluster.at(2).host->find(orders)->machine.seen.size(), 1U);
}

TEST_F(group_handle_test, a_read_elsewhere_asks_the_leader_and_sees_the_same) {
    propose_at(1);
    cluster.settle();
    std::optional<verdict<std::string>> read;
    at(2).read([](test::recorder const& machine) { return machine.seen.back(); }, cluster.now(),
               [&](verdict<std::string> said) { read = std::move(said); });
    EXPECT_FALSE(read);

    cluster.settle();

    ASSERT_TRUE(read);
    EXPECT_TRUE(read->committed());
    EXPECT_EQ(read->value, "x");
    EXPECT_GE(read->index, told->index) << "what it has seen";
}

TEST_F(group_handle_test, a_read_writes_nothing) {
    log_index const before = cluster.at(1).host->find(orders)->core.last_index();
    int read = 0;
    for (int each = 0; each < 10; ++each) {
        at(1).read([](test::recorder const& machine) { return machine.seen.size(); }, cluster.now(),
                   [&](verdict<std::size_t> const& said) { read += said.committed() ? 1 : 100; });
    }
    cluster.settle();

    EXPECT_EQ(read, 10);
    EXPECT_EQ(cluster.at(1).host->find(orders)->core.last_index(), before);
}

TEST_F(group_handle_test, a_read_where_no_leader_is_known_runs_nothing) {
    int asked = 0;
    std::optional<verdict<int>> read;
    cluster.at(2).host->on_time(cluster.now() + 10s);  // its leader has been silent for long
    at(2).read([&](test::recorder const&) { return ++asked; }, cluster.now() + 10s,
               [&](verdict<int> said) { read = std::move(said); });

    ASSERT_TRUE(read) << "at once";
    EXPECT_EQ(read->outcome, outcome::not_leader);
    EXPECT_EQ(read->leader, no_node);
    EXPECT_EQ(asked, 0);
}

// What makes it linearizable: a leader that others have replaced finds no quorum, so it cannot answer either.
TEST_F(group_handle_test, a_leader_that_reaches_nobody_answers_no_read) {
    int asked = 0;
    std::optional<verdict<int>> read;
    at(1).read([&](test::recorder const&) { return ++asked; }, cluster.now(),
               [&](verdict<int> said) { read = std::move(said); });
    cluster.at(1).host->finish_turn(cluster.now());
    cluster.at(1).host->on_time(cluster.now() + 10s);
    cluster.at(1).host->finish_turn(cluster.now() + 10s);

    ASSERT_TRUE(read);
    EXPECT_EQ(read->outcome, outcome::not_leader) << "nothing was done: somebody else knows";
    EXPECT_FALSE(read->value);
    EXPECT_EQ(asked, 0);
}

TEST_F(group_handle_test, reads_of_a_group_that_is_removed_end) {
    std::optional<verdict<int>> read;
    at(1).read([](test::recorder const&) { return 1; }, cluster.now(), [&](verdict<int> said) { read = said; });
    cluster.at(1).host->remove_group(orders);

    ASSERT_TRUE(read);
    EXPECT_EQ(read->outcome, outcome::unknown);
    EXPECT_EQ(read->error, errc::closed);
}

TEST_F(group_handle_test, a_read_may_ask_another_from_within_its_answer) {
    std::vector<std::size_t> read;
    auto const size_of = [](test::recorder const& machine) { return machine.seen.size(); };
    at(1).read(size_of, cluster.now(), [&](verdict<std::size_t> const& first) {
        read.push_back(first.value.value());
        at(1).read(size_of, cluster.now(), [&](verdict<std::size_t> const& second) {
            read.push_back(second.value.value());
        });
    });
    cluster.settle();

    EXPECT_EQ(read, (std::vector<std::size_t>{0, 0}));
}

TEST_F(group_handle_test, a_change_of_members_is_over_when_the_new_ones_are_committed) {
    std::optional<verdict<raft::configuration>> changed;
    raft::configuration const two{.voters = {node_id{1}, node_id{2}}};
    at(1).change_members(two, cluster.now(), [&](verdict<raft::configuration> said) { changed = std::move(said); });
    EXPECT_FALSE(changed);
    EXPECT_EQ(cluster.at(1).host->find(orders)->core.members(), two) << "in force at once";

    cluster.settle();

    ASSERT_TRUE(changed);
    EXPECT_TRUE(changed->committed());
    EXPECT_EQ(changed->value, two);
}

TEST_F(group_handle_test, a_change_through_a_joint_configuration_is_over_after_its_second_half) {
    std::optional<verdict<raft::configuration>> changed;
    raft::configuration const alone{.voters = {node_id{1}}, .learners = {node_id{3}}};
    at(1).change_members(alone, cluster.now(), [&](verdict<raft::configuration> said) { changed = std::move(said); });
    EXPECT_TRUE(cluster.at(1).host->find(orders)->core.members().is_joint());

    cluster.settle();

    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->value, alone);
    EXPECT_TRUE(cluster.at(1).host->find(orders)->core.members_settled());
}

TEST_F(group_handle_test, a_change_that_cannot_begin_says_why) {
    std::optional<verdict<raft::configuration>> changed;
    auto const note = [&](verdict<raft::configuration> said) { changed = std::move(said); };
    raft::configuration const two{.voters = {node_id{1}, node_id{2}}};

    at(2).change_members(two, cluster.now(), note);
    EXPECT_EQ(changed->outcome, outcome::not_leader);
    EXPECT_EQ(changed->leader, node_id{1});
    at(1).change_members({}, cluster.now(), note);
    EXPECT_EQ(changed->outcome, outcome::busy);
    EXPECT_EQ(changed->error, errc::out_of_range) << "nobody would be left";
    at(1).change_members(two, cluster.now(), [](auto const&) {});
    at(1).change_members(two, cluster.now(), note);
    EXPECT_EQ(changed->outcome, outcome::busy) << "one at a time";
    EXPECT_EQ(changed->error, errc::busy);
    group_handle<test::test_host>{*cluster.at(1).host, group_id{99}}.change_members(two, cluster.now(), note);
    EXPECT_EQ(changed->error, errc::unknown_group);
}

TEST_F(group_handle_test, a_leader_that_is_deposed_does_not_know_what_becomes_of_its_change) {
    std::optional<verdict<raft::configuration>> changed;
    at(1).change_members({.voters = {node_id{1}, node_id{2}}}, cluster.now(),
                         [&](verdict<raft::configuration> said) { changed = std::move(said); });
    cluster.at(1).host->finish_turn(cluster.now());
    cluster.at(1).host->on_time(cluster.now() + 10s);
    cluster.at(1).host->finish_turn(cluster.now() + 10s);

    ASSERT_TRUE(changed);
    EXPECT_EQ(changed->outcome, outcome::unknown);
}

TEST_F(group_handle_test, a_leader_that_takes_itself_out_is_told_before_it_goes) {
    std::optional<verdict<raft::configuration>> changed;
    raft::configuration const others{.voters = {node_id{2}, node_id{3}}};
    at(1).change_members(others, cluster.now(), [&](verdict<raft::configuration> said) { changed = std::move(said); });

    cluster.settle();

    ASSERT_TRUE(changed);
    EXPECT_TRUE(changed->committed());
    EXPECT_EQ(changed->value, others);
}

TEST_F(group_handle_test, a_transfer_is_over_when_this_node_leads_no_more) {
    std::optional<std::error_code> over;
    at(1).transfer(node_id{2}, cluster.now(), [&](std::error_code error) { over = error; });
    EXPECT_FALSE(over);

    cluster.settle();

    EXPECT_EQ(over, std::error_code{});
    EXPECT_TRUE(cluster.at(2).host->find(orders)->is_leader());
}

TEST_F(group_handle_test, a_transfer_that_cannot_begin_says_why) {
    std::error_code why;
    auto const note = [&](std::error_code error) { why = error; };

    at(2).transfer(node_id{1}, cluster.now(), note);
    EXPECT_EQ(why, errc::not_leader);
    at(1).transfer(node_id{9}, cluster.now(), note);
    EXPECT_EQ(why, errc::out_of_range);
    group_handle<test::test_host>{*cluster.at(1).host, group_id{99}}.transfer(node_id{2}, cluster.now(), note);
    EXPECT_EQ(why, errc::unknown_group);
}

TEST_F(group_handle_test, a_transfer_to_a_node_that_is_gone_is_given_up) {
    cluster.at(2).host->remove_group(orders);
    std::optional<std::error_code> over;
    at(1).transfer(node_id{2}, cluster.now(), [&](std::error_code error) { over = error; });
    cluster.settle();
    EXPECT_FALSE(over);

    for (int beat = 0; beat < 100 && !over; ++beat) cluster.pass(100ms);

    EXPECT_EQ(over, make_error_code(errc::unreachable));
    EXPECT_TRUE(cluster.at(1).host->find(orders)->is_leader()) << "it goes on";
}

TEST_F(group_handle_test, a_second_transfer_waits_for_its_turn) {
    std::optional<std::error_code> first;
    std::optional<std::error_code> second;
    at(1).transfer(node_id{2}, cluster.now(), [&](std::error_code error) { first = error; });
    at(1).transfer(node_id{3}, cluster.now(), [&](std::error_code error) { second = error; });

    EXPECT_EQ(second, make_error_code(errc::busy));
    cluster.settle();
    EXPECT_EQ(first, std::error_code{}) << "undisturbed by the second";
}

}  // namespace
}  // namespace chronik
