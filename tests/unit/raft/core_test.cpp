// SPDX-License-Identifier: Apache-2.0
#include "../../paper/paper_fixture.hpp"

#include <gtest/gtest.h>

namespace {

using namespace chronik;
using namespace chronik::paper;
using raft::role;

TEST(raft_core, follower_does_not_take_proposals) {
    world w(3);
    w.start_all();
    w.elect(n(1));

    EXPECT_EQ(w.propose(n(2)).error(), errc::not_leader);
    EXPECT_EQ(w.core_of(n(2)).leader(), n(1)) << "it knows who does";
}

TEST(raft_core, is_told_what_was_committed_in_an_earlier_life) {
    memory_store const disk = memory_store::of({1, 1, 2});
    raft::configuration members;
    members.voters = {n(1), n(2), n(3)};
    auto const settings = quick_options();
    paper::core again{n(1), members, settings, {t(2), no_node}, disk, 7, time_point{}};
    ASSERT_EQ(again.commit_index(), log_index{});

    again.know_committed(i(2));
    EXPECT_EQ(again.commit_index(), i(2));
    again.know_committed(i(1));
    EXPECT_EQ(again.commit_index(), i(2)) << "what is committed stays so";
}

TEST(raft_core, a_member_that_lost_what_it_held_gives_no_vote_before_it_has_that_again) {
    for (bool const has_it : {false, true}) {
        world w(3);
        w.start(n(1), memory_store::of({1, 1, 2}));
        w.core_of(n(1)).abstain_before(i(has_it ? 3 : 4), t(2));

        w.receive(n(2), n(1), raft::pre_vote_request{t(3), i(9), t(2)});
        w.receive(n(2), n(1), raft::vote_request{t(3), i(9), t(2)});

        ASSERT_EQ(w.sent_to<raft::pre_vote_response>(n(2)).size(), 1U);
        EXPECT_EQ(w.sent_to<raft::pre_vote_response>(n(2))[0].granted, has_it);
        ASSERT_EQ(w.sent_to<raft::vote_response>(n(2)).size(), 1U);
        EXPECT_EQ(w.sent_to<raft::vote_response>(n(2))[0].granted, has_it);
    }
}

TEST(raft_core, a_member_that_came_back_follows_no_leader_of_a_term_before) {
    world w(3);
    w.start(n(1), memory_store::of({1}));
    w.core_of(n(1)).abstain_before(i(4), t(5));
    EXPECT_EQ(w.core_of(n(1)).term(), t(5));

    w.receive(n(2), n(1), raft::append_request{.term = t(4), .prev_index = i(1), .prev_term = t(1),
                                               .commit_index = i(1), .round = 1, .entries = {}});

    EXPECT_EQ(w.core_of(n(1)).leader(), no_node);
}

TEST(raft_core, a_member_that_gives_no_vote_does_not_stand_for_election) {
    world w(3);
    w.start(n(1), memory_store::of({1, 1, 2}));
    w.core_of(n(1)).abstain_before(i(4), t(2));

    w.campaign(n(1));

    EXPECT_EQ(w.core_of(n(1)).current_role(), role::follower);
}

TEST(raft_core, proposals_get_places_and_offsets_in_order) {
    world w(3);
    w.start_all();
    w.elect(n(1));

    EXPECT_EQ(*w.propose(n(1), "a", 2), (raft::accepted{i(2), t(1), {0}}));
    EXPECT_EQ(*w.propose(n(1), "b", 0), (raft::accepted{i(3), t(1), {2}}));
    EXPECT_EQ(*w.propose(n(1), "c", 1), (raft::accepted{i(4), t(1), {2}}));
    EXPECT_EQ(w.core_of(n(1)).next_offset(), log_offset{3});
}

TEST(raft_core, what_is_appended_before_a_release_shares_a_write_and_a_message_to_each_peer) {
    world w(3);
    w.start_all();
    w.elect(n(1));
    raft::effects out;
    for (int k = 0; k < 5; ++k) {
        ASSERT_TRUE(w.core_of(n(1)).append(entry_kind::command, shared_bytes::copy_of("x"), 1, w.now).has_value());
    }
    w.core_of(n(1)).release(out);

    ASSERT_TRUE(out.persist.has_value());
    EXPECT_EQ(out.persist->entries.size(), 5U);
    ASSERT_EQ(out.messages.size(), 2U);
    for (auto const& mail : out.messages) {
        EXPECT_EQ(std::get<raft::append_request>(mail.body()).entries.size(), 5U);
    }
    out.clear();
    w.core_of(n(1)).release(out);
    EXPECT_TRUE(out.empty()) << "nothing is released twice";
}

/// One of the others has acknowledged what the leader proposed; the leader is about to hear of it, and its driver will
/// release what follows.
struct raft_core_release : ::testing::Test {
    raft_core_release() {
        w.start_all();
        w.elect(n(1));
        out.will_release = true;
    }
    void hear_of_a_commit() {
        w.deliver(0);
        letter answer = std::move(w.wire.back());
        w.lose_all();
        w.core_of(n(1)).receive(answer.from, std::move(answer.body), w.now, out);
        ASSERT_EQ(w.core_of(n(1)).commit_index(), i(2));
    }
    /// What is sent next tells everybody of that commit, by so many entries each.
    void expect_told(log_index commit, std::size_t entries) {
        ASSERT_EQ(out.messages.size(), 2U);
        for (auto const& mail : out.messages) {
            auto const& request = std::get<raft::append_request>(mail.body());
            EXPECT_EQ(request.commit_index, commit);
            EXPECT_EQ(request.entries.size(), entries);
        }
        out.clear();
        w.core_of(n(1)).release(out);
        EXPECT_TRUE(out.empty()) << "nobody is told twice";
    }

    world w{3};
    raft::effects out;
};

TEST_F(raft_core_release, tells_a_commit_with_the_entries_that_follow_it) {
    ASSERT_TRUE(w.propose(n(1)).has_value());
    hear_of_a_commit();
    EXPECT_TRUE(out.messages.empty());
    EXPECT_TRUE(out.to_release);
    EXPECT_FALSE(out.empty());
    out.clear();

    ASSERT_TRUE(w.core_of(n(1)).append(entry_kind::command, shared_bytes::copy_of("next"), 1, w.now).has_value());
    w.core_of(n(1)).release(out);

    expect_told(i(2), 1);
}

TEST_F(raft_core_release, tells_a_commit_that_nothing_follows_by_itself) {
    ASSERT_TRUE(w.propose(n(1)).has_value());
    hear_of_a_commit();
    out.clear();

    w.core_of(n(1)).release(out);

    expect_told(i(2), 0);
}

TEST_F(raft_core_release, does_not_wait_where_the_leader_may_go_before) {
    ASSERT_TRUE(w.change(n(1), {.voters = {n(1), n(2)}, .learners = {}}).has_value());
    hear_of_a_commit();

    EXPECT_FALSE(out.messages.empty());
    EXPECT_FALSE(out.to_release);
}

TEST(raft_core, uncommitted_limit_answers_busy_until_the_quorum_catches_up) {
    raft::options limits = quick_options();
    limits.uncommitted_bytes_max = 3 * (raft::entry_overhead_bytes + 1);
    world w(3, limits);
    w.start_all();
    w.elect(n(1));
    for (int k = 0; k < 3; ++k) ASSERT_TRUE(w.propose(n(1)).has_value());

    EXPECT_EQ(w.propose(n(1)).error(), errc::busy);
    w.deliver_all();

    EXPECT_TRUE(w.propose(n(1)).has_value());
}

TEST(raft_core, several_writes_may_be_in_flight) {
    world w(1);
    w.start_all();
    w.tick(n(1));
    w.slow_disks = true;
    for (int k = 0; k < 4; ++k) ASSERT_TRUE(w.propose(n(1)).has_value());
    ASSERT_EQ(w.at(n(1)).unsynced.size(), 4U);

    w.sync(n(1), 2);
    EXPECT_EQ(w.core_of(n(1)).commit_index(), i(3));
    w.sync(n(1));
    EXPECT_EQ(w.core_of(n(1)).commit_index(), i(5));
}

TEST(raft_core, wake_time_is_the_next_deadline_of_the_role) {
    world w(3);
    w.configuration.learners = {n(4)};
    w.start_all();
    EXPECT_EQ(w.core_of(n(4)).wake_at(), never);
    EXPECT_GE(w.core_of(n(1)).wake_at(), w.now + w.settings.election_timeout_min);

    w.campaign(n(1));
    EXPECT_EQ(w.core_of(n(1)).wake_at(), w.now + w.settings.vote_retry_interval);
    w.deliver_all();

    EXPECT_EQ(w.core_of(n(1)).wake_at(), w.now + w.settings.heartbeat_interval);
}

TEST(raft_core, early_tick_does_nothing) {
    world w(3);
    w.start_all();

    raft::effects out;
    w.core_of(n(1)).tick(w.now, out);

    EXPECT_TRUE(out.empty());
}

TEST(raft_core, leader_tells_what_it_knows_of_its_peers) {
    world w(3);
    w.start_all();
    w.elect(n(1));
    EXPECT_TRUE(w.core_of(n(2)).peers(w.now).empty());

    auto const peers = w.core_of(n(1)).peers(w.now);

    ASSERT_EQ(peers.size(), 2U);
    EXPECT_EQ(peers[0], (raft::peer_status{n(2), i(1), i(2), w.now, true, true}));
}

TEST(raft_core, transfer_needs_another_voter_and_a_leader) {
    world w(3);
    w.configuration.learners = {n(4)};
    w.start_all();
    w.elect(n(1));

    EXPECT_EQ(w.transfer(n(2), n(3)).error(), errc::not_leader);
    EXPECT_EQ(w.transfer(n(1), n(1)).error(), errc::out_of_range);
    EXPECT_EQ(w.transfer(n(1), n(4)).error(), errc::out_of_range);
    w.isolate(n(3));
    ASSERT_TRUE(w.transfer(n(1), n(3)).has_value());
    EXPECT_EQ(w.transfer(n(1), n(2)).error(), errc::busy);
}

TEST(raft_core, peer_that_starts_late_is_asked_again_before_any_timeout) {
    world w(3);
    w.start(n(1));
    w.campaign(n(1));
    w.deliver_all();
    w.start(n(2));

    w.now += w.settings.vote_retry_interval;
    w.tick(n(1));
    w.deliver_all();

    EXPECT_EQ(w.core_of(n(1)).current_role(), role::leader);
    EXPECT_EQ(w.core_of(n(1)).term(), t(1));
}

TEST(raft_core, requests_that_wait_for_the_disk_are_not_doubled) {
    world w(3);
    w.slow_disks = true;
    w.start_all();
    w.campaign(n(1));
    for (int k = 0; k < 2; ++k) {
        w.now += w.settings.vote_retry_interval;
        w.tick(n(1));
    }

    w.sync(n(1));

    EXPECT_EQ(w.all_sent<raft::vote_request>().size(), 2U);
}

TEST(raft_core, truncation_is_told_and_takes_offsets_back) {
    world w(3);
    w.start(n(1), memory_store::of({1, 1, 1}));

    w.receive(n(2), n(1), raft::append_request{t(2), i(1), t(1), i(0), 1, {item(2, 2, 1)}});

    auto const& events = w.at(n(1)).events;
    EXPECT_NE(std::ranges::find(events, raft::event{raft::log_truncated{i(2)}}), events.end());
    EXPECT_EQ(w.terms(n(1)), (std::vector<std::uint64_t>{1, 2}));
    EXPECT_EQ(w.core_of(n(1)).next_offset(), log_offset{2});
}

TEST(raft_core, disk_that_catches_up_answers_once_for_many_appends) {
    world w(3);
    w.start(n(1));
    w.receive(n(2), n(1), raft::append_request{t(1), i(0), t(0), i(0), 1, {item(1, 1, 0)}});
    w.lose_all();
    w.slow_disks = true;
    for (std::uint64_t k = 2; k <= 5; ++k) {
        w.receive(n(2), n(1), raft::append_request{t(1), i(k - 1), t(1), i(0), 1, {item(1, k, k - 1)}});
    }
    EXPECT_TRUE(w.wire.empty());

    // One sync may cover many writes: completing the last completes all.
    member& m = w.at(n(1));
    for (raft::write const& done : m.unsynced) m.disk.apply(done);
    raft::effects out;
    m.core->persisted(std::move(m.unsynced.back()).completed(), w.now, out);

    ASSERT_EQ(out.messages.size(), 1U);
    EXPECT_EQ(std::get<raft::append_response>(out.messages[0].body()).match_index, i(5));
}

}  // namespace
