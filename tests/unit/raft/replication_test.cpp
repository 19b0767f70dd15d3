// SPDX-License-Identifier: Apache-2.0
#include "../../paper/paper_fixture.hpp"

#include <gtest/gtest.h>

namespace {

using namespace chronik;
using namespace chronik::paper;
using raft::response_use;

raft::append_response success(std::uint64_t match, std::uint64_t checked) {
    return {t(5), true, i(match), i(checked), {}, {}, 1, 1 << 20};
}
raft::append_response refusal(std::uint64_t refused, std::uint64_t conflict, std::uint64_t term) {
    return {t(5), false, {}, i(refused), i(conflict), t(term), 1, 1 << 20};
}

struct raft_replication : ::testing::Test {
    memory_store store = memory_store::of({1, 1, 1, 3, 3, 5, 5});
    raft::log<memory_store> ours{store};
    raft::progress peer;
    raft_replication() { peer.next = i(8); }
};

TEST_F(raft_replication, agreement_opens_the_stream_behind_what_was_checked) {
    EXPECT_EQ(raft::take_response(ours, peer, success(4, 6)), response_use::agreed);
    EXPECT_EQ(peer.state, raft::progress::mode::replicate);
    EXPECT_EQ(peer.match, i(4));
    EXPECT_EQ(peer.next, i(7));
}

TEST_F(raft_replication, refusal_skips_whole_terms_on_both_sides) {
    EXPECT_EQ(raft::take_response(ours, peer, refusal(7, 5, 2)), response_use::refused);
    EXPECT_EQ(peer.next, i(4)) << "entries of terms above 2 cannot agree";
}

TEST_F(raft_replication, refusal_always_moves_back) {
    EXPECT_EQ(raft::take_response(ours, peer, refusal(7, 99, 99)), response_use::refused);
    EXPECT_EQ(peer.next, i(7));
}

TEST_F(raft_replication, match_never_falls_and_old_refusals_are_ignored) {
    raft::take_response(ours, peer, success(6, 6));

    EXPECT_EQ(raft::take_response(ours, peer, success(2, 2)), response_use::agreed);
    EXPECT_EQ(raft::take_response(ours, peer, refusal(5, 1, 1)), response_use::stale);
    EXPECT_EQ(peer.match, i(6));
    EXPECT_EQ(peer.next, i(7));
}

struct raft_replication_of_a_learner : raft_replication {
    raft_replication_of_a_learner() { take(success(6, 6)); }
    response_use take(raft::append_response const& answer) {
        return raft::take_response(ours, peer, answer, /*learns=*/true);
    }
    static raft::append_response of_round(raft::append_response answer, std::uint64_t round) {
        answer.round = round;
        return answer;
    }
};

TEST_F(raft_replication_of_a_learner, that_refuses_what_it_agreed_to_before_has_lost_its_log) {
    EXPECT_EQ(take(of_round(refusal(6, 0, 0), 2)), response_use::refused);
    EXPECT_EQ(peer.state, raft::progress::mode::probe);
    EXPECT_EQ(peer.match, i(0));
    EXPECT_EQ(peer.next, i(1));
}

TEST_F(raft_replication_of_a_learner, a_refusal_may_be_older_than_the_agreement_unless_its_round_is_newer) {
    EXPECT_EQ(take(refusal(5, 0, 0)), response_use::stale);
    EXPECT_EQ(peer.match, i(6));
}

TEST_F(raft_replication_of_a_learner, a_voter_is_never_believed_that) {
    EXPECT_EQ(raft::take_response(ours, peer, of_round(refusal(6, 0, 0), 2)), response_use::stale);
    EXPECT_EQ(peer.match, i(6));
}

TEST_F(raft_replication, loss_in_the_stream_goes_back_to_probing) {
    raft::take_response(ours, peer, success(3, 3));
    peer.next = i(8);
    peer.window.add(i(7), 100);

    EXPECT_EQ(raft::take_response(ours, peer, refusal(7, 3, 1)), response_use::refused);
    EXPECT_EQ(peer.state, raft::progress::mode::probe);
    EXPECT_EQ(peer.next, i(4));
    EXPECT_EQ(peer.window.bytes(), 0U);
}

TEST_F(raft_replication, claims_beyond_the_log_are_nonsense) {
    EXPECT_EQ(raft::take_response(ours, peer, success(8, 8)), response_use::nonsense);
    EXPECT_EQ(raft::take_response(ours, peer, success(5, 4)), response_use::nonsense);
    EXPECT_EQ(raft::take_response(ours, peer, refusal(8, 1, 1)), response_use::nonsense);
    EXPECT_EQ(peer.match, i(0));
}

TEST_F(raft_replication, message_is_cut_at_the_byte_limit_but_carries_one_entry) {
    peer.next = i(1);
    std::size_t const one = 2 + raft::entry_overhead_bytes;

    EXPECT_EQ(raft::make_append(ours, t(5), 1, peer, 0, ours.last_index())->entries.size(), 0U);
    EXPECT_EQ(raft::make_append(ours, t(5), 1, peer, 1, ours.last_index())->entries.size(), 1U);
    EXPECT_EQ(raft::make_append(ours, t(5), 1, peer, 3 * one, ours.last_index())->entries.size(), 3U);
    EXPECT_EQ(raft::make_append(ours, t(5), 1, peer, 100 * one, ours.last_index())->entries.size(), 7U);
}

TEST_F(raft_replication, what_is_in_memory_is_cut_at_the_same_limits) {
    ours.append(item(5, 8, 7));
    ours.append(item(5, 9, 8));
    std::size_t const one = 2 + raft::entry_overhead_bytes;
    auto const sent = [&](std::size_t bytes_max, log_index last) {
        return raft::make_append(ours, t(5), 1, peer, bytes_max, last)->entries;
    };

    EXPECT_EQ(sent(1, i(9)).size(), 1U);
    EXPECT_EQ(sent(2 * one - 1, i(9)).size(), 1U);
    EXPECT_EQ(sent(2 * one, i(9)), (raft::shared_entries{item(5, 8, 7), item(5, 9, 8)}));
    EXPECT_EQ(sent(100 * one, i(8)).size(), 1U) << "nothing beyond the last";
    peer.next = i(7);
    EXPECT_EQ(sent(100 * one, i(9)).size(), 3U) << "from the store, and then from memory";
    EXPECT_EQ(sent(2 * one, i(9)).size(), 2U) << "one of each";
}

TEST_F(raft_replication, witness_is_sent_places_and_no_payloads) {
    peer.next = i(7);
    peer.witness = true;

    auto const sent = raft::make_append(ours, t(5), 1, peer, 10'000, i(7))->entries;

    ASSERT_EQ(sent.size(), 1U);
    EXPECT_EQ(sent.front(), (entry{t(5), i(7), entry_kind::no_op, {6}, 1, {}}));
    EXPECT_TRUE(raft::make_append(ours, t(5), 1, peer, 10'000, i(6))->entries.empty());
}

TEST_F(raft_replication, witness_is_sent_what_somebody_has_on_disk_that_can_lead_beside_it) {
    ours.append({t(5), i(8), entry_kind::command, {7}, 1, shared_bytes::copy_of("not durable")});
    raft::configuration members{.voters = {n(1), n(2), n(3)}, .witnesses = {n(3)}};
    raft::leadership lead = raft::begin_leadership(members, n(1), i(8), {});
    auto const last_for = [&](std::uint32_t node) {
        return raft::sendable(ours, lead, members, n(1), *lead.find(n(node)));
    };
    EXPECT_EQ(last_for(2), i(8));
    EXPECT_EQ(last_for(3), i(7)) << "on the leader's own disk";

    members.voters = {n(2), n(3)};
    lead.find(n(2))->match = i(5);
    EXPECT_EQ(last_for(3), i(5)) << "the leader is going, and who stays has no more";

    members.outgoing = {n(1), n(2), n(3)};
    EXPECT_EQ(last_for(3), i(5)) << "of either set";
    members.voters = {n(1), n(2)};
    EXPECT_EQ(last_for(3), i(7));
}

TEST_F(raft_replication, peer_behind_the_log_start_is_asked_for_the_oldest_position) {
    store.compact(i(4));
    raft::log<memory_store> const shorter(store);
    peer.next = i(2);

    auto const request = raft::make_append(shorter, t(5), 1, peer, 1000, shorter.last_index());

    ASSERT_TRUE(request);
    EXPECT_EQ(request->prev_index, i(4));
    EXPECT_EQ(request->prev_term, t(3));
}

TEST(raft_uncommitted, limit_makes_no_single_entry_impossible) {
    raft::uncommitted pending;
    EXPECT_TRUE(pending.has_room(1000, 100));
    pending.add(i(1), 1000);
    EXPECT_FALSE(pending.has_room(1, 100));

    pending.committed(i(1));
    EXPECT_TRUE(pending.has_room(60, 100));
    pending.add(i(2), 60);
    EXPECT_FALSE(pending.has_room(60, 100));
    EXPECT_TRUE(pending.has_room(40, 100));
}

}  // namespace
