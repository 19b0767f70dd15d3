// SPDX-License-Identifier: Apache-2.0
#include <chronik/testing/commit_checks.hpp>
#include <chronik/testing/durable_logs.hpp>
#include <chronik/testing/message_checks.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace chronik::testing {
namespace {

constexpr node_id one{1};
constexpr node_id two{2};
constexpr node_id three{3};
constexpr group_id group{7};

entry command(std::uint64_t index, std::uint64_t term, std::string_view text = "a") {
    return {.term = {term}, .index = {index}, .kind = entry_kind::command, .base_offset = {index}, .record_count = 1,
            .payload = shared_bytes::copy_of(text)};
}

/// A log as a node finds it, and as a core shows it.
struct found_log {
    raft::hard_state state;
    std::vector<log_term> terms;
    log_index commit;
    raft::configuration voters{.voters = {one, two, three}, .learners = {}};

    raft::hard_state hard_state() const { return state; }
    log_term term() const { return state.term; }
    log_index base_index() const { return {}; }
    log_term base_term() const { return {}; }
    log_index last_index() const { return {terms.size()}; }
    result<log_term> term_at(log_index at) const {
        if (at == log_index{} || at > last_index()) return failure(errc::out_of_range);
        return terms[at.value - 1];
    }
    log_index commit_index() const { return commit; }
    raft::configuration const& members() const { return voters; }
    result<raft::configuration> members_at(log_index) const { return voters; }
};

struct testing_durable_logs : ::testing::Test {
    findings found;
    durable_logs disks{found};

    void stage(node_id node, std::optional<raft::hard_state> state, std::vector<entry> entries) {
        disks.staged(node, group, state, std::span<entry const>{entries});
    }
    void sync(node_id node) {
        disks.flush_begun(node);
        disks.flush_done(node);
    }
    bool recovers(found_log const& log) {
        return disks.recovered(one, [&](group_id) { return &log; });
    }
    void expect_one_about(std::string_view words) {
        ASSERT_EQ(found.violations().size(), 1U);
        EXPECT_NE(found.violations().front().find(words), std::string::npos) << found.violations().front();
    }
};

TEST_F(testing_durable_logs, only_what_a_sync_covered_is_durable) {
    stage(one, raft::hard_state{{1}, one}, {command(1, 1)});
    disks.flush_begun(one);
    stage(one, {}, {command(2, 1)});
    EXPECT_EQ(disks.of(one, group).last_index(), log_index{0});

    disks.flush_done(one);

    EXPECT_EQ(disks.of(one, group).last_index(), log_index{1});
    EXPECT_EQ(disks.of(one, group).state, (raft::hard_state{{1}, one}));
}

TEST_F(testing_durable_logs, an_entry_at_an_earlier_index_cuts_the_log) {
    stage(one, {}, {command(1, 1), command(2, 1), command(3, 1)});
    stage(one, {}, {command(2, 2)});
    sync(one);

    EXPECT_EQ(disks.of(one, group).last_index(), log_index{2});
    EXPECT_EQ(disks.of(one, group).term_at({2}), log_term{2});
}

TEST_F(testing_durable_logs, what_a_write_cuts_is_not_for_sure_until_that_is_durable) {
    stage(one, {}, {command(1, 1), command(2, 1), command(3, 1)});
    disks.flush_begun(one);
    // Cut, and put there again: a crash may find it in between.
    stage(one, {}, {command(2, 2)});
    stage(one, {}, {command(2, 1), command(3, 1)});
    EXPECT_EQ(disks.of(one, group).last_for_sure(), log_index{0});

    disks.flush_done(one);

    EXPECT_EQ(disks.of(one, group).last_index(), log_index{3});
    EXPECT_EQ(disks.of(one, group).last_for_sure(), log_index{1});

    sync(one);

    EXPECT_EQ(disks.of(one, group).last_for_sure(), log_index{3});
}

TEST_F(testing_durable_logs, the_same_index_and_term_with_other_bytes_is_found) {
    stage(one, {}, {command(1, 1, "a")});
    stage(two, {}, {command(1, 1, "b")});

    expect_one_about("two different entries of term 1");
}

TEST_F(testing_durable_logs, the_same_entry_after_another_history_is_found) {
    stage(one, {}, {command(1, 1), command(2, 3)});
    stage(two, {}, {command(1, 2), command(2, 3)});

    expect_one_about("two different entries of term 3");
}

TEST_F(testing_durable_logs, a_witness_has_the_place_of_a_command_and_not_the_command) {
    disks.keeps_places_only(two);
    stage(one, {}, {command(1, 1), command(2, 1)});
    entry place = command(1, 1, "");
    place.kind = entry_kind::no_op;
    stage(two, {}, {place});
    EXPECT_TRUE(found.empty());

    stage(two, {}, {command(2, 1)});

    expect_one_about("the node is a witness");
}

TEST_F(testing_durable_logs, a_term_that_goes_back_is_found) {
    stage(one, raft::hard_state{{3}, no_node}, {});
    stage(one, raft::hard_state{{2}, no_node}, {});

    expect_one_about("taken back");
}

TEST_F(testing_durable_logs, a_vote_that_changes_within_its_term_is_found) {
    stage(one, raft::hard_state{{3}, two}, {});
    stage(one, raft::hard_state{{3}, three}, {});

    expect_one_about("taken back");
}

TEST_F(testing_durable_logs, recovery_may_find_a_part_of_what_was_under_way_from_the_front) {
    stage(one, raft::hard_state{{1}, one}, {command(1, 1)});
    sync(one);
    stage(one, raft::hard_state{{2}, two}, {command(1, 2), command(2, 2)});
    disks.flush_begun(one);

    EXPECT_TRUE(recovers({.state = {{2}, two}, .terms = {{2}}, .commit = {}}));
    EXPECT_EQ(disks.of(one, group).last_index(), log_index{1}) << "what it found is durable now";
}

TEST_F(testing_durable_logs, recovery_must_not_lose_a_durable_entry_nor_a_vote) {
    stage(one, raft::hard_state{{1}, one}, {command(1, 1), command(2, 1)});
    sync(one);

    EXPECT_FALSE(recovers({.state = {{1}, one}, .terms = {{1}}, .commit = {}}));
}

TEST_F(testing_durable_logs, recovery_must_not_lose_a_vote) {
    stage(one, raft::hard_state{{2}, two}, {});
    sync(one);

    EXPECT_FALSE(recovers({.state = {{1}, no_node}, .terms = {}, .commit = {}}));
}

TEST_F(testing_durable_logs, recovery_must_not_find_a_later_write_without_an_earlier_one) {
    stage(one, raft::hard_state{{1}, one}, {});
    stage(one, {}, {command(1, 1)});
    disks.flush_begun(one);
    disks.of(one, group);  // nothing yet

    EXPECT_FALSE(recovers({.state = {}, .terms = {{1}}, .commit = {}}));
}

struct testing_commit_checks : testing_durable_logs {
    commit_checks commits{disks, found};

    void have(node_id node, std::vector<entry> entries) {
        stage(node, {}, std::move(entries));
        sync(node);
    }
};

TEST_F(testing_commit_checks, what_a_quorum_has_on_disk_may_be_committed) {
    have(one, {command(1, 1)});
    have(three, {command(1, 1)});
    commits.look(one, group, found_log{.state = {}, .terms = {{1}}, .commit = {1}});

    EXPECT_TRUE(found.empty());
    EXPECT_EQ(commits.committed(group), log_index{1});
}

TEST_F(testing_commit_checks, a_commit_that_only_memory_holds_is_found) {
    have(one, {command(1, 1)});
    stage(two, {}, {command(1, 1)});
    commits.look(one, group, found_log{.state = {}, .terms = {{1}}, .commit = {1}});

    expect_one_about("no quorum has it on disk");
}

TEST_F(testing_commit_checks, what_was_on_disk_until_it_was_damaged_may_still_be_counted) {
    have(one, {command(1, 1)});
    have(two, {command(1, 1)});
    EXPECT_FALSE(recovers({}));
    EXPECT_FALSE(disks.of(one, group).has({1}, {1}));
    commits.look(two, group, found_log{.state = {}, .terms = {{1}}, .commit = {1}});

    EXPECT_TRUE(found.empty());
}

TEST_F(testing_commit_checks, what_was_lost_under_way_is_not_counted) {
    stage(one, {}, {command(1, 1)});
    disks.flush_begun(one);
    have(two, {command(1, 1)});
    EXPECT_TRUE(recovers({}));
    commits.look(two, group, found_log{.state = {}, .terms = {{1}}, .commit = {1}});

    expect_one_about("no quorum has it on disk");
}

TEST_F(testing_commit_checks, while_members_change_both_halves_count) {
    have(one, {command(1, 1)});
    have(three, {command(1, 1)});
    found_log log{.state = {}, .terms = {{1}}, .commit = {1}};
    log.voters.outgoing = {two, three, node_id{4}};
    commits.look(one, group, log);

    expect_one_about("no quorum has it on disk");
}

TEST_F(testing_commit_checks, an_index_committed_with_another_term_is_found) {
    for (node_id each : {one, two}) have(each, {command(1, 1)});
    commits.look(one, group, found_log{.state = {}, .terms = {{1}}, .commit = {1}});
    commits.look(three, group, found_log{.state = {}, .terms = {{2}}, .commit = {1}});

    expect_one_about("another term than elsewhere");
}

TEST_F(testing_commit_checks, a_commit_index_that_goes_back_is_found_and_a_start_is_no_way_back) {
    for (node_id each : {one, two}) have(each, {command(1, 1), command(2, 1)});
    found_log log{.state = {}, .terms = {{1}, {1}}, .commit = {2}};
    commits.look(one, group, log);
    log.commit = {1};
    commits.started(one, group);
    commits.look(one, group, log);
    EXPECT_TRUE(found.empty());
    log.commit = {0};
    commits.look(one, group, log);

    expect_one_about("it was higher before");
}

TEST_F(testing_commit_checks, a_leader_without_a_committed_entry_is_found) {
    for (node_id each : {one, two}) have(each, {command(1, 1)});
    commits.look(one, group, found_log{.state = {}, .terms = {{1}}, .commit = {1}});
    commits.elected(two, group, found_log{.state = {{2}, two}, .terms = {{1}, {2}}, .commit = {0}});
    EXPECT_TRUE(found.empty());
    commits.elected(three, group, found_log{.state = {{3}, three}, .terms = {}, .commit = {0}});

    expect_one_about("a new leader does not have it");
}

TEST_F(testing_commit_checks, who_is_late_to_lead_an_old_term_need_not_have_what_newer_ones_committed) {
    for (node_id each : {one, two}) have(each, {command(1, 2)});
    commits.look(one, group, found_log{.state = {{2}, one}, .terms = {{2}}, .commit = {1}});
    commits.elected(three, group, found_log{.state = {{1}, three}, .terms = {}, .commit = {0}});

    EXPECT_TRUE(found.empty());
}

struct testing_message_checks : testing_durable_logs {
    message_checks messages{disks, {}, found};

    static raft::append_request append(std::vector<entry> entries) {
        raft::append_request made;
        made.term = {1};
        made.entries = std::move(entries);
        return made;
    }
    static raft::append_response answer(log_index match, log_index checked) {
        raft::append_response made;
        made.term = {1};
        made.success = true;
        made.match_index = match;
        made.checked_index = checked;
        return made;
    }

    void promise(node_id node, log_term term, node_id vote) {
        stage(node, raft::hard_state{term, vote}, {});
        sync(node);
    }
};

TEST_F(testing_message_checks, a_vote_on_disk_may_leave_more_than_once) {
    promise(one, {2}, two);
    messages.leaves(one, group, two, raft::vote_response{{2}, true});
    messages.leaves(one, group, two, raft::vote_response{{2}, true});

    EXPECT_TRUE(found.empty());
}

TEST_F(testing_message_checks, a_vote_in_memory_must_not_leave) {
    promise(one, {2}, no_node);
    stage(one, raft::hard_state{{2}, two}, {});
    messages.leaves(one, group, two, raft::vote_response{{2}, true});

    expect_one_about("vote left before it was durable");
}

TEST_F(testing_message_checks, a_snapshot_in_memory_is_not_acknowledged) {
    promise(one, {2}, no_node);
    raft::snapshot_answer const done{{2}, {5}, {1}, raft::snapshot_progress::installed, 0};
    disks.replaced(one, group, {5}, {1});
    disks.flush_begun(one);
    messages.leaves(one, group, two, done);
    expect_one_about("a snapshot was acknowledged");

    disks.flush_done(one);
    messages.leaves(one, group, two, done);
    EXPECT_EQ(found.violations().size(), 1U);
}

TEST_F(testing_message_checks, two_votes_in_one_term_are_found_over_a_wiped_disk) {
    promise(one, {2}, two);
    messages.leaves(one, group, two, raft::vote_response{{2}, true});
    disks.wiped(one);
    promise(one, {2}, three);
    messages.leaves(one, group, three, raft::vote_response{{2}, true});

    expect_one_about("two votes in one term");
}

TEST_F(testing_message_checks, who_begins_anew_after_it_left_votes_as_another_would) {
    promise(one, {2}, two);
    messages.leaves(one, group, two, raft::vote_response{{2}, true});
    disks.wiped(one);
    messages.forgets(one);
    promise(one, {2}, three);
    messages.leaves(one, group, three, raft::vote_response{{2}, true});

    EXPECT_TRUE(found.empty());
}

TEST_F(testing_message_checks, a_candidate_that_gave_its_vote_away_is_found) {
    promise(one, {2}, two);
    messages.leaves(one, group, two, raft::vote_response{{2}, true});
    messages.leaves(one, group, three, raft::vote_request{{2}, {0}, {0}, false});

    expect_one_about("stands for election in a term");
}

TEST_F(testing_message_checks, a_term_in_memory_must_not_leave_but_a_pre_vote_may) {
    messages.leaves(one, group, two, raft::pre_vote_request{{9}, {0}, {0}});
    EXPECT_TRUE(found.empty());
    messages.leaves(one, group, two, append({}));

    expect_one_about("term was durable");
}

TEST_F(testing_message_checks, an_acknowledgement_of_entries_in_memory_is_found) {
    promise(one, {1}, two);
    stage(one, {}, {command(1, 1)});
    messages.leaves(one, group, two, answer({1}, {1}));

    expect_one_about("acknowledged before they were durable");
}

TEST_F(testing_message_checks, an_acknowledgement_of_entries_never_compared_is_found) {
    promise(one, {1}, two);
    stage(one, {}, {command(1, 1)});
    sync(one);
    messages.leaves(one, group, two, answer({1}, {0}));

    expect_one_about("not compared");
}

TEST_F(testing_message_checks, a_message_beyond_its_limit_is_found) {
    message_checks small{disks, {.append_bytes_max = 100}, found};
    promise(one, {1}, one);
    small.leaves(one, group, two, append({command(1, 1), command(2, 1)}));

    expect_one_about("larger than append_bytes_max");
}

}  // namespace
}  // namespace chronik::testing
