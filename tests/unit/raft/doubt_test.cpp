// SPDX-License-Identifier: Apache-2.0
#include "../../paper/paper_fixture.hpp"

#include <chronik/raft/doubt.hpp>

#include <gtest/gtest.h>

#include <variant>

namespace {

using namespace chronik;
using namespace chronik::paper;
using raft::doubt_of_peer;
using raft::role;
using heard = doubt_of_peer::heard;

constexpr doubt_token d(std::uint64_t value) { return {value}; }

/// The member comes back with what was sound on its disk.
void start_in_doubt(world& w, node_id node, memory_store kept, std::uint64_t token) {
    w.crash(node);
    w.at(node).disk = std::move(kept);
    w.at(node).doubt = d(token);
    w.start(node);
}

TEST(raft_doubt, a_member_that_is_in_none_counts) {
    doubt_of_peer peer;
    EXPECT_TRUE(peer.counts());
    EXPECT_EQ(peer.hear(no_doubt), heard::known);
    EXPECT_TRUE(peer.counts());
    EXPECT_FALSE(peer.says_so());
}

TEST(raft_doubt, ends_when_the_others_have_committed_and_the_member_has_what_came_after_it) {
    doubt_of_peer peer;
    EXPECT_EQ(peer.hear(d(1)), heard::fresh);
    peer.begin(i(5), 3);
    EXPECT_FALSE(peer.counts());

    peer.settle(i(5), i(4));
    EXPECT_FALSE(peer.counts()) << "the member lacks it";
    peer.settle(i(4), i(5));
    EXPECT_FALSE(peer.counts()) << "it is not committed";
    peer.settle(i(5), i(5));

    EXPECT_TRUE(peer.counts());
    EXPECT_TRUE(peer.is_to_be_told());
    EXPECT_EQ(peer.hear(no_doubt), heard::known);
    EXPECT_FALSE(peer.is_to_be_told()) << "it knows";
}

TEST(raft_doubt, what_was_sent_before_the_damage_proves_nothing) {
    doubt_of_peer peer;
    static_cast<void>(peer.hear(d(2)));
    peer.begin(i(5), 3);

    EXPECT_EQ(peer.hear(no_doubt), heard::late);
    EXPECT_EQ(peer.hear(d(1)), heard::late);
    EXPECT_EQ(peer.hear(d(2)), heard::known);
    EXPECT_FALSE(peer.counts());
}

TEST(raft_doubt, is_over_when_the_member_answers_without_it_what_left_after_it_was_heard_of) {
    doubt_of_peer peer;
    static_cast<void>(peer.hear(d(2), 2));
    peer.begin(i(5), 3);

    EXPECT_EQ(peer.hear(no_doubt, 3), heard::late) << "it may answer what left before";
    EXPECT_EQ(peer.hear(d(1), 4), heard::late);
    EXPECT_FALSE(peer.counts());
    EXPECT_EQ(peer.hear(no_doubt, 4), heard::known);
    EXPECT_TRUE(peer.counts());
    EXPECT_FALSE(peer.says_so());

    EXPECT_EQ(peer.hear(d(2), 3), heard::late) << "sent before it was over";
    EXPECT_FALSE(peer.says_so());
    EXPECT_EQ(peer.hear(no_doubt, 3), heard::known);
    EXPECT_EQ(peer.hear(d(3), 4), heard::fresh);
    EXPECT_FALSE(peer.counts());
}

TEST(raft_doubt, another_damage_is_another_doubt) {
    doubt_of_peer peer;
    static_cast<void>(peer.hear(d(1)));
    peer.begin(i(5), 3);
    peer.settle(i(9), i(9));
    ASSERT_TRUE(peer.counts());

    EXPECT_EQ(peer.hear(d(2)), heard::fresh);
    peer.settle(i(9), i(9));
    EXPECT_FALSE(peer.counts()) << "the entry that ends it is not appended yet";
}

/// Three members; the first leads term 1, and the third comes back with less than it had.
struct raft_member_in_doubt : ::testing::Test {
    world w{3};

    void SetUp() override {
        w.start_all();
        w.elect(n(1));
        static_cast<void>(w.propose(n(1)));
        w.run_for(milliseconds{50});
        start_in_doubt(w, n(3), memory_store::of({}), 7);
    }
    raft::peer_status peer(node_id which) {
        for (auto const& each : w.core_of(n(1)).peers(w.now))
            if (each.node == which) return each;
        return {};
    }
    void answer(raft::append_response said, node_id from = n(3)) {
        said.term = w.core_of(n(1)).term();
        w.receive(from, n(1), said);
    }
};

TEST_F(raft_member_in_doubt, neither_votes_nor_says_that_it_would) {
    w.receive(n(2), n(3), raft::pre_vote_request{t(9), i(9), t(9)});
    w.receive(n(2), n(3), raft::vote_request{t(9), i(9), t(9)});

    ASSERT_EQ(w.sent_to<raft::pre_vote_response>(n(2)).size(), 0U) << "in term 0 there is nothing to say";
    ASSERT_EQ(w.sent_to<raft::vote_response>(n(2)).size(), 1U);
    EXPECT_FALSE(w.sent_to<raft::vote_response>(n(2))[0].granted);
    EXPECT_EQ(w.core_of(n(3)).vote(), no_node);
}

TEST_F(raft_member_in_doubt, does_not_repeat_a_vote_that_it_remembers) {
    start_in_doubt(w, n(3), memory_store::of({}, {t(4), n(2)}), 8);

    w.receive(n(2), n(3), raft::vote_request{t(4), i(9), t(3)});

    ASSERT_EQ(w.sent_to<raft::vote_response>(n(2)).size(), 1U);
    EXPECT_FALSE(w.sent_to<raft::vote_response>(n(2))[0].granted);
}

TEST_F(raft_member_in_doubt, does_not_stand_for_election) {
    w.isolate(n(3));
    w.campaign(n(3));
    w.run_for(milliseconds{1000});

    EXPECT_EQ(w.core_of(n(3)).current_role(), role::follower);
    w.receive(n(1), n(3), raft::append_request{.term = t(1), .prev_index = {}, .prev_term = {}, .commit_index = {},
                                               .round = 1, .entries = {}});
    w.receive(n(1), n(3), raft::timeout_now{t(1)});
    EXPECT_EQ(w.core_of(n(3)).current_role(), role::follower) << "not even when it is told to";
}

TEST_F(raft_member_in_doubt, says_so_in_what_it_answers) {
    w.lose_all();
    w.receive(n(1), n(3), raft::append_request{.term = t(1), .prev_index = i(2), .prev_term = t(1),
                                               .commit_index = i(2), .round = 3, .entries = {}});
    ASSERT_EQ(w.sent_to<raft::append_response>(n(1)).size(), 1U);
    EXPECT_EQ(w.sent_to<raft::append_response>(n(1))[0].doubt, d(7));
}

TEST_F(raft_member_in_doubt, is_caught_up_and_is_sound_again) {
    w.run_for(milliseconds{200});

    EXPECT_EQ(w.core_of(n(3)).doubt(), no_doubt);
    EXPECT_EQ(w.at(n(3)).doubt, no_doubt) << "on disk";
    EXPECT_EQ(w.terms(n(3)), w.terms(n(1)));
    EXPECT_EQ(w.at(n(3)).events.back(), raft::event{raft::doubt_ended{d(7)}});
    EXPECT_FALSE(peer(n(3)).in_doubt);
    w.crash(n(1));
    w.run_for(milliseconds{1000});
    EXPECT_TRUE(w.leader().has_value()) << "its vote counts";
}

TEST_F(raft_member_in_doubt, is_in_doubt_again_when_it_starts_again) {
    w.isolate(n(3));
    w.crash(n(3));
    w.start(n(3));
    EXPECT_EQ(w.core_of(n(3)).doubt(), d(7));
}

TEST_F(raft_member_in_doubt, counts_for_no_commit_though_it_has_the_entries) {
    w.cut = {{n(1), n(2)}, {n(2), n(1)}};
    auto const place = w.propose(n(1));
    ASSERT_TRUE(place.has_value());
    w.run_for(milliseconds{60});

    EXPECT_GE(w.at(n(3)).disk.last_index(), place->index);
    EXPECT_LT(w.core_of(n(1)).commit_index(), place->index);
    EXPECT_TRUE(peer(n(3)).in_doubt);
    w.run_for(milliseconds{400});
    EXPECT_NE(w.core_of(n(1)).current_role(), role::leader) << "nor for its leader's right to lead";
    EXPECT_EQ(w.core_of(n(3)).doubt(), d(7));

    w.cut.clear();
    w.run_for(milliseconds{1000});
    EXPECT_EQ(w.core_of(n(3)).doubt(), no_doubt);
    EXPECT_TRUE(w.leader().has_value());
}

TEST_F(raft_member_in_doubt, counts_for_no_round_of_a_read) {
    w.cut = {{n(1), n(2)}, {n(2), n(1)}};
    w.run_for(milliseconds{25});
    w.at(n(1)).reads.clear();
    ASSERT_TRUE(w.read(n(1)).has_value());
    w.run_for(milliseconds{60});
    EXPECT_TRUE(w.at(n(1)).reads.empty());
}

TEST_F(raft_member_in_doubt, what_it_has_said_before_counts_until_its_doubt_is_heard_of_and_never_after) {
    w.lose_all();
    auto const place = w.propose(n(1));
    w.lose_all();
    answer({.term = {}, .success = true, .match_index = i(1), .checked_index = i(1), .conflict_index = {},
            .conflict_term = {}, .round = 0, .window_bytes = 1000, .rests = false, .doubt = d(7)});
    log_index const ends_at = w.core_of(n(1)).last_index();
    EXPECT_EQ(ends_at, place->index + 1) << "an entry that comes after all it can have acknowledged";
    EXPECT_EQ(peer(n(3)).match, i(1));

    answer({.term = {}, .success = true, .match_index = place->index, .checked_index = place->index,
            .conflict_index = {}, .conflict_term = {}, .round = 0, .window_bytes = 1000});

    EXPECT_EQ(peer(n(3)).match, i(1)) << "late";
    EXPECT_LT(w.core_of(n(1)).commit_index(), place->index);
}

TEST_F(raft_member_in_doubt, is_told_only_when_the_others_have_committed_what_ends_its_doubt) {
    w.lose_all();
    answer({.term = {}, .success = true, .match_index = i(2), .checked_index = i(2), .conflict_index = {},
            .conflict_term = {}, .round = 0, .window_bytes = 1000, .rests = false, .doubt = d(7)});
    log_index const ends_at = w.core_of(n(1)).last_index();
    auto const has = [&](doubt_token in) {
        return raft::append_response{.term = {}, .success = true, .match_index = ends_at, .checked_index = ends_at,
                                     .conflict_index = {}, .conflict_term = {}, .round = 0, .window_bytes = 1000,
                                     .rests = false, .doubt = in};
    };
    auto const told = [&] {
        w.lose_all();
        w.now += milliseconds{20};
        w.tick(n(1));
        return w.sent_to<raft::append_request>(n(3)).back().sound;
    };

    answer(has(d(7)));
    EXPECT_EQ(told(), no_doubt) << "nobody else has it";
    answer(has(no_doubt), n(2));
    EXPECT_EQ(told(), d(7));
    EXPECT_FALSE(peer(n(3)).in_doubt);
    answer(has(no_doubt));
    EXPECT_EQ(told(), no_doubt) << "it knows";
}

// A leader knows tokens for its own term only. The word of the one before may come late, when the next has heard of
// the doubt already: from then on the member answers as one that is in none.
TEST_F(raft_member_in_doubt, who_was_found_sound_by_an_earlier_leader_is_heard_by_the_next) {
    w.lose_all();
    raft::append_response said{.term = {}, .success = true, .match_index = i(0), .checked_index = i(0),
                               .conflict_index = {}, .conflict_term = {}, .round = 0, .window_bytes = 1000,
                               .rests = false, .doubt = d(7)};
    answer(said);
    said.match_index = said.checked_index = w.core_of(n(1)).last_index();
    said.doubt = no_doubt;
    answer(said);
    EXPECT_EQ(peer(n(3)).match, i(0)) << "it may be from before the damage";

    w.lose_all();
    w.now += milliseconds{20};
    w.tick(n(1));
    said.round = w.sent_to<raft::append_request>(n(3)).back().round;
    answer(said);
    EXPECT_EQ(peer(n(3)).match, said.match_index);
    EXPECT_FALSE(peer(n(3)).in_doubt);
    EXPECT_EQ(w.core_of(n(1)).commit_index(), said.match_index) << "it counts";
}

TEST_F(raft_member_in_doubt, believes_it_only_of_its_own_doubt_and_with_the_log_on_disk) {
    w.lose_all();
    auto const word = [&](std::uint64_t token, log_index from, log_index commit) {
        return raft::append_request{.term = t(1), .prev_index = {}, .prev_term = {}, .commit_index = commit, .round = 9,
                                    .entries = {item(1, 1, 0)}, .rest = false, .sound = d(token), .sound_from = from};
    };
    w.receive(n(1), n(3), word(6, i(1), i(0)));
    EXPECT_EQ(w.core_of(n(3)).doubt(), d(7)) << "of another";
    w.receive(n(1), n(3), word(7, i(2), i(0)));
    EXPECT_EQ(w.core_of(n(3)).doubt(), d(7)) << "it lacks the entry";
    w.receive(n(1), n(3), word(7, i(1), i(0)));
    EXPECT_EQ(w.core_of(n(3)).doubt(), d(7)) << "it does not know it to be committed";

    w.slow_disks = true;
    w.receive(n(1), n(3), word(7, i(1), i(1)));
    EXPECT_EQ(w.core_of(n(3)).doubt(), d(7)) << "not before that is durable";
    w.receive(n(2), n(3), raft::vote_request{t(2), i(9), t(1), true});
    w.sync(n(3));
    EXPECT_EQ(w.core_of(n(3)).doubt(), no_doubt);
    for (auto const& vote : w.sent_to<raft::vote_response>(n(2))) EXPECT_FALSE(vote.granted);
}

TEST_F(raft_member_in_doubt, is_handed_no_leadership) {
    w.cut = {{n(1), n(2)}, {n(2), n(1)}};
    ASSERT_TRUE(w.transfer(n(1), n(3)).has_value()) << "its doubt is not known yet";
    w.run_for(milliseconds{40});

    EXPECT_EQ(w.core_of(n(3)).current_role(), role::follower);
    EXPECT_FALSE(w.core_of(n(1)).transferring()) << "given up when it is";
    EXPECT_EQ(w.transfer(n(1), n(3)).error(), errc::busy);
}

TEST_F(raft_member_in_doubt, a_group_of_which_most_are_in_doubt_has_no_leader) {
    start_in_doubt(w, n(2), w.at(n(2)).disk, 1);
    w.run_for(milliseconds{2000});

    EXPECT_FALSE(w.leader().has_value());
    EXPECT_EQ(w.core_of(n(2)).doubt(), d(1));
    EXPECT_EQ(w.core_of(n(3)).doubt(), d(7));
}

TEST(raft_doubt_of_others, a_resting_group_does_not_rest_over_a_doubt) {
    raft::options resting = quick_options();
    resting.rests = true;
    world w{3, resting};
    w.start_all();
    w.elect(n(1));
    w.run_for(milliseconds{200});
    ASSERT_NE(w.core_of(n(1)).resting(), raft::resting{});

    start_in_doubt(w, n(3), memory_store::of({}), 7);
    w.call(n(1), [&](core& c, raft::effects& out) { c.rouse(n(3), w.now, w.now, out); });
    w.run_for(milliseconds{300});

    EXPECT_EQ(w.core_of(n(3)).doubt(), no_doubt);
    EXPECT_NE(w.core_of(n(1)).resting(), raft::resting{}) << "and rests when it is over";
}

TEST(raft_doubt_of_others, a_witness_in_doubt_is_sent_places_and_is_sound_again) {
    world w{3};
    w.configuration.witnesses = {n(3)};
    w.start_all();
    w.elect(n(1));
    start_in_doubt(w, n(3), memory_store::of({}), 7);
    w.run_for(milliseconds{200});

    EXPECT_EQ(w.core_of(n(3)).doubt(), no_doubt);
    EXPECT_EQ(w.terms(n(3)), w.terms(n(1)));
}

TEST(raft_doubt_of_others, a_learner_in_doubt_becomes_no_voter_before_it_is_over) {
    raft::options learning = quick_options();
    learning.new_voters = raft::promotion::when_caught_up;
    world w{3, learning};
    w.configuration.learners = {n(4)};
    w.start_all();
    w.elect(n(1));
    start_in_doubt(w, n(4), memory_store::of({}), 7);
    raft::configuration target = w.configuration;
    target.learners.clear();
    target.voters.push_back(n(4));
    ASSERT_TRUE(w.change(n(1), target).has_value());
    w.on_event = [&](node_id node, raft::event const& happened) {
        if (node != n(1) || !std::holds_alternative<raft::members_changed>(happened)) return;
        bool const votes = w.core_of(n(1)).members().is_voter(n(4));
        EXPECT_FALSE(votes && w.core_of(n(1)).peers(w.now).back().in_doubt);
    };
    w.run_for(milliseconds{1000});

    EXPECT_TRUE(w.core_of(n(1)).members().is_voter(n(4)));
    EXPECT_EQ(w.core_of(n(4)).doubt(), no_doubt);
}

TEST(raft_doubt_of_others, is_over_by_a_snapshot_as_well) {
    world w{3};
    w.start_all();
    w.elect(n(1));
    for (int k = 0; k < 4; ++k) static_cast<void>(w.propose(n(1)));
    w.run_for(milliseconds{60});
    w.take_snapshot(n(1), i(4), i(4), "state");

    start_in_doubt(w, n(3), memory_store::of({}), 7);
    w.run_for(milliseconds{400});

    EXPECT_EQ(w.core_of(n(3)).doubt(), no_doubt);
    EXPECT_GE(w.core_of(n(3)).base_index(), i(4));
}

}  // namespace
