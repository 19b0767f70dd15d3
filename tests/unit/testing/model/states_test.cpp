// SPDX-License-Identifier: Apache-2.0
#include "unit/testing/model/forged_trace.hpp"

#include <chronik/testing/model/specification.hpp>
#include <chronik/testing/model/states.hpp>

namespace chronik::testing::model {
namespace {

struct testing_model_states : forged_trace {
    raft::read_request const asked{.term = {1}, .number = 5};

    /// Node one leads with `index` 1 committed.
    void lead() {
        begin();
        elect(one, 1, two);
        replicate(one, two, 1);
        commit(one, 1);
    }
    raft::snapshot_chunk chunk_of(std::uint64_t index, raft::configuration const& of = first_members) {
        raft::snapshot_chunk made;
        made.term = {1};
        made.info.last_index = {index};
        made.info.last_term = {index == 0 ? 0U : 1U};
        made.info.members = of;
        made.info.bytes = 3;
        return made;
    }
};

TEST_F(testing_model_states, a_read_is_answered_when_a_quorum_has_answered_a_later_heartbeat) {
    lead();
    hear(one, two, asked);
    auto beat = append_of(one, 2);
    beat.round = 1;
    say(one, two, beat);
    hear(one, two, has_all_to(0, 1, 1));
    say(one, two, raft::read_response{.term = {1}, .number = 5, .index = {1}, .granted = true});
    expect_allowed();
}

TEST_F(testing_model_states, a_heartbeat_from_before_a_read_confirms_nothing) {
    lead();
    auto beat = append_of(one, 2);
    beat.round = 1;
    say(one, two, beat);
    hear(one, two, asked);
    hear(one, two, has_all_to(0, 1, 1));
    say(one, two, raft::read_response{.term = {1}, .number = 5, .index = {1}, .granted = true});
    expect_denied("before a quorum has answered a heartbeat that came after it");
}

TEST_F(testing_model_states, who_takes_part_is_in_force_before_the_disk_has_room_for_it) {
    lead();
    memory[one].entries.push_back(members(2, 1, {.voters = {one}}));
    hear(one, two, asked);
    say(one, two, raft::read_response{.term = {1}, .number = 5, .index = {1}, .granted = true});
    expect_allowed();
}

TEST_F(testing_model_states, a_read_is_answered_with_what_is_committed) {
    lead();
    write_durably(one, {}, {command(2, 1)});
    hear(one, two, asked);
    say(one, two, raft::read_response{.term = {1}, .number = 5, .index = {2}, .granted = true});
    expect_denied("answers a read with index 2, which is not committed");
}

TEST_F(testing_model_states, a_read_is_answered_with_all_that_was_committed_before) {
    lead();
    write_durably(one, {}, {command(2, 1)});
    replicate(one, two, 2);
    commit(one, 2);
    hear(one, two, asked);
    say(one, two, raft::read_response{.term = {1}, .number = 5, .index = {1}, .granted = true});
    expect_denied("answers a read with index 1, and index 2 was committed before");
}

TEST_F(testing_model_states, a_read_that_comes_twice_is_answered_for_the_first_time) {
    lead();
    hear(one, two, asked);
    write_durably(one, {}, {command(2, 1)});
    replicate(one, two, 2);
    commit(one, 2);
    hear(one, two, asked);
    auto beat = append_of(one, 3);
    beat.round = 1;
    say(one, two, beat);
    hear(one, two, has_all_to(0, 1, 1));
    say(one, two, raft::read_response{.term = {1}, .number = 5, .index = {2}, .granted = true});
    say(one, two, raft::read_response{.term = {1}, .number = 5, .index = {1}, .granted = true});
    expect_allowed();
}

TEST_F(testing_model_states, a_read_waits_for_an_entry_of_the_leaders_term) {
    lead();
    elect(two, 2, three);
    hear(two, three, raft::read_request{.term = {2}, .number = 5});
    say(two, three, raft::read_response{.term = {2}, .number = 5, .index = {1}, .granted = true});
    expect_denied("before an entry of its own term is committed");
}

TEST_F(testing_model_states, a_read_was_asked_for) {
    lead();
    say(one, two, raft::read_response{.term = {1}, .number = 5, .index = {1}, .granted = true});
    expect_denied("answers a read that nobody has asked for");
}

TEST_F(testing_model_states, a_read_sees_what_was_committed_when_it_began) {
    lead();
    EXPECT_EQ(allowed.last_committed(group), log_index{1});
    allowed.has_read(two, group, {1}, {1});
    expect_allowed();
    allowed.has_read(two, group, {1}, {0});
    expect_denied("reads at index 0, and index 1 was committed before");
}

TEST_F(testing_model_states, a_snapshot_is_sent_and_installed) {
    lead();
    auto const sent = chunk_of(1);
    say(one, three, sent);
    hear(three, one, sent);
    write(three, raft::hard_state{{1}, no_node});
    allowed.replaced(three, group, {1}, {1});
    memory[three] = {.now = {1}, .commit = {1}, .base = {1}, .base_term = {1}, .entries = {}};
    turn(three);
    sync(three);
    say(three, one, raft::snapshot_answer{{1}, {1}, {1}, raft::snapshot_progress::installed});
    expect_allowed();
}

TEST_F(testing_model_states, a_snapshot_is_of_what_is_committed) {
    lead();
    write_durably(one, {}, {command(2, 1)});
    say(one, three, chunk_of(2));
    expect_denied("sends a snapshot of index 2, which is not committed");
}

TEST_F(testing_model_states, a_snapshot_names_the_members_of_its_last_entry) {
    lead();
    say(one, three, chunk_of(1, {.voters = {one, two}}));
    expect_denied("with other members than were in force at index 1");
}

TEST_F(testing_model_states, a_snapshot_comes_from_the_leader) {
    lead();
    say(two, three, chunk_of(1));
    expect_denied("sends a snapshot in term 1, which it does not lead");
    found = {};
    allowed.replaced(three, group, {1}, {1});
    expect_denied("installs a snapshot that no leader has sent");
}

TEST_F(testing_model_states, who_begins_to_live_goes_on_behind_a_snapshot_of_its_own) {
    lead();
    restart(one, {{1}, one});
    allowed.replaced(one, group, {1}, {1});
    expect_allowed();
}

TEST_F(testing_model_states, a_snapshot_of_its_own_is_of_what_it_has_committed) {
    lead();
    restart(two, {{1}, one});
    allowed.replaced(two, group, {1}, {1});
    expect_denied("installs a snapshot that no leader has sent");
    found = {};
    restart(one, {{2}, no_node});
    allowed.replaced(one, group, {1}, {2});
    expect_denied("installs a snapshot that no leader has sent");
}

TEST_F(testing_model_states, a_snapshot_of_its_own_replaces_no_log_of_who_runs) {
    lead();
    write_durably(one, {}, {command(2, 1)});
    allowed.replaced(one, group, {1}, {1});
    expect_denied("installs a snapshot that no leader has sent");
}

TEST_F(testing_model_states, a_snapshot_that_was_sent_may_be_found_in_a_later_life) {
    lead();
    hear(three, one, chunk_of(1));
    restart(three, {{1}, no_node});
    allowed.replaced(three, group, {1}, {1});
    expect_allowed();
}

TEST_F(testing_model_states, a_witness_gets_no_state) {
    allowed.is_witness(three);
    lead();
    say(one, three, chunk_of(1));
    expect_denied("sends a state to a witness");
}

TEST_F(testing_model_states, a_snapshot_does_not_replace_a_log_that_has_its_last_entry) {
    lead();
    hear(two, one, chunk_of(1));
    allowed.replaced(two, group, {1}, {1});
    expect_denied("and has the entry and what follows it");
}

TEST_F(testing_model_states, a_snapshot_does_not_replace_what_is_committed) {
    lead();
    hear(one, two, chunk_of(0));
    allowed.replaced(one, group, {0}, {0});
    expect_denied("installs a snapshot of index 0, and has committed more");
}

TEST_F(testing_model_states, a_snapshot_is_durable_when_it_is_acknowledged) {
    lead();
    auto const sent = chunk_of(1);
    hear(three, one, sent);
    write_durably(three, raft::hard_state{{1}, no_node});
    allowed.replaced(three, group, {1}, {1});
    say(three, one, raft::snapshot_answer{{1}, {1}, {1}, raft::snapshot_progress::installed});
    expect_denied("acknowledges a snapshot of index 1 before it is durable");
    found = {};
    say(three, two, raft::snapshot_answer{{1}, {1}, {1}, raft::snapshot_progress::installed});
    expect_denied("acknowledges a snapshot to who does not lead its term");
}

TEST_F(testing_model_states, a_log_is_cut_behind_what_is_committed) {
    lead();
    write_durably(one, {}, {command(2, 1)});
    allowed.compacted(one, group, {1}, {1});
    expect_allowed();
    allowed.compacted(one, group, {2}, {1});
    expect_denied("drops index 2, which is not committed");
}

}  // namespace
}  // namespace chronik::testing::model
