// SPDX-License-Identifier: Apache-2.0
#include "paper_fixture.hpp"

#include <gtest/gtest.h>

// Groups without heartbeats. The paper has a heartbeat for each group, and so nothing on this; that nobody is forgotten
// is what others got wrong (TiKV 16429: a hibernated group does not elect).

namespace {

using namespace chronik;
using namespace chronik::paper;
using raft::role;

raft::options resting_options() {
    raft::options made = quick_options();
    made.rests = true;
    return made;
}

struct paper_rest : ::testing::Test {
    world w{3, resting_options()};
    int sent = 0;

    void lead() {
        w.on_send = [this](letter const&) { ++sent; };
        w.start_all();
        w.elect(n(1));
    }
    void fall_asleep() {
        lead();
        ASSERT_TRUE(w.propose(n(1)).has_value());
        w.run_for(milliseconds{100});
        ASSERT_EQ(w.core_of(n(1)).resting(), (raft::resting{t(1), n(1)}));
    }
    bool rests(std::uint32_t node) { return w.core_of(n(node)).resting() != raft::resting{}; }
    void rouse(std::uint32_t node, std::uint32_t silent, time_point heard) {
        w.call(n(node), [&](core& c, raft::effects& out) { c.rouse(n(silent), heard, w.now, out); });
    }
};

TEST_F(paper_rest, idle_group_sends_nothing_and_waits_for_nothing) {
    fall_asleep();
    sent = 0;

    w.run_for(std::chrono::hours{1});

    EXPECT_EQ(sent, 0);
    for (std::uint32_t node : {1U, 2U, 3U}) {
        EXPECT_EQ(w.core_of(n(node)).resting(), (raft::resting{t(1), n(1)})) << node;
        EXPECT_EQ(w.core_of(n(node)).wake_at(), never) << node;
        EXPECT_EQ(w.core_of(n(node)).commit_index(), w.core_of(n(1)).last_index()) << node;
    }
    for (auto const& peer : w.core_of(n(1)).peers(w.now)) EXPECT_TRUE(peer.recently_active);
}

TEST_F(paper_rest, proposal_ends_it_for_everybody_until_that_is_committed) {
    fall_asleep();
    w.run_for(std::chrono::minutes{1});

    auto const place = w.propose(n(1));
    ASSERT_TRUE(place.has_value());
    EXPECT_FALSE(rests(1));
    w.deliver_all();
    EXPECT_FALSE(rests(2));
    EXPECT_FALSE(rests(3));
    EXPECT_EQ(w.core_of(n(1)).commit_index(), place->index);

    w.run_for(milliseconds{100});
    for (std::uint32_t node : {1U, 2U, 3U}) {
        EXPECT_TRUE(rests(node));
        EXPECT_EQ(w.core_of(n(node)).commit_index(), place->index);
    }
}

TEST_F(paper_rest, leader_that_says_something_after_long_is_given_time_for_the_answers) {
    fall_asleep();
    w.run_for(std::chrono::minutes{1});

    w.call(n(1), [&](core& c, raft::effects& out) {
        ASSERT_TRUE(c.append(entry_kind::command, shared_bytes::copy_of("x"), 1, w.now).has_value());
        c.release(out);
        EXPECT_GT(c.wake_at(), w.now);
        c.tick(w.now, out);
        EXPECT_EQ(c.current_role(), role::leader);
    });
    w.run_for(milliseconds{100});
    EXPECT_EQ(w.core_of(n(1)).term(), t(1));
    EXPECT_TRUE(rests(1));

    w.run_for(std::chrono::minutes{1});
    w.call(n(1), [&](core& c, raft::effects& out) {
        ASSERT_TRUE(c.read(w.now, out).has_value());
        EXPECT_GT(c.wake_at(), w.now);
        c.tick(w.now, out);
        EXPECT_EQ(c.current_role(), role::leader);
    });
}

TEST_F(paper_rest, read_asks_a_quorum_and_no_less) {
    fall_asleep();
    w.run_for(std::chrono::minutes{1});

    ASSERT_TRUE(w.read(n(1)).has_value());
    EXPECT_TRUE(w.at(n(1)).reads.empty());
    w.deliver_all();
    EXPECT_EQ(w.at(n(1)).reads.size(), 1U);

    w.run_for(milliseconds{100});
    ASSERT_TRUE(rests(1));
    w.isolate(n(1));
    ASSERT_TRUE(w.read(n(1)).has_value());
    w.run_for(std::chrono::seconds{1});
    ASSERT_EQ(w.at(n(1)).reads.size(), 2U);
    EXPECT_FALSE(w.at(n(1)).reads.back().index.has_value()) << "nobody has confirmed that it still leads";
}

TEST_F(paper_rest, one_member_that_is_gone_keeps_the_group_awake) {
    lead();
    w.crash(n(3));
    ASSERT_TRUE(w.propose(n(1)).has_value());
    w.run_for(std::chrono::seconds{2});

    EXPECT_FALSE(rests(1));
    EXPECT_FALSE(rests(2));
    EXPECT_EQ(w.leader(), n(1));

    w.start(n(3));
    w.run_for(milliseconds{500});
    for (std::uint32_t node : {1U, 2U, 3U}) EXPECT_TRUE(rests(node)) << node;
}

TEST_F(paper_rest, who_lacks_something_declines) {
    lead();
    auto const answers = [&] { return w.sent_to<raft::append_response>(n(1)); };
    std::uint64_t round = 100;
    auto const ask = [&](log_index prev, log_index commit) {
        w.lose_all();
        raft::append_request asked{.term = t(1), .prev_index = prev, .prev_term = t(1), .commit_index = commit,
                                   .round = ++round, .entries = {}, .rest = true};
        w.receive(n(1), n(2), std::move(asked));
    };
    w.lose_all();
    w.receive(n(1), n(2), raft::append_request{.term = t(1), .prev_index = i(1), .prev_term = t(1),
                                               .commit_index = i(1), .round = 50, .entries = {item(1, 2, 0)}});

    ask(i(1), i(1));
    ASSERT_EQ(answers().size(), 1U);
    EXPECT_FALSE(answers()[0].rests) << "there is an entry that the leader does not speak of";
    ask(i(2), i(1));
    ASSERT_EQ(answers().size(), 1U);
    EXPECT_FALSE(answers()[0].rests) << "its entry is not known to be committed";
    ask(i(2), i(2));
    ASSERT_EQ(answers().size(), 1U);
    EXPECT_TRUE(answers()[0].rests);
    EXPECT_TRUE(rests(2));

    w.settings.rests = false;
    w.crash(n(2));
    w.start(n(2));
    ask(i(2), i(2));
    ASSERT_EQ(answers().size(), 1U);
    EXPECT_FALSE(answers()[0].rests) << "nobody watches there";
}

TEST_F(paper_rest, leader_goes_on_with_heartbeats_if_one_declines) {
    fall_asleep();
    auto const last = w.core_of(n(1)).last_index();
    raft::append_response answer{.term = t(1), .success = true, .match_index = last, .checked_index = last,
                                 .conflict_index = {}, .conflict_term = {}, .round = 1, .window_bytes = 1 << 20};

    w.receive(n(2), n(1), answer);
    EXPECT_TRUE(rests(1)) << "that was said before it was asked";

    w.lose_all();
    while (rests(1) && answer.round < 100) ++answer.round, w.receive(n(2), n(1), answer);
    EXPECT_FALSE(rests(1));
    EXPECT_EQ(w.all_sent<raft::append_request>().size(), 2U) << "a round at once";
}

TEST_F(paper_rest, roused_followers_elect_when_they_would_have_without_rest) {
    fall_asleep();
    w.run_for(std::chrono::hours{1});
    w.crash(n(1));
    time_point const heard = w.now;
    w.now = w.now + milliseconds{60};

    rouse(2, 1, heard);
    rouse(3, 1, heard);
    rouse(3, 2, heard);
    EXPECT_FALSE(rests(2));
    EXPECT_GE(w.core_of(n(2)).wake_at(), heard + w.settings.election_timeout_min);
    EXPECT_LE(w.core_of(n(2)).wake_at(), heard + w.settings.election_timeout_max);
    w.run_for(w.settings.election_timeout_max * 3);

    ASSERT_TRUE(w.leader().has_value());
    EXPECT_NE(*w.leader(), n(1));
}

TEST_F(paper_rest, suspected_leader_is_waited_for_no_more) {
    fall_asleep();
    w.run_for(std::chrono::hours{1});
    w.crash(n(1));
    for (std::uint32_t node : {2U, 3U}) {
        w.call(n(node), [&](core& c, raft::effects&) { c.suspect(n(1), w.now); });
        EXPECT_GT(w.core_of(n(node)).wake_at(), w.now) << "it may be a mistake";
    }
    w.run_for(milliseconds{100});

    EXPECT_TRUE(w.leader() == n(2) || w.leader() == n(3));
}

TEST_F(paper_rest, roused_leader_without_a_quorum_steps_down) {
    fall_asleep();
    w.run_for(std::chrono::hours{1});
    w.isolate(n(1));
    time_point const heard = w.now;
    w.now = w.now + milliseconds{60};

    rouse(1, 2, heard);
    EXPECT_FALSE(rests(1));
    w.run_for(w.settings.election_timeout_max * 2);

    EXPECT_NE(w.core_of(n(1)).current_role(), role::leader);
}

TEST_F(paper_rest, roused_in_vain_it_falls_asleep_again) {
    fall_asleep();
    rouse(1, 2, w.now);
    rouse(2, 1, w.now);
    w.run_for(milliseconds{200});

    for (std::uint32_t node : {1U, 2U, 3U}) {
        EXPECT_EQ(w.core_of(n(node)).resting(), (raft::resting{t(1), n(1)})) << node;
    }
}

TEST_F(paper_rest, who_rests_helps_nobody_to_disturb_the_leader) {
    fall_asleep();
    w.run_for(std::chrono::hours{1});

    w.receive(n(3), n(2), raft::pre_vote_request{t(2), w.core_of(n(3)).last_index(), t(1)});
    w.receive(n(3), n(2), raft::vote_request{t(2), w.core_of(n(3)).last_index(), t(1), false});

    EXPECT_EQ(w.core_of(n(2)).term(), t(1));
    EXPECT_TRUE(rests(2));
}

TEST_F(paper_rest, who_is_left_alone_has_nobody_to_rest_with) {
    fall_asleep();
    ASSERT_TRUE(w.change(n(1), {.voters = {n(1)}, .learners = {}}).has_value());
    w.run_for(std::chrono::seconds{2});

    ASSERT_EQ(w.leader(), n(1));
    ASSERT_TRUE(w.core_of(n(1)).members_settled());
    EXPECT_FALSE(rests(1));
    EXPECT_EQ(w.core_of(n(1)).wake_at(), never);
}

TEST_F(paper_rest, leadership_is_handed_over_out_of_it) {
    fall_asleep();
    w.run_for(std::chrono::hours{1});

    ASSERT_TRUE(w.transfer(n(1), n(3)).has_value());
    w.run_for(milliseconds{200});

    EXPECT_EQ(w.leader(), n(3));
    for (std::uint32_t node : {1U, 2U, 3U}) {
        EXPECT_EQ(w.core_of(n(node)).resting(), (raft::resting{t(2), n(3)})) << node;
    }
}

}  // namespace
