// SPDX-License-Identifier: Apache-2.0
#include "unit/testing/model/forged_trace.hpp"

#include <chronik/testing/model/appends.hpp>
#include <chronik/testing/model/known_entries.hpp>

#include <utility>
#include <vector>

namespace chronik::testing::model {
namespace {

struct testing_model_appends : forged_trace {
    void append(node_id leader, entry const& made) { write_durably(leader, {}, {made}); }
    template <class Change>
    static void forge_last(raft::append_request& sent, Change&& change) {
        std::vector<entry> forged(sent.entries.begin(), sent.entries.end());
        change(forged.back());
        sent.entries = std::move(forged);
    }
};

TEST_F(testing_model_appends, a_log_that_is_replicated_is_allowed) {
    begin();
    elect(one, 1, two);
    append(one, command(2, 1));
    replicate(one, two, 1);
    replicate(one, three, 1);
    expect_allowed();
}

TEST_F(testing_model_appends, what_differs_and_is_not_committed_gives_way) {
    begin();
    elect(one, 1, two);
    append(one, command(2, 1));
    elect(two, 2, three);
    replicate(two, one, 1);
    expect_allowed();
}

TEST_F(testing_model_appends, a_leader_appends_only) {
    begin();
    elect(one, 1, two);
    append(one, command(2, 1));
    write(one, {}, {command(2, 1)});
    expect_denied("overwrites index 2 of its own log, which it leads");
}

TEST_F(testing_model_appends, only_a_leader_makes_entries) {
    begin();
    write(two, {}, {no_op(1, 1)});
    expect_denied("which nobody leads");
}

TEST_F(testing_model_appends, who_appends_before_it_leads_says_that_it_does) {
    begin();
    stand(one, 1, two);
    write(one, {}, {no_op(1, 1)});
    turn(one);
    expect_denied("as a leader that nobody elected");
}

TEST_F(testing_model_appends, an_entry_stands_behind_the_last) {
    begin();
    elect(one, 1, two);
    write(one, {}, {command(4, 1)});
    expect_denied("where its log has no place for it");
}

TEST_F(testing_model_appends, an_index_and_a_term_name_one_entry) {
    begin();
    elect(one, 1, two);
    append(one, command(2, 1));
    auto sent = append_of(one, 1);
    hear(two, one, sent);
    forge_last(sent, [](entry& last) { last.payload = shared_bytes::copy_of("b"); });
    write(two, raft::hard_state{{1}, one});
    write(two, {}, sent.entries);
    expect_denied("has another entry than others at index 2 of term 1");
}

TEST_F(testing_model_appends, a_leader_sends_its_own_log) {
    begin();
    elect(one, 1, two);
    auto sent = append_of(one, 1);
    forge_last(sent, [](entry& last) { last.term = {}; });
    say(one, two, sent);
    expect_denied("which is not in its log");
    found = {};
    sent = append_of(one, 2);
    sent.prev_term = {9};
    say(one, two, sent);
    expect_denied("sends another entry before than it has");
    found = {};
    append(one, command(2, 1));
    sent = append_of(one, 1);
    forge_last(sent, [](entry& last) { last.payload = shared_bytes::copy_of("b"); });
    say(one, two, sent);
    expect_denied("sends another entry than others have");
}

TEST_F(testing_model_appends, only_a_leader_sends_entries) {
    begin();
    elect(one, 1, two);
    say(two, three, heartbeat(1));
    expect_denied("sends entries in term 1, which it does not lead");
}

TEST_F(testing_model_appends, a_leader_tells_what_it_knows_to_be_committed) {
    begin();
    elect(one, 1, two);
    auto sent = append_of(one, 1);
    sent.commit_index = {1};
    say(one, two, sent);
    expect_denied("tells of a commit that it does not know of");
}

TEST_F(testing_model_appends, a_follower_has_what_the_leader_sent_behind_what_agrees) {
    begin();
    elect(one, 1, two);
    append(one, command(2, 1));
    hear(two, one, append_of(one, 2));
    write(two, raft::hard_state{{1}, one});
    write(two, {}, {no_op(1, 1), command(2, 1)});
    expect_denied("which its leader has not sent, or not behind an entry that it has");
}

TEST_F(testing_model_appends, a_follower_has_what_its_leader_has) {
    begin();
    elect(one, 1, two);
    elect(two, 2, three);
    hear(three, two, append_of(two, 1));
    write(three, {}, {no_op(1, 1)});
    expect_denied("which its leader does not have");
}

TEST_F(testing_model_appends, nothing_committed_is_overwritten) {
    begin();
    elect(one, 1, two);
    replicate(one, two, 1);
    commit(one, 1);
    elect(two, 2, three);
    expect_allowed();
    memory[two].entries.front() = no_op(1, 2);
    auto const forged = append_of(two, 1);
    hear(one, two, forged);
    write(one, raft::hard_state{{2}, no_node});
    found = {};
    write(one, {}, {no_op(1, 2)});
    expect_denied_after_all("overwrites index 1, which is committed");
}

TEST_F(testing_model_appends, what_the_disk_had_no_room_for_may_come_late_and_give_way_to_what_is_committed) {
    begin();
    elect(one, 1, two);
    replicate(one, two, 1);
    elect(two, 2, three);
    replicate(two, three, 1);
    commit(two, 2);
    // Node one had appended another entry 2 meanwhile; that is in memory no more, and its disk has still to get it.
    hear(one, two, append_of(two, 2));
    memory[one].now = {2};
    memory[one].entries.push_back(no_op(2, 2));
    commit(one, 2);
    write(one, {}, {command(2, 1)});
    write(one, raft::hard_state{{2}, no_node});
    write(one, {}, {no_op(2, 2)});
    expect_allowed();
}

TEST_F(testing_model_appends, what_agrees_is_not_cut) {
    begin();
    elect(one, 1, two);
    append(one, command(2, 1));
    replicate(one, two, 1);
    expect_allowed();
    write(two, {}, {no_op(1, 1)});
    expect_denied("cuts its log at index 1, though the entry there is the leader's");
}

TEST_F(testing_model_appends, an_acknowledgement_speaks_of_what_agrees) {
    begin();
    elect(one, 1, two);
    replicate(one, two, 1);
    append(one, command(2, 1));
    acknowledge(two, one, 2);
    expect_denied("acknowledges index 2, and only index 1 is known to agree");
}

TEST_F(testing_model_appends, an_acknowledgement_speaks_of_what_is_durable) {
    begin();
    elect(one, 1, two);
    auto const sent = append_of(one, 1);
    hear(two, one, sent);
    write(two, {}, sent.entries);
    acknowledge(two, one, 1);
    expect_denied("acknowledges index 1 before it is durable");
}

TEST_F(testing_model_appends, an_acknowledgement_speaks_of_what_a_crash_cannot_find_half_rewritten) {
    begin();
    elect(one, 1, two);
    append(one, command(2, 1));
    replicate(one, two, 1);
    expect_allowed();
    for (entry const& each : {command(2, 2), command(2, 1)})
        disks.staged(two, group, std::optional<raft::hard_state>{}, std::span{&each, 1});
    acknowledge(two, one, 2);
    expect_denied("acknowledges index 2 before it is durable");
}

TEST_F(testing_model_appends, an_acknowledgement_speaks_of_the_leaders_entry) {
    begin();
    elect(one, 1, two);
    elect(two, 2, three);
    hear(one, two, append_of(two, 1));
    write_durably(one, raft::hard_state{{2}, no_node});
    acknowledge(one, two, 1);
    expect_denied("has another entry there than the leader");
}

TEST_F(testing_model_appends, an_acknowledgement_goes_to_the_leader) {
    begin();
    elect(one, 1, two);
    say(two, three, has_all_to(0, 1));
    expect_denied("acknowledges entries to node 3, which does not lead its term");
}

TEST_F(testing_model_appends, a_witness_is_sent_places_that_are_on_disk) {
    allowed.is_witness(three);
    begin();
    elect(one, 1, two);
    write(one, {}, {command(2, 1)});
    auto sent = append_of(one, 1);
    forge_last(sent, [](entry& last) { last = no_op(2, 1); });
    say(one, three, sent);
    expect_denied("to a witness before anybody has it on disk who can lead beside it");
    found = {};
    sync(one);
    say(one, three, sent);
    expect_allowed();
    say(one, three, append_of(one, 1));
    expect_denied("sends a command to a witness");
}

TEST(testing_known_entries, of_a_place_nothing_but_the_place_has_to_be_the_same) {
    known_entries all;
    EXPECT_TRUE(all.meet(command(1, 1, "a"), {}, false));
    EXPECT_TRUE(all.meet(no_op(1, 1), {}, true));
    EXPECT_FALSE(all.meet(no_op(1, 1), {}, false));
    EXPECT_FALSE(all.meet(command(1, 1, "b"), {}, false));
    EXPECT_FALSE(all.meet(command(1, 1, "a"), {1}, false)) << "behind another entry";
    EXPECT_TRUE(all.meet(command(1, 2, "b"), {}, false));
}

}  // namespace
}  // namespace chronik::testing::model
