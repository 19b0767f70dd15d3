// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "host_fixture.hpp"

#include <functional>

namespace chronik::test {
namespace {

constexpr group_id orders{7};
using outcome = proposal_outcome<std::size_t>;

TEST(host, a_group_of_one_commits_after_its_own_sync_and_not_before) {
    host_cluster cluster{1};
    cluster.open_everywhere(orders, 1);
    cluster.settle();
    auto& only = cluster.at(1);
    std::optional<outcome> done;

    auto const accepted = only.host->propose(orders, shared_bytes::copy_of("a"), 1, acknowledge::committed, 0,
                                             cluster.now(), [&](outcome result) { done = result; });
    only.host->finish_turn(cluster.now());

    ASSERT_TRUE(accepted);
    EXPECT_FALSE(done) << "answered before the sync returned";
    EXPECT_EQ(only.executor.waiting(), 1U);

    cluster.settle();
    ASSERT_TRUE(done);
    EXPECT_FALSE(done->error);
    EXPECT_EQ(done->index, accepted->index);
}

TEST(host, all_who_wait_for_one_entry_are_told_when_it_commits) {
    host_cluster cluster{1};
    cluster.open_everywhere(orders, 1);
    cluster.settle();
    auto& only = cluster.at(1);
    int told = 0;
    auto const count = [&](outcome const& result) { told += result.error ? 100 : 1; };

    auto const accepted = only.host->propose(orders, shared_bytes::copy_of("a"), 1, acknowledge::committed, 0,
                                             cluster.now(), count);
    ASSERT_TRUE(accepted);
    for (int again = 0; again < 3; ++again) only.host->await(orders, *accepted, acknowledge::committed, 0, count);
    cluster.settle();

    EXPECT_EQ(told, 4);
}

TEST(host, three_nodes_apply_the_same_commands_in_the_same_order) {
    host_cluster cluster{3};
    cluster.open_everywhere(orders, 2);
    cluster.settle();
    ASSERT_TRUE(cluster.at(2).host->find(orders)->is_leader());

    for (auto const* text : {"a", "b", "c"}) {
        ASSERT_TRUE(cluster.at(2).host->propose(orders, shared_bytes::copy_of(text), 1, acknowledge::committed, 0,
                                                cluster.now(), {}));
    }
    cluster.settle();
    cluster.pass(std::chrono::milliseconds{200});

    for (std::uint32_t number : {1U, 2U, 3U}) {
        EXPECT_EQ(cluster.at(number).host->find(orders)->machine.seen, (std::vector<std::string>{"a", "b", "c"}))
            << "node " << number;
    }
}

TEST(host, a_commit_is_told_with_the_proposals_that_its_answer_leads_to) {
    host_cluster cluster{3};
    cluster.open_everywhere(orders, 1);
    cluster.settle();
    auto& follower = *cluster.at(2).host;
    std::uint64_t const before = follower.metrics().messages_received;
    int left = 100;
    std::function<void()> const next = [&] {
        auto const tell = [&](outcome const& done) {
            ASSERT_FALSE(done.error);
            if (--left > 0) next();
        };
        ASSERT_TRUE(cluster.at(1).host->propose(orders, shared_bytes::copy_of("x"), 1, acknowledge::committed, 0,
                                                cluster.now(), tell));
    };
    next();
    cluster.settle();

    EXPECT_EQ(left, 0);
    EXPECT_EQ(follower.metrics().messages_received, before + 100 + 1) << "one for each, and one for the last commit";
    EXPECT_EQ(follower.find(orders)->machine.seen.size(), 100U);
}

TEST(host, a_learners_copy_is_none_that_a_proposal_waits_for) {
    host_cluster cluster{3};
    raft::configuration members;
    members.voters = {node_id{1}, node_id{2}};
    members.learners = {node_id{3}};
    for (std::uint32_t number : {1U, 2U, 3U}) {
        ASSERT_TRUE(cluster.at(number).host->open_group(orders, members, recorder{}, number == 1, cluster.now()));
    }
    cluster.settle();
    int two = 0, three = 0;
    auto const propose = [&](std::uint32_t copies, int& told) {
        auto const tell = [&](outcome const& done) { told += done.error ? 9 : 1; };
        ASSERT_TRUE(cluster.at(1).host->propose(orders, shared_bytes::copy_of("x"), 1, acknowledge::committed, copies,
                                                cluster.now(), tell));
    };
    propose(2, two);
    propose(3, three);
    cluster.settle();
    EXPECT_EQ(cluster.at(3).host->find(orders)->core.durable_index(), log_index{3}) << "it has both";
    EXPECT_EQ(two, 1);
    EXPECT_EQ(three, 0);

    members.voters.push_back(node_id{3});
    members.learners.clear();
    ASSERT_TRUE(cluster.at(1).host->change_members(orders, members, cluster.now()));
    cluster.settle();
    for (int passes = 0; passes < 50 && three == 0; ++passes) cluster.pass(std::chrono::milliseconds{100});
    EXPECT_EQ(three, 1);
}

TEST(host, a_log_with_entries_of_a_term_that_was_not_reached_is_not_opened) {
    host_cluster cluster{1};
    auto& only = cluster.at(1);
    entry newer;
    newer.term = log_term{3};
    newer.index = log_index{1};
    only.storage.create_group(orders).write(raft::hard_state{log_term{2}, no_node}, {newer});

    auto const opened = only.host->open_group(orders, cluster.everyone(), recorder{}, true, cluster.now());

    EXPECT_EQ(opened.error(), errc::corrupt_record);
    EXPECT_EQ(only.host->find(orders), nullptr);
    only.storage.find(orders)->write(raft::hard_state{log_term{3}, no_node}, {});
    EXPECT_TRUE(only.host->open_group(orders, cluster.everyone(), recorder{}, true, cluster.now()));
}

TEST(host, many_groups_share_one_flush) {
    host_cluster cluster{1};
    for (std::uint64_t number = 1; number <= 300; ++number) cluster.open_everywhere(group_id{number}, 1);
    cluster.settle();
    auto& only = cluster.at(1);
    std::size_t const before = only.storage.flushes;

    for (std::uint64_t number = 1; number <= 300; ++number) {
        ASSERT_TRUE(only.host->propose(group_id{number}, shared_bytes::copy_of("x"), 1, acknowledge::committed, 0,
                                       cluster.now(), {}));
    }
    cluster.settle();

    EXPECT_EQ(only.storage.flushes, before + 1);
}

TEST(host, a_follower_refuses_proposals_and_names_no_leader_but_the_real_one) {
    host_cluster cluster{3};
    cluster.open_everywhere(orders, 1);
    cluster.settle();

    auto const refused = cluster.at(3).host->propose(orders, {}, 0, acknowledge::committed, 0, cluster.now(), {});

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), errc::not_leader);
    EXPECT_EQ(cluster.at(3).host->find(orders)->core.leader(), node_id{1});
}

TEST(host, a_failed_sync_is_final_and_ends_every_waiting_proposal) {
    host_cluster cluster{1};
    cluster.open_everywhere(orders, 1);
    cluster.settle();
    auto& only = cluster.at(1);
    std::optional<outcome> done;
    only.storage.fail_flushes = true;

    ASSERT_TRUE(only.host->propose(orders, shared_bytes::copy_of("a"), 1, acknowledge::committed, 0, cluster.now(),
                                   [&](outcome result) { done = result; }));
    cluster.settle();

    ASSERT_TRUE(done);
    EXPECT_EQ(done->error, errc::storage_failed);
    EXPECT_EQ(only.observed.failure, errc::storage_failed);
    EXPECT_EQ(only.host->propose(orders, {}, 0, acknowledge::committed, 0, cluster.now(), {}).error(),
              errc::storage_failed);
}

TEST(host, writes_that_found_no_room_wait_in_order_up_to_a_limit) {
    host_options narrow;
    narrow.unstaged_bytes_max = 2;
    host_cluster cluster{1, narrow};
    cluster.open_everywhere(orders, 1);
    cluster.settle();
    auto& only = cluster.at(1);
    only.storage.refuse_staging = errc::busy;
    std::size_t finished = 0;
    auto const propose = [&](char const* text) {
        return only.host->propose(orders, shared_bytes::copy_of(text), 1, acknowledge::committed, 0, cluster.now(),
                                  [&](outcome result) { finished += result.error ? 0U : 1U; });
    };

    EXPECT_TRUE(propose("a"));
    EXPECT_TRUE(propose("b"));
    EXPECT_EQ(propose("c").error(), errc::busy);
    cluster.settle();
    EXPECT_EQ(finished, 0U);

    only.storage.refuse_staging.reset();
    cluster.settle();
    EXPECT_EQ(finished, 2U);
    EXPECT_EQ(only.host->find(orders)->machine.seen, (std::vector<std::string>{"a", "b"}));
    EXPECT_TRUE(propose("c"));
}

TEST(host, a_leader_that_lost_its_quorum_answers_unknown_outcome) {
    host_cluster cluster{3};
    cluster.open_everywhere(orders, 1);
    cluster.settle();
    auto& leader = cluster.at(1);
    std::optional<outcome> done;

    ASSERT_TRUE(leader.host->propose(orders, shared_bytes::copy_of("a"), 1, acknowledge::committed, 0, cluster.now(),
                                     [&](outcome result) { done = result; }));
    // Nothing of it reaches the others: only this host's turns are finished from here on.
    time_point later = cluster.now();
    for (int beat = 0; beat < 40; ++beat) {
        later += std::chrono::milliseconds{100};
        leader.host->on_time(later);
        leader.host->finish_turn(later);
        while (leader.executor.finish_one()) {}
    }

    ASSERT_TRUE(done);
    EXPECT_EQ(done->error, errc::unknown_outcome);
}

TEST(host, a_payload_that_storage_never_has_room_for_is_refused_and_harms_nothing) {
    host_cluster cluster{1};
    cluster.open_everywhere(orders, 1);
    cluster.settle();
    auto& only = cluster.at(1);
    std::string const large(only.storage.payload_bytes_max() + 1, 'x');

    auto const refused =
        only.host->propose(orders, shared_bytes::copy_of(large), 1, acknowledge::committed, 0, cluster.now(), {});
    cluster.settle();

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), errc::too_large);
    EXPECT_FALSE(only.host->failed());
}

TEST(host, a_turn_that_proposes_more_than_the_storage_can_take_at_once_makes_several_writes) {
    host_cluster cluster{1};
    cluster.open_everywhere(orders, 1);
    cluster.settle();
    auto& only = cluster.at(1);
    std::size_t const most = only.storage.payload_bytes_max();
    std::string const command(most / 3, 'x');

    for (int each = 0; each < 10; ++each) {
        ASSERT_TRUE(only.host->propose(orders, shared_bytes::copy_of(command), 1, acknowledge::committed, 0,
                                       cluster.now(), {}));
    }
    cluster.settle();

    EXPECT_EQ(only.host->find(orders)->machine.seen.size(), 10U);
    EXPECT_LE(only.storage.largest_write, most);
}

TEST(host, a_removed_group_ends_its_proposals_and_is_unknown) {
    host_cluster cluster{1};
    cluster.open_everywhere(orders, 1);
    cluster.settle();
    std::optional<outcome> done;
    ASSERT_TRUE(cluster.at(1).host->propose(orders, {}, 0, acknowledge::committed, 0, cluster.now(),
                                            [&](outcome result) { done = result; }));

    cluster.at(1).host->remove_group(orders);
    cluster.settle();

    ASSERT_TRUE(done);
    EXPECT_EQ(done->error, errc::closed);
    EXPECT_EQ(cluster.at(1).host->propose(orders, {}, 0, acknowledge::committed, 0, cluster.now(), {}).error(),
              errc::unknown_group);
}

TEST(host, malformed_frames_are_counted_and_harm_nothing) {
    host_cluster cluster{1};
    cluster.open_everywhere(orders, 1);
    cluster.settle();

    cluster.at(1).host->on_frame(node_id{9}, shared_bytes::copy_of("\x01garbage"), cluster.now());
    cluster.at(1).host->on_frame(node_id{9}, {}, cluster.now());

    EXPECT_EQ(cluster.at(1).host->metrics().frames_malformed, 2U);
    EXPECT_TRUE(cluster.at(1).host->find(orders)->is_leader());
}

/// Three nodes, and groups that have fallen asleep, led by one of the nodes.
struct sleeping_hosts : ::testing::Test {
    host_cluster cluster{3};
    static constexpr std::uint64_t groups = 300;

    void SetUp() override {
        for (std::uint64_t number = 1; number <= groups; ++number) cluster.open_everywhere(group_id{number}, 1);
        cluster.settle();
        pass_seconds(1);
    }
    void pass_seconds(int seconds) {
        for (int step = 0; step < seconds * 20; ++step) cluster.pass(std::chrono::milliseconds{50});
    }
    std::uint64_t received(std::uint32_t number) { return cluster.at(number).host->metrics().messages_received; }
    bool leads(std::uint32_t number, std::uint64_t which) {
        auto const* const open = cluster.at(number).host->find(group_id{which});
        return open != nullptr && open->is_leader();
    }
};

TEST_F(sleeping_hosts, idle_groups_send_nothing_and_hold_no_elections) {
    std::uint64_t const before = received(1) + received(2) + received(3);

    pass_seconds(30);

    EXPECT_EQ(received(1) + received(2) + received(3), before);
    for (std::uint64_t number = 1; number <= groups; ++number) {
        EXPECT_TRUE(leads(1, number));
        EXPECT_EQ(cluster.at(1).host->find(group_id{number})->core.term(), log_term{1});
    }
    EXPECT_GT(cluster.at(2).host->metrics().pair_messages_received, 0U);
    EXPECT_EQ(cluster.at(2).host->metrics().groups_roused, 0U);
}

TEST_F(sleeping_hosts, who_is_asked_for_something_after_a_long_rest_leads_on) {
    pass_seconds(30);
    auto& leader = *cluster.at(1).host;
    std::uint64_t committed = 0, read = 0;
    for (std::uint64_t number = 1; number <= groups; ++number) {
        group_id const which{number};
        if (number % 2 == 0) {
            ASSERT_TRUE(leader.propose(which, {}, 0, acknowledge::committed, 0, cluster.now(),
                                       [&](outcome result) { committed += result.error ? 0U : 1U; }));
        } else {
            ASSERT_TRUE(leader.read(which, cluster.now(), [&](std::error_code why) { read += why ? 0U : 1U; }));
        }
    }
    // The others answer later than the leader looks at its clock again.
    leader.finish_turn(cluster.now());
    leader.on_time(cluster.now());
    pass_seconds(3);

    EXPECT_EQ(committed, groups / 2);
    EXPECT_EQ(read, groups / 2);
    for (std::uint64_t number = 1; number <= groups; ++number) {
        EXPECT_TRUE(leads(1, number)) << number;
        EXPECT_EQ(leader.find(group_id{number})->core.term(), log_term{1}) << number;
    }
}

TEST_F(sleeping_hosts, have_nothing_for_waiters_and_their_members_once) {
    auto& leader = *cluster.at(1).host;
    auto const& first = *leader.find(group_id{1});
    ASSERT_TRUE(leader.propose(first.id, {}, 0, acknowledge::committed, 0, cluster.now(), [](outcome) {}));
    EXPECT_TRUE(first.somebody_waits());
    pass_seconds(1);

    for (auto const& [id, open] : leader.groups()) {
        EXPECT_NE(open->core.resting(), raft::resting{}) << id.value;
        EXPECT_FALSE(open->waiting) << id.value;
        EXPECT_EQ(&open->core.members(), &first.core.members()) << id.value;
    }
}

TEST_F(sleeping_hosts, a_node_that_falls_silent_is_replaced_in_all_of_them) {
    cluster.at(1).away = true;
    pass_seconds(6);

    for (std::uint64_t number = 1; number <= groups; ++number)
        EXPECT_TRUE(leads(2, number) || leads(3, number)) << number;
    cluster.at(1).away = false;
    pass_seconds(3);
    for (std::uint64_t number = 1; number <= groups; ++number) {
        EXPECT_FALSE(leads(1, number)) << number;
        EXPECT_EQ(cluster.at(1).host->find(group_id{number})->core.leader(),
                  cluster.at(2).host->find(group_id{number})->core.leader());
        EXPECT_NE(cluster.at(1).host->find(group_id{number})->core.resting(), raft::resting{}) << number;
    }
}

TEST_F(sleeping_hosts, a_group_whose_leader_has_closed_it_elects_another_and_the_others_stay_as_they_are) {
    cluster.at(1).host->remove_group(group_id{7});
    pass_seconds(6);

    EXPECT_TRUE(leads(2, 7) || leads(3, 7));
    for (std::uint64_t number = 1; number <= groups; ++number) EXPECT_EQ(leads(1, number), number != 7) << number;
}

TEST_F(sleeping_hosts, a_node_that_is_suspected_and_alive_keeps_what_it_leads) {
    cluster.at(2).host->suspect(node_id{1}, cluster.now());
    cluster.at(1).host->suspect(node_id{2}, cluster.now());
    cluster.settle();
    pass_seconds(3);

    for (std::uint64_t number = 1; number <= groups; ++number) {
        EXPECT_TRUE(leads(1, number)) << number;
        EXPECT_NE(cluster.at(2).host->find(group_id{number})->core.resting(), raft::resting{}) << number;
    }
}

}  // namespace
}  // namespace chronik::test
