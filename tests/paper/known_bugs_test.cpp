// SPDX-License-Identifier: Apache-2.0
#include "paper_fixture.hpp"

#include <gtest/gtest.h>

// Mistakes that well-known implementations have made and found. Each comment names the project and the mistake.

namespace {

using namespace chronik;
using namespace chronik::paper;
using raft::role;

constexpr std::uint64_t roomy = 1 << 20;

// openraft io_ordering: a vote answered before term and vote are durable is given twice after a crash.
TEST(known_bugs, crash_before_the_vote_is_durable_leaves_no_vote_behind) {
    world w(3);
    w.slow_disks = true;
    w.start_all();

    w.receive(n(2), n(1), raft::vote_request{t(1), i(0), t(0)});
    w.crash(n(1));
    w.start(n(1));
    w.receive(n(3), n(1), raft::vote_request{t(1), i(0), t(0)});
    w.sync(n(1));

    EXPECT_TRUE(w.sent_to<raft::vote_response>(n(2)).empty());
    EXPECT_EQ(w.sent_to<raft::vote_response>(n(3)), (std::vector{raft::vote_response{t(1), true}}));
}

// openraft io_ordering: entries durable before the term they belong to.
TEST(known_bugs, term_travels_before_or_with_the_entries_of_that_term) {
    world w(3);
    w.slow_disks = true;
    w.start_all();

    w.receive(n(2), n(1), raft::append_request{t(5), i(0), t(0), i(0), 1, {item(5, 1, 0)}});

    ASSERT_EQ(w.at(n(1)).unsynced.size(), 1U);
    EXPECT_EQ(w.at(n(1)).unsynced[0].state, (raft::hard_state{t(5), no_node}));
    EXPECT_EQ(w.at(n(1)).unsynced[0].entries.size(), 1U);
}

// CCF 8091, 8094: stepping down within a term cleared the vote, so a late request was granted a second one.
TEST(known_bugs, step_down_within_a_term_keeps_the_vote) {
    world w(3);
    w.start_all();
    w.campaign(n(1));
    w.receive(n(2), n(1), raft::append_request{t(1), i(0), t(0), i(0), 1, {}});
    ASSERT_EQ(w.core_of(n(1)).current_role(), role::follower);

    w.receive(n(3), n(1), raft::vote_request{t(1), i(5), t(1), true});

    EXPECT_EQ(w.sent_to<raft::vote_response>(n(3)), (std::vector{raft::vote_response{t(1), false}}));
    EXPECT_EQ(w.at(n(1)).disk.hard.vote, n(1));
}

// openraft 9540c904, CCF 5991: a late append truncated newer entries that it merely did not mention.
TEST(known_bugs, late_append_does_not_truncate_what_it_does_not_mention) {
    world w(3);
    w.start(n(1));
    w.receive(n(2), n(1),
              raft::append_request{t(1), i(0), t(0), i(0), 1, {item(1, 1, 0), item(1, 2, 1), item(1, 3, 2)}});

    w.receive(n(2), n(1), raft::append_request{t(1), i(0), t(0), i(0), 1, {item(1, 1, 0)}});
    w.receive(n(2), n(1), raft::append_request{t(1), i(1), t(1), i(0), 1, {item(1, 2, 1)}});

    EXPECT_EQ(w.core_of(n(1)).last_index(), i(3));
    EXPECT_EQ(w.at(n(1)).disk.last_index(), i(3));
}

// scylla 9965: a heartbeat with a matching predecessor committed the follower's own divergent tail.
TEST(known_bugs, commit_does_not_pass_what_the_request_has_checked) {
    world w(3);
    w.start(n(1), memory_store::of({1, 2, 2}));

    w.receive(n(2), n(1), raft::append_request{t(3), i(1), t(1), i(3), 1, {}});

    EXPECT_EQ(w.core_of(n(1)).commit_index(), i(1));
}

// CCF 6016: a follower acknowledged its last index, divergent tail included.
TEST(known_bugs, acknowledgement_does_not_pass_what_was_checked) {
    world w(3);
    w.start(n(1), memory_store::of({1, 2, 2}));

    w.receive(n(2), n(1), raft::append_request{t(3), i(1), t(1), i(0), 1, {}});

    auto const sent = w.sent_to<raft::append_response>(n(2));
    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent[0].match_index, i(1));
    EXPECT_EQ(sent[0].checked_index, i(1));
}

TEST(known_bugs, acknowledgement_does_not_pass_what_is_durable) {
    world w(3);
    w.start(n(1), memory_store::of({1}));
    w.slow_disks = true;

    w.receive(n(2), n(1), raft::append_request{t(1), i(1), t(1), i(0), 1, {item(1, 2, 1)}});
    w.receive(n(2), n(1), raft::append_request{t(1), i(2), t(1), i(0), 2, {}});
    ASSERT_EQ(w.sent_to<raft::append_response>(n(2)).size(), 1U);
    EXPECT_EQ(w.sent_to<raft::append_response>(n(2))[0].match_index, i(1)) << "the heartbeat is answered at once";
    w.sync(n(1));

    EXPECT_EQ(w.sent_to<raft::append_response>(n(2)).back().match_index, i(2));
}

// openraft 509: a predecessor that is compacted was read as a conflict, and the whole log was deleted.
TEST(known_bugs, predecessor_below_the_log_start_is_no_conflict) {
    world w(3);
    memory_store disk = memory_store::of({1, 1, 1, 1, 1});
    disk.compact(i(3));
    w.start(n(1), disk);

    w.receive(n(2), n(1),
              raft::append_request{t(1), i(1), t(1), i(0), 1, {item(1, 2, 1), item(1, 3, 2), item(1, 4, 3)}});
    w.receive(n(2), n(1), raft::append_request{t(1), i(0), t(0), i(0), 2, {}});

    EXPECT_EQ(w.core_of(n(1)).last_index(), i(5));
    auto const sent = w.sent_to<raft::append_response>(n(2));
    ASSERT_EQ(sent.size(), 2U);
    EXPECT_TRUE(sent[0].success);
    EXPECT_EQ(sent[0].match_index, i(4));
    EXPECT_TRUE(sent[1].success);
}

// etcd 11038: a member that is no longer in the group disturbs it.
TEST(known_bugs, strangers_are_not_listened_to) {
    world w(3);
    w.start_all();
    w.elect(n(1));

    w.receive(n(9), n(1), raft::vote_request{t(50), i(99), t(49), true});
    w.receive(n(9), n(2), raft::append_request{t(50), i(0), t(0), i(0), 1, {}});
    w.receive(n(1), n(1), raft::timeout_now{t(1)});

    EXPECT_EQ(w.leader(), n(1));
    EXPECT_EQ(w.core_of(n(2)).term(), t(1));
    EXPECT_EQ(w.core_of(n(1)).ignored().strangers, 2U);
}

// openraft 1796: the longest log on an old term and the newest term on a short log refused each other for ever.
TEST(known_bugs, longest_log_on_an_old_term_learns_the_newest_term_and_wins) {
    world w(3);
    w.start(n(1), memory_store::of({1, 1, 1}, {t(5), no_node}));
    w.start(n(2), memory_store::of({1}, {t(9), no_node}));

    w.run_for(milliseconds{3000});

    EXPECT_EQ(w.leader(), n(1));
    EXPECT_GT(w.core_of(n(1)).term(), t(9));
}

// etcd 8243, canonical 279: a member with a higher term ignored the leader and was ignored by the voters.
TEST(known_bugs, member_with_a_higher_term_comes_back_into_the_group) {
    world w(3);
    w.start(n(1)), w.start(n(2));
    w.elect(n(1));
    w.propose(n(1)).value();
    w.deliver_all();
    w.start(n(3), memory_store::of({}, {t(20), no_node}));

    w.run_for(milliseconds{3000});

    ASSERT_TRUE(w.leader().has_value());
    EXPECT_GT(w.core_of(*w.leader()).term(), t(20));
    EXPECT_EQ(w.core_of(n(3)).commit_index(), w.core_of(*w.leader()).commit_index());
    EXPECT_GE(w.core_of(n(3)).last_index(), i(2));
}

// openraft 2080: one bridge member kept an isolated leader alive, and nobody could write.
TEST(known_bugs, leader_that_only_a_bridge_can_hear_makes_room) {
    world w(5);
    w.start_all();
    w.elect(n(1));
    // 1 reaches only 2; 2 reaches everybody; 3, 4 and 5 reach each other.
    for (node_id const far : {n(3), n(4), n(5)}) w.cut.insert({n(1), far}), w.cut.insert({far, n(1)});

    w.run_for(milliseconds{5000});

    auto const leader = w.leader();
    ASSERT_TRUE(leader.has_value());
    EXPECT_NE(*leader, n(1));
    auto const placed = w.propose(*leader);
    ASSERT_TRUE(placed.has_value());
    w.run_for(milliseconds{200});
    EXPECT_GE(w.core_of(*leader).commit_index(), placed->index);
}

// etcd's async_storage_writes_append_aba_race, Redpanda 16105: the completion of an overwritten write was taken for
// the durability of a later, equal one.
TEST(known_bugs, completion_of_an_overwritten_write_proves_nothing_about_its_equal) {
    world w(5);
    w.start(n(1), memory_store::of({1}, {t(4), no_node}));
    w.slow_disks = true;

    w.receive(n(2), n(1), raft::append_request{t(4), i(1), t(1), i(0), 1, {item(2, 2, 1), item(2, 3, 2)}});
    w.receive(n(3), n(1), raft::append_request{t(5), i(1), t(1), i(0), 1, {item(3, 2, 1)}});
    w.receive(n(4), n(1), raft::append_request{t(6), i(1), t(1), i(0), 1, {item(2, 2, 1), item(2, 3, 2)}});
    ASSERT_EQ(w.at(n(1)).unsynced.size(), 3U);

    w.sync(n(1), 1);
    EXPECT_EQ(w.core_of(n(1)).durable_index(), i(1)) << "a crash now could still leave entry 2 of term 3 alone";
    EXPECT_TRUE(w.sent_to<raft::append_response>(n(4)).empty());
    w.sync(n(1), 1);
    EXPECT_EQ(w.core_of(n(1)).durable_index(), i(1));
    w.sync(n(1), 1);
    EXPECT_EQ(w.core_of(n(1)).durable_index(), i(3));
    EXPECT_EQ(w.sent_to<raft::append_response>(n(4)).back().match_index, i(3));
}

// etcd 14370: a group of one acknowledged before its own sync.
TEST(known_bugs, only_member_commits_after_its_own_sync) {
    world w(1);
    w.start_all();
    w.tick(n(1));
    ASSERT_EQ(w.core_of(n(1)).current_role(), role::leader);
    EXPECT_EQ(w.core_of(n(1)).wake_at(), never);
    w.slow_disks = true;

    auto const placed = w.propose(n(1));
    EXPECT_EQ(w.core_of(n(1)).commit_index(), i(1));
    w.sync(n(1));

    EXPECT_EQ(w.core_of(n(1)).commit_index(), placed->index);
}

// NuRaft 185: an append with an old commit index took back what was committed.
TEST(known_bugs, old_commit_index_takes_nothing_back) {
    world w(3);
    w.start(n(1));
    w.receive(n(2), n(1), raft::append_request{t(1), i(0), t(0), i(2), 1, {item(1, 1, 0), item(1, 2, 1)}});
    ASSERT_EQ(w.core_of(n(1)).commit_index(), i(2));

    w.receive(n(2), n(1), raft::append_request{t(1), i(0), t(0), i(1), 1, {item(1, 1, 0)}});

    EXPECT_EQ(w.core_of(n(1)).commit_index(), i(2));
    EXPECT_EQ(w.core_of(n(1)).last_index(), i(2));
}

TEST(known_bugs, request_against_committed_entries_is_refused_and_counted) {
    world w(3);
    w.start(n(1));
    w.receive(n(2), n(1), raft::append_request{t(1), i(0), t(0), i(2), 1, {item(1, 1, 0), item(1, 2, 1)}});

    w.receive(n(3), n(1), raft::append_request{t(2), i(0), t(0), i(0), 1, {item(2, 1, 0)}});
    w.receive(n(3), n(1), raft::append_request{t(2), i(2), t(2), i(0), 1, {}});

    EXPECT_EQ(w.core_of(n(1)).ignored().unsafe, 2U);
    EXPECT_EQ(w.terms(n(1)), (std::vector<std::uint64_t>{1, 1}));
}

// LogCabin 44 is figure 8, in replication_test.cpp. openraft 1802, an incremental quorum that lost its order, is
// compared with a plain count in tests/unit/raft/quorum_test.cpp.

TEST(hostile_messages, numbers_at_their_limits_do_no_harm) {
    constexpr auto huge = ~std::uint64_t{0};
    for (std::uint64_t const term : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, huge}) {
        for (std::uint64_t const index : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{7}, huge - 1, huge}) {
            for (node_id const to : {n(1), n(2)}) {
                world w(3);
                w.start_all();
                w.elect(n(1));
                entry odd = item(1, 2, 0);
                odd.index = i(index);
                odd.base_offset = {huge};
                w.receive(n(3), to, raft::pre_vote_request{t(term), i(index), t(huge)});
                w.receive(n(3), to, raft::pre_vote_response{t(term), true});
                w.receive(n(3), to,
                          raft::append_response{t(term), true, i(index), i(index), i(index), t(huge), huge, huge});
                w.receive(n(3), to, raft::append_response{t(term), false, i(index), i(index), i(index), t(huge), 1, 0});
                w.receive(n(3), to, raft::append_request{t(term), i(index), t(term), i(huge), huge, {odd}});
                w.receive(n(3), to, raft::append_request{t(term), i(index), t(huge), i(huge), huge, {}});
                w.receive(n(3), to, raft::vote_request{t(term), i(index), t(huge), true});
                w.receive(n(3), to, raft::vote_response{t(term), true});
                w.receive(n(3), to, raft::timeout_now{t(term)});
                EXPECT_LE(w.core_of(to).commit_index(), i(1));
            }
        }
    }
}

TEST(hostile_messages, malformed_appends_are_counted_and_change_nothing) {
    world w(3);
    w.start_all();
    w.elect(n(1));
    std::vector<raft::append_request> const bad{
        {t(1), i(1), t(1), i(0), 1, {item(1, 3, 0)}},                 // a gap after prev
        {t(1), i(1), t(1), i(0), 1, {item(1, 2, 0), item(1, 4, 1)}},  // a gap inside
        {t(1), i(1), t(1), i(0), 1, {item(2, 2, 0)}},                 // a term above the message's
        {t(1), i(1), t(2), i(0), 1, {}},                              // the same, of prev
        {t(1), i(1), t(0), i(0), 1, {}},                              // an entry without a term
        {t(1), i(0), t(1), i(0), 1, {}},                              // a term without an entry
        {t(1), i(1), t(1), i(0), 1, {item(1, 2, 0), item(1, 3, 5)}},  // offsets with a gap
        {t(1), i(1), t(1), i(0), 1, {item(1, 2, 9)}},                 // an offset that does not follow ours
    };

    for (auto const& request : bad) w.receive(n(1), n(2), request);

    EXPECT_EQ(w.core_of(n(2)).ignored().malformed, bad.size());
    EXPECT_EQ(w.core_of(n(2)).last_index(), i(1));
}

TEST(hostile_messages, claim_to_hold_what_was_never_sent_commits_nothing) {
    world w(3);
    w.start_all();
    w.elect(n(1));
    w.slow_disks = true;
    w.propose(n(1)).value();
    w.lose_all();

    w.receive(n(2), n(1), raft::append_response{t(1), true, i(9), i(9), {}, {}, 1, roomy});
    w.receive(n(3), n(1), raft::append_response{t(1), true, i(2), i(1), {}, {}, 1, roomy});

    EXPECT_EQ(w.core_of(n(1)).commit_index(), i(1));
    EXPECT_EQ(w.core_of(n(1)).ignored().malformed, 2U);
}

TEST(hostile_messages, second_leader_of_a_term_is_not_followed) {
    world w(3);
    w.start_all();
    w.elect(n(1));

    w.receive(n(3), n(1), raft::append_request{t(1), i(0), t(0), i(0), 1, {}});
    w.receive(n(3), n(2), raft::append_request{t(1), i(0), t(0), i(0), 1, {}});

    EXPECT_EQ(w.core_of(n(1)).current_role(), role::leader);
    EXPECT_EQ(w.core_of(n(2)).leader(), n(1));
}

}  // namespace
