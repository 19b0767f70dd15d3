// SPDX-License-Identifier: Apache-2.0
#include "paper_fixture.hpp"

#include <gtest/gtest.h>

// Witnesses: voters that keep no payloads and never lead. The paper knows none; what it promises must hold with them.

namespace chronik::paper {
namespace {

using raft::role;

/// Members 1 and 2 have everything; 3 is a witness.
struct paper_witness : ::testing::Test {
    world w{3};
    paper_witness() { w.configuration.witnesses = {n(3)}; }

    void lead_by(std::uint32_t node) {
        w.start_all();
        w.elect(n(node));
    }
    core& of(std::uint32_t node) { return w.core_of(n(node)); }
};

}  // namespace

TEST_F(paper_witness, keeps_the_place_of_a_command_and_nothing_that_a_machine_could_apply) {
    lead_by(1);
    ASSERT_TRUE(w.propose(n(1), "what it says", 3).has_value());
    w.deliver_all();

    entry const kept = *of(3).entry_at(i(2));
    entry const whole = *of(2).entry_at(i(2));
    EXPECT_EQ(whole.kind, entry_kind::command);
    EXPECT_EQ(kept.kind, entry_kind::no_op);
    EXPECT_TRUE(kept.payload.empty());
    EXPECT_EQ(kept.term, whole.term);
    EXPECT_EQ(kept.base_offset, whole.base_offset);
    EXPECT_EQ(of(3).next_offset(), of(1).next_offset()) << "what follows has the same place";
}

// A newcomer hears of itself last: the entries before that, and those after it has left, are no more than places too.
TEST_F(paper_witness, keeps_no_payload_before_it_knows_itself_and_after_it_was_removed) {
    w.configuration = {.voters = {n(1), n(2)}};
    lead_by(1);
    for (int k = 0; k < 3; ++k) ASSERT_TRUE(w.propose(n(1)).has_value());
    w.deliver_all();
    w.start_blank(n(3));
    raft::configuration target = w.configuration;
    target.voters.push_back(n(3));
    target.witnesses = {n(3)};
    w.settings.append_bytes_max = 1;
    ASSERT_TRUE(w.change(n(1), target).has_value());
    w.deliver_all();
    w.run_for(milliseconds{100});
    ASSERT_TRUE(of(3).members().is_witness(n(3)));

    ASSERT_TRUE(w.propose(n(1)).has_value());
    w.deliver_all();
    ASSERT_TRUE(w.change(n(1), w.configuration).has_value());
    w.run_for(milliseconds{100});

    ASSERT_FALSE(of(3).members().contains(n(3)));
    for (log_index at = i(1); at <= of(3).last_index(); ++at)
        EXPECT_NE(of(3).entry_at(at)->kind, entry_kind::command) << at.value;
}

TEST_F(paper_witness, counts_for_a_commit_and_for_a_read) {
    lead_by(1);
    w.crash(n(2));
    auto const place = w.propose(n(1));
    w.deliver_all();
    ASSERT_TRUE(place.has_value());
    EXPECT_EQ(of(1).commit_index(), place->index);

    ASSERT_TRUE(w.read(n(1)).has_value());
    w.deliver_all();
    ASSERT_EQ(w.at(n(1)).reads.size(), 1U);
    EXPECT_EQ(w.at(n(1)).reads.front().index, place->index);
}

TEST_F(paper_witness, votes_for_who_has_what_it_knows_of_and_never_stands) {
    lead_by(1);
    w.crash(n(1));
    w.run_for(milliseconds{1000});
    EXPECT_EQ(w.leader(), n(2));

    w.crash(n(2));
    w.run_for(milliseconds{2000});
    EXPECT_EQ(of(3).current_role(), role::follower);
    EXPECT_EQ(of(3).wake_at(), never);
}

// The leader's entry is on the witness's disk, and the power goes before it is on its own. With the other one gone, who
// is left must still be able to agree: the witness must not hold against the leader what that has lost.
TEST_F(paper_witness, does_not_outlive_the_leaders_own_disk) {
    lead_by(1);
    w.crash(n(2));
    w.slow_disks = true;
    ASSERT_TRUE(w.propose(n(1)).has_value());
    w.deliver_all();
    w.sync(n(3));
    w.crash(n(1));
    w.slow_disks = false;
    w.start(n(1));

    w.run_for(milliseconds{3000});

    ASSERT_EQ(w.leader(), n(1));
    auto const place = w.propose(n(1));
    w.deliver_all();
    ASSERT_TRUE(place.has_value());
    EXPECT_EQ(of(1).commit_index(), place->index);
}

TEST_F(paper_witness, two_of_three_voters_are_never_witnesses) {
    lead_by(1);
    raft::configuration target;
    target.voters = {n(1), n(3), n(4)};
    target.witnesses = {n(3), n(4)};

    EXPECT_EQ(w.change(n(1), target).error(), errc::out_of_range);
}

TEST_F(paper_witness, is_sent_what_the_leader_has_on_disk_as_soon_as_it_has) {
    lead_by(1);
    w.slow_disks = true;
    auto const place = w.propose(n(1));
    ASSERT_TRUE(place.has_value());
    ASSERT_EQ(w.sent_to<raft::append_request>(n(2)).size(), 1U) << "who could lead need not wait for the leader's disk";
    EXPECT_TRUE(w.sent_to<raft::append_request>(n(3)).empty());

    w.sync(n(1));

    ASSERT_EQ(w.sent_to<raft::append_request>(n(3)).size(), 1U);
    EXPECT_EQ(w.sent_to<raft::append_request>(n(3)).front().entries.size(), 1U);
}

// Seed 323 of the world: the leader is no voter any more, and the witness had what the one voter who could lead lacked;
// the leader committed the change and went, and that voter could not win.
TEST_F(paper_witness, has_no_more_than_who_stays_when_the_leader_goes) {
    lead_by(1);
    w.isolate(n(2));
    raft::configuration target;
    target.voters = {n(2), n(3)};
    target.witnesses = {n(3)};
    ASSERT_TRUE(w.change(n(1), target).has_value());
    ASSERT_TRUE(w.propose(n(1)).has_value());
    w.deliver_all();
    EXPECT_EQ(of(3).last_index(), of(2).last_index());
    w.heal();

    w.run_for(milliseconds{1000});

    EXPECT_EQ(w.leader(), n(2));
    EXPECT_EQ(of(2).members(), target);
    EXPECT_TRUE(of(2).members_settled());
}

// What it lacks it cannot answer, and it lacks it also while it does not know that it is a witness.
TEST_F(paper_witness, answers_no_read_neither_as_a_newcomer_nor_once_it_has_left) {
    w.configuration = {.voters = {n(1), n(2)}};
    lead_by(1);
    w.start_blank(n(3));
    w.cut = {{n(3), n(1)}};
    raft::configuration target = w.configuration;
    target.voters.push_back(n(3));
    target.witnesses = {n(3)};
    ASSERT_TRUE(w.change(n(1), target).has_value());
    w.deliver_all();
    ASSERT_EQ(of(3).leader(), n(1));
    ASSERT_TRUE(of(3).members().is_blank());
    EXPECT_EQ(w.read(n(3)).error(), errc::not_leader) << "it knows the leader, and not what it is itself";

    w.heal();
    w.run_for(milliseconds{100});
    ASSERT_TRUE(of(3).members().is_witness(n(3)));
    EXPECT_EQ(w.read(n(3)).error(), errc::not_leader);

    ASSERT_TRUE(w.change(n(1), w.configuration).has_value());
    w.deliver_all();
    ASSERT_FALSE(of(3).members().contains(n(3)));
    ASSERT_EQ(of(3).leader(), n(1));
    EXPECT_EQ(w.read(n(3)).error(), errc::not_leader) << "what it has left behind is no state";
}

TEST_F(paper_witness, that_lacks_what_is_compacted_begins_there_without_the_state) {
    w.start(n(1));
    w.start(n(2));
    w.elect(n(1));
    for (int k = 0; k < 8; ++k) w.propose(n(1));
    w.deliver_all();
    w.take_snapshot(n(1), i(6), i(5), "the state");
    std::size_t bytes = 0;
    w.on_send = [&](letter const& mail) {
        if (auto const* chunk = std::get_if<raft::snapshot_chunk>(&mail.body)) bytes += chunk->data.size();
    };
    w.start(n(3));

    w.run_for(milliseconds{1000});

    EXPECT_EQ(bytes, 0U);
    EXPECT_EQ(of(3).base_index(), i(6));
    EXPECT_FALSE(raft::has_state(of(3).newest_snapshot()->info));
    EXPECT_EQ(of(3).members(), w.configuration);
    EXPECT_EQ(of(3).last_index(), of(1).last_index());
    EXPECT_EQ(of(3).commit_index(), of(1).commit_index());
}

}  // namespace chronik::paper
