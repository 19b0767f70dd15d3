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

TEST_F(group_handle_test, a_read_sees_what_was_proposed_before_it_and_the_machine_does_not_see_the_read) {
    propose_at(1);
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

TEST_F(group_handle_test, a_read_elsewhere_asks_nothing_and_names_the_leader) {
    int asked = 0;
    std::optional<verdict<int>> read;
    at(2).read([&](test::recorder const&) { return ++asked; }, cluster.now(),
               [&](verdict<int> said) { read = std::move(said); });

    ASSERT_TRUE(read);
    EXPECT_EQ(read->outcome, outcome::not_leader);
    EXPECT_EQ(read->leader, node_id{1});
    EXPECT_EQ(asked, 0);
}

// What makes it linearizable: a leader that others have replaced cannot commit, so it cannot answer either.
TEST_F(group_handle_test, a_leader_that_reaches_nobody_answers_no_read) {
    int asked = 0;
    std::optional<verdict<int>> read;
    at(1).read([&](test::recorder const&) { return ++asked; }, cluster.now(),
               [&](verdict<int> said) { read = std::move(said); });
    cluster.at(1).host->finish_turn(cluster.now());
    cluster.at(1).host->on_time(cluster.now() + 10s);
    cluster.at(1).host->finish_turn(cluster.now() + 10s);

    ASSERT_TRUE(read);
    EXPECT_EQ(read->outcome, outcome::unknown);
    EXPECT_FALSE(read->value);
    EXPECT_EQ(asked, 0);
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
