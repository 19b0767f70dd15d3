// SPDX-License-Identifier: Apache-2.0
#include "paper_fixture.hpp"

#include <gtest/gtest.h>

namespace {

using namespace chronik;
using namespace chronik::paper;
using raft::role;

// "The leader appends the command to its log as a new entry, then issues AppendEntries RPCs in parallel to each of
// the other servers to replicate the entry." Section 5.3
TEST(paper_replication, leader_appends_and_sends_to_all_followers) {
    world w(3);
    w.start_all();
    w.elect(n(1));

    auto const placed = w.propose(n(1), "hello", 3);

    ASSERT_TRUE(placed.has_value());
    EXPECT_EQ(*placed, (raft::accepted{i(2), t(1), log_offset{0}}));
    EXPECT_EQ(w.core_of(n(1)).next_offset(), log_offset{3});
    for (node_id const follower : {n(2), n(3)}) {
        auto const sent = w.sent_to<raft::append_request>(follower);
        ASSERT_EQ(sent.size(), 1U);
        EXPECT_EQ(sent[0].prev_index, i(1));
        ASSERT_EQ(sent[0].entries.size(), 1U);
        EXPECT_EQ(sent[0].entries[0].payload.text(), "hello");
    }
}

// "A log entry is committed once the leader that created the entry has replicated it on a majority of the servers."
// Section 5.3
TEST(paper_replication, entry_is_committed_once_a_majority_holds_it) {
    world w(5);
    w.start_all();
    w.elect(n(1));
    auto const placed = w.propose(n(1));
    w.lose_all();

    w.receive(n(2), n(1), raft::append_response{t(1), true, i(2), i(2), {}, {}, 1, 1 << 20});
    EXPECT_LT(w.core_of(n(1)).commit_index(), placed->index);
    w.receive(n(3), n(1), raft::append_response{t(1), true, i(2), i(2), {}, {}, 1, 1 << 20});

    EXPECT_EQ(w.core_of(n(1)).commit_index(), placed->index);
}

// Retrying indefinitely (section 5.3) does not mean that a leader waits for its own disk: it says which entry it would
// have to wait for, and goes on with everybody else.
TEST(paper_replication, a_follower_that_is_far_behind_gets_what_has_been_brought_and_holds_nobody_up) {
    world w(3);
    memory_store long_log = memory_store::of({1, 1, 1, 1, 1, 1, 1, 1});
    w.start(n(2), long_log);
    long_log.away_to = i(6);
    w.start(n(1), long_log);
    w.start(n(3));
    w.elect(n(1));

    auto const& wanted = w.at(n(1)).wanted;
    ASSERT_FALSE(wanted.empty());
    EXPECT_EQ(wanted.back(), i(1));
    w.propose(n(1)).value();
    w.deliver_all();
    EXPECT_EQ(w.core_of(n(1)).commit_index(), i(10)) << "two of three have it";
    EXPECT_EQ(w.core_of(n(3)).last_index(), log_index{});

    w.call(n(1), [&](core& c, raft::effects& out) { c.at_hand(i(1), i(4), w.now, out); });
    w.deliver_all();
    EXPECT_EQ(w.core_of(n(3)).last_index(), i(4));
    EXPECT_EQ(wanted.back(), i(5));
    auto const told = wanted.size();
    w.run_for(w.settings.heartbeat_interval * 2);
    EXPECT_GT(wanted.size(), told) << "told again: it may have been lost";

    w.call(n(1), [&](core& c, raft::effects& out) { c.at_hand(i(5), i(6), w.now, out); });
    w.deliver_all();
    EXPECT_EQ(w.terms(n(3)), w.terms(n(1)));
}

// "The leader keeps track of the highest index it knows to be committed, and it includes that index in future
// AppendEntries RPCs (including heartbeats) so that the other servers eventually find out." Section 5.3
TEST(paper_replication, followers_learn_the_commit_index) {
    world w(3);
    w.start_all();
    w.elect(n(1));
    w.propose(n(1)).value();

    w.deliver_all();

    for (node_id const node : {n(1), n(2), n(3)}) EXPECT_EQ(w.core_of(node).commit_index(), i(2));
}

// "If followers crash or run slowly, or if network packets are lost, the leader retries AppendEntries RPCs
// indefinitely." Section 5.3
TEST(paper_replication, lost_appends_are_sent_again) {
    world w(3);
    w.start_all();
    w.elect(n(1));
    for (int k = 0; k < 10; ++k) {
        w.propose(n(1)).value();
        w.lose_all();
    }
    EXPECT_EQ(w.core_of(n(1)).commit_index(), i(1));

    w.run_for(w.settings.heartbeat_interval * 2);

    for (node_id const node : {n(1), n(2), n(3)}) EXPECT_EQ(w.core_of(node).commit_index(), i(11));
}

// "If the follower does not find an entry in its log with the same index and term, then it refuses the new entries."
// Section 5.3
TEST(paper_replication, follower_refuses_entries_with_an_unknown_predecessor) {
    struct sample {
        std::uint64_t prev_index;
        std::uint64_t prev_term;
        bool success;
    };
    for (sample const& s : {sample{0, 0, true}, sample{1, 1, true}, sample{2, 2, true}, sample{1, 2, false},
                            sample{2, 1, false}, sample{3, 2, false}}) {
        world w(3);
        w.start(n(1), memory_store::of({1, 2}));
        w.receive(n(2), n(1), raft::append_request{t(2), i(s.prev_index), t(s.prev_term), i(0), 1, {}});
        ASSERT_EQ(w.sent_to<raft::append_response>(n(2)).size(), 1U);
        EXPECT_EQ(w.sent_to<raft::append_response>(n(2))[0].success, s.success) << s.prev_index << ' ' << s.prev_term;
    }
}

// Figure 7: "When the leader at the top comes to power, it is possible that any of scenarios (a-f) could occur in
// follower logs." "The leader handles inconsistencies by forcing the followers' logs to duplicate its own."
// Section 5.3
TEST(paper_replication, leader_brings_the_logs_of_figure_7_into_agreement) {
    std::vector<std::uint64_t> const leader_log{1, 1, 1, 4, 4, 5, 5, 6, 6, 6};
    std::vector<std::pair<char, std::vector<std::uint64_t>>> const followers{
        {'a', {1, 1, 1, 4, 4, 5, 5, 6, 6}},
        {'b', {1, 1, 1, 4}},
        {'c', {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6}},
        {'d', {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7}},
        {'e', {1, 1, 1, 4, 4, 4, 4}},
        {'f', {1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3}},
    };
    auto expected = leader_log;
    expected.push_back(8);
    for (auto const& [name, log] : followers) {
        SCOPED_TRACE(std::string("follower ") + name);
        world w(3);
        w.start(n(1), memory_store::of(leader_log, {t(7), no_node}));
        w.start(n(2), memory_store::of(log, {t(7), no_node}));
        w.start(n(3), memory_store::of({1, 1, 1}, {t(7), no_node}));

        w.elect(n(1));

        EXPECT_EQ(w.terms(n(2)), expected);
        EXPECT_EQ(w.core_of(n(1)).commit_index(), i(11));
    }
}

// "The protocol can be optimized to reduce the number of rejected AppendEntries RPCs ... one AppendEntries RPC will be
// required for each term with conflicting entries, rather than one RPC per entry." Section 5.3
TEST(paper_replication, backtracking_takes_one_refusal_for_each_term) {
    std::vector<std::uint64_t> ours(100, 1);
    ours.resize(200, 5);
    std::vector<std::uint64_t> theirs(100, 1);
    theirs.resize(250, 2);
    theirs.resize(300, 3);
    world w(3);
    w.start(n(1), memory_store::of(ours, {t(5), no_node}));
    w.start(n(2), memory_store::of(theirs, {t(5), no_node}));
    w.start(n(3), memory_store::of(ours, {t(5), no_node}));
    int refusals = 0;
    w.on_send = [&](letter const& mail) {
        if (auto const* r = std::get_if<raft::append_response>(&mail.body); r && !r->success) ++refusals;
    };

    w.elect(n(1));

    EXPECT_EQ(w.terms(n(2)), w.terms(n(1)));
    EXPECT_LE(refusals, 3);
}

// Figure 8: "a leader cannot determine commitment using log entries from older terms." Section 5.4.2
TEST(paper_safety, entry_of_an_older_term_is_not_committed_by_counting) {
    world w(5);
    // (c): S1 has entry 2 of term 2 and leads again in term 4; S5 crashed with entry 2 of term 3.
    w.start(n(1), memory_store::of({1, 2}, {t(3), no_node}));
    w.start(n(2), memory_store::of({1, 2}, {t(3), no_node}));
    for (node_id const node : {n(3), n(4)}) w.start(node, memory_store::of({1}, {t(3), no_node}));
    w.campaign(n(1));
    while (w.core_of(n(1)).current_role() != role::leader) w.deliver(0);
    w.lose_all();
    ASSERT_EQ(w.core_of(n(1)).term(), t(4));

    for (node_id const node : {n(2), n(3)}) {
        w.receive(node, n(1), raft::append_response{t(4), true, i(2), i(2), {}, {}, 1, 1 << 20});
    }
    EXPECT_EQ(w.core_of(n(1)).commit_index(), i(0)) << "three of five hold entry 2, and S5 could still overwrite it";

    // (e): once an entry of the own term is on a majority, those before it are committed too.
    for (node_id const node : {n(2), n(3)}) {
        w.receive(node, n(1), raft::append_response{t(4), true, i(3), i(3), {}, {}, 1, 1 << 20});
    }
    EXPECT_EQ(w.core_of(n(1)).commit_index(), i(3));
}

// "Raft handles this by having each leader commit a blank no-op entry into the log at the start of its term."
// Section 8
TEST(paper_safety, leader_serves_once_its_no_op_is_committed) {
    world w(3);
    w.start_all();
    w.campaign(n(1));
    while (w.core_of(n(1)).current_role() != role::leader) w.deliver(0);
    EXPECT_FALSE(w.core_of(n(1)).can_serve());

    w.deliver_all();

    EXPECT_TRUE(w.core_of(n(1)).can_serve());
    EXPECT_EQ(w.core_of(n(1)).entry_at(i(1))->kind, entry_kind::no_op);
    EXPECT_EQ(w.core_of(n(1)).next_offset(), log_offset{0}) << "a no-op takes no offset";
}

// Thesis section 10.2.1: "the leader can write to its disk in parallel with replicating to the followers."
TEST(paper_replication, leader_sends_before_its_own_disk_and_commits_without_it) {
    world w(3);
    w.start_all();
    w.elect(n(1));
    w.slow_disks = true;

    w.propose(n(1)).value();
    ASSERT_EQ(w.all_sent<raft::append_request>().size(), 2U);
    while (!w.wire.empty()) w.deliver(0);
    w.sync(n(2)), w.sync(n(3));
    w.deliver_all();

    EXPECT_EQ(w.core_of(n(1)).durable_index(), i(1));
    EXPECT_EQ(w.core_of(n(1)).commit_index(), i(2)) << "two disks of three are a quorum";
}

// "The leader replicates log entries to them, but they are not considered for majorities." Section 6
TEST(paper_replication, learner_receives_all_and_counts_for_nothing) {
    world w(3);
    w.configuration.learners = {n(4)};
    w.start_all();
    w.elect(n(1));
    w.isolate(n(2)), w.isolate(n(3));

    w.propose(n(1)).value();
    w.deliver_all();
    EXPECT_EQ(w.core_of(n(4)).last_index(), i(2));
    EXPECT_EQ(w.core_of(n(1)).commit_index(), i(1));

    w.heal();
    w.run_for(milliseconds{50});
    EXPECT_EQ(w.core_of(n(4)).commit_index(), i(2));
    EXPECT_EQ(w.core_of(n(4)).wake_at(), never);
}

// "The prior leader sends a TimeoutNow request to the target server. This request has the same effect as the target
// server's election timer firing." Thesis section 3.10
TEST(paper_transfer, leadership_moves_without_waiting_for_a_timeout) {
    world w(3);
    w.start_all();
    w.elect(n(1));
    w.propose(n(1)).value();

    ASSERT_TRUE(w.transfer(n(1), n(3)).has_value());
    w.deliver_all();

    EXPECT_EQ(w.leader(), n(3));
    EXPECT_EQ(w.core_of(n(3)).term(), t(2));
    EXPECT_EQ(w.core_of(n(1)).leader(), n(3));
}

// "The prior leader stops accepting new client requests." "The prior leader fully updates the target server's log to
// match its own." Thesis section 3.10
TEST(paper_transfer, target_catches_up_first_and_proposals_wait) {
    world w(3);
    w.start_all();
    w.elect(n(1));
    w.isolate(n(3));
    w.propose(n(1)).value();
    w.deliver_all();

    ASSERT_TRUE(w.transfer(n(1), n(3)).has_value());
    EXPECT_TRUE(w.all_sent<raft::timeout_now>().empty());
    EXPECT_EQ(w.propose(n(1)).error(), errc::busy);
    w.heal();
    w.run_for(w.settings.heartbeat_interval * 2);

    EXPECT_EQ(w.leader(), n(3));
}

// "If leadership transfer does not complete after about an election timeout, the prior leader aborts the transfer and
// resumes accepting client requests." Thesis section 3.10
TEST(paper_transfer, transfer_to_a_silent_member_is_given_up) {
    world w(3);
    w.start_all();
    w.elect(n(1));
    w.isolate(n(3));
    ASSERT_TRUE(w.transfer(n(1), n(3)).has_value());

    w.run_for(w.settings.election_timeout_max);

    EXPECT_FALSE(w.core_of(n(1)).transferring());
    EXPECT_TRUE(w.propose(n(1)).has_value());
}

}  // namespace
