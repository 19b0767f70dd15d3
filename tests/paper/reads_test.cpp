// SPDX-License-Identifier: Apache-2.0
#include "paper_fixture.hpp"

#include <gtest/gtest.h>

// Section 6.4 of the thesis: reads that are no entries; and leases.

namespace {

using namespace chronik;
using namespace chronik::paper;
using raft::role;

struct paper_reads : ::testing::Test {
    world w{3};
    void lead() {
        w.start_all();
        w.elect(n(1));
    }
    std::vector<raft::read_outcome> const& outcomes(std::uint32_t node) { return w.at(n(node)).reads; }
};

// Thesis 6.4, steps 2 and 3: the commit index is kept, and told after a round of heartbeats that a quorum answers.
TEST_F(paper_reads, leader_asks_a_quorum_before_it_tells_the_index) {
    lead();
    auto const place = w.propose(n(1));
    w.deliver_all();

    auto const begun = w.read(n(1));

    ASSERT_TRUE(begun.has_value());
    EXPECT_TRUE(outcomes(1).empty());
    EXPECT_EQ(w.all_sent<raft::append_request>().size(), 2U) << "the round begins at once";
    w.deliver_all();
    EXPECT_EQ(outcomes(1), (std::vector{raft::read_outcome{*begun, place->index}}));
}

TEST_F(paper_reads, reads_that_come_during_a_round_share_the_next_one) {
    lead();
    ASSERT_TRUE(w.read(n(1)).has_value());
    for (int k = 0; k < 10; ++k) ASSERT_TRUE(w.read(n(1)).has_value());
    std::uint64_t rounds = 0;
    w.on_send = [&](letter const& mail) {
        auto const* request = std::get_if<raft::append_request>(&mail.body);
        rounds += request && mail.to == n(2) ? 1U : 0U;
    };

    w.deliver_all();

    EXPECT_EQ(outcomes(1).size(), 11U);
    EXPECT_EQ(rounds, 1U);
}

TEST_F(paper_reads, only_voter_needs_to_ask_nobody) {
    world one(1);
    one.start_all();
    one.tick(n(1));
    ASSERT_TRUE(one.read(n(1)).has_value());
    EXPECT_EQ(one.at(n(1)).reads.size(), 1U);
}

// etcd 7331: a leader that has committed nothing in its term does not know what is committed.
TEST_F(paper_reads, read_waits_for_the_first_commit_of_the_term) {
    w.start_all();
    w.campaign(n(1));
    for (int k = 0; k < 3; ++k) w.deliver(0);
    ASSERT_EQ(w.core_of(n(1)).current_role(), role::leader);
    w.lose_all();

    auto const begun = w.read(n(1));
    // The round is answered, but the entry of the term is not acknowledged.
    std::uint64_t const round = w.all_sent<raft::append_request>().empty()
                                    ? 0
                                    : std::get<raft::append_request>(w.wire.back().body).round;
    w.lose_all();
    w.receive(n(2), n(1), raft::append_response{t(1), true, i(0), i(0), {}, {}, round, 1 << 20});
    EXPECT_TRUE(outcomes(1).empty());

    w.run_for(milliseconds{100});
    ASSERT_EQ(outcomes(1).size(), 1U);
    EXPECT_EQ(outcomes(1)[0], (raft::read_outcome{*begun, i(1)}));
}

// etcd 20418: an answer to an older round must not confirm a newer read.
TEST_F(paper_reads, late_answer_to_an_older_round_confirms_nothing) {
    lead();
    w.run_for(milliseconds{50});
    auto const stale = raft::append_response{t(1), true, i(1), i(1), {}, {}, 1, 1 << 20};
    w.isolate(n(1));
    ASSERT_TRUE(w.read(n(1)).has_value());

    for (int k = 0; k < 3; ++k) {
        w.receive(n(2), n(1), stale);
        w.receive(n(3), n(1), stale);
    }

    EXPECT_TRUE(outcomes(1).empty());
}

TEST_F(paper_reads, deposed_leader_fails_its_reads) {
    lead();
    w.isolate(n(1));
    auto const begun = w.read(n(1));
    w.run_for(milliseconds{1000});

    EXPECT_EQ(outcomes(1), (std::vector{raft::read_outcome{*begun, std::nullopt}}));
    EXPECT_EQ(w.read(n(1)).error(), errc::not_leader);
}

// Thesis 6.4: "followers can help": they ask the leader for an index, and answer from their own state.
TEST_F(paper_reads, follower_asks_its_leader) {
    lead();
    auto const place = w.propose(n(1));
    w.deliver_all();

    auto const begun = w.read(n(2));
    ASSERT_TRUE(begun.has_value());
    w.deliver_all();

    EXPECT_EQ(outcomes(2), (std::vector{raft::read_outcome{*begun, place->index}}));
}

TEST_F(paper_reads, follower_gives_up_when_no_answer_comes) {
    lead();
    w.run_for(milliseconds{50});
    ASSERT_TRUE(w.read(n(2)).has_value());
    w.lose_all();

    w.run_for(w.settings.election_timeout_max);

    ASSERT_EQ(outcomes(2).size(), 1U);
    EXPECT_FALSE(outcomes(2)[0].index.has_value());
    EXPECT_EQ(w.leader(), n(1));
}

TEST_F(paper_reads, tickets_do_not_repeat_after_a_restart) {
    lead();
    auto const before = w.read(n(2));
    w.crash(n(2));
    w.start(n(2));
    w.run_for(milliseconds{50});
    auto const after = w.read(n(2));

    EXPECT_EQ(before->term, after->term);
    EXPECT_NE(before->number, after->number);
}

TEST_F(paper_reads, limit_says_busy) {
    w.settings.reads_pending_max = 2;
    lead();
    w.isolate(n(1));
    ASSERT_TRUE(w.read(n(1)).has_value());
    ASSERT_TRUE(w.read(n(1)).has_value());
    EXPECT_EQ(w.read(n(1)).error(), errc::busy);
}

// ---- leases: LeaseGuard, arXiv 2512.15659 ----

struct paper_leases : paper_reads {
    paper_leases() {
        w.settings.reads = raft::read_mode::lease;
        w.settings.lease_duration = milliseconds{150};
        w.settings.clock_error_ppm = 1000;
    }
};

TEST_F(paper_leases, leader_with_a_fresh_commit_answers_at_once) {
    lead();
    w.deliver_all();
    w.now += milliseconds{149};

    ASSERT_TRUE(w.read(n(1)).has_value());

    ASSERT_EQ(outcomes(1).size(), 1U);
    EXPECT_EQ(outcomes(1)[0].index, i(1));
}

TEST_F(paper_leases, read_after_the_lease_asks_a_quorum_and_renews_it) {
    lead();
    w.deliver_all();
    w.now += milliseconds{150};

    ASSERT_TRUE(w.read(n(1)).has_value());
    EXPECT_TRUE(outcomes(1).empty());
    w.deliver_all();
    EXPECT_EQ(outcomes(1).size(), 1U);
    ASSERT_TRUE(w.read(n(1)).has_value());
    EXPECT_EQ(outcomes(1).size(), 2U);
}

// The new leader is elected while the old one still answers: it must not commit before that has ended.
TEST_F(paper_leases, new_leader_commits_nothing_before_the_old_lease_has_ended) {
    lead();
    ASSERT_TRUE(w.propose(n(1)).has_value());
    w.deliver_all();
    time_point const appended = w.now;
    ASSERT_TRUE(w.transfer(n(1), n(2)).has_value());
    // The old leader hears nothing of it.
    w.deliver(0);
    w.isolate(n(1));
    w.deliver_all();
    ASSERT_EQ(w.core_of(n(2)).current_role(), role::leader);
    ASSERT_EQ(w.core_of(n(1)).current_role(), role::leader);

    auto const place = w.propose(n(2));
    ASSERT_TRUE(place.has_value());
    w.run_for(milliseconds{140});
    ASSERT_TRUE(w.read(n(1)).has_value());
    ASSERT_EQ(outcomes(1).size(), 1U) << "the old leader still answers by its lease";
    EXPECT_LT(w.core_of(n(2)).commit_index(), place->index) << "so nothing newer may be committed";

    w.run_for(appended + raft::lease::longest(w.settings) - w.now);
    EXPECT_EQ(w.core_of(n(2)).commit_index(), place->index);
    ASSERT_TRUE(w.read(n(1)).has_value());
    EXPECT_EQ(outcomes(1).size(), 1U) << "it would have to ask now, and nobody answers";
}

// Without this, a leader that has nothing to commit when the wait ends would ask to be woken for ever.
TEST_F(paper_leases, wait_ends_also_when_there_is_nothing_to_commit) {
    w.start(n(1), memory_store::of({1})), w.start(n(2)), w.start(n(3));
    w.elect(n(1));
    w.isolate(n(1));

    w.now += raft::lease::longest(w.settings);
    w.tick(n(1));

    EXPECT_GT(w.core_of(n(1)).wake_at(), w.now);
}

TEST_F(paper_leases, first_leader_of_an_empty_log_waits_for_nobody) {
    lead();
    EXPECT_EQ(w.core_of(n(1)).commit_index(), i(1));
}

}  // namespace
