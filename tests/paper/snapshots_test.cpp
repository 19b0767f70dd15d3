// SPDX-License-Identifier: Apache-2.0
#include "paper_fixture.hpp"

#include <gtest/gtest.h>

// Log compaction: section 7 of the extended paper, and chapter 5 of the thesis.

namespace chronik::paper {
namespace {

std::string long_text(std::size_t size) {
    std::string text;
    for (std::size_t at = 0; at < size; ++at) text += static_cast<char>('a' + at % 26);
    return text;
}

raft::options small_chunks() {
    raft::options made = quick_options();
    made.snapshot_chunk_bytes = 10;
    made.snapshot_retry_interval = milliseconds{50};
    return made;
}

/// A leader with a log, and a member that was away while the log was compacted.
world with_one_behind(std::string_view state, raft::options settings = small_chunks()) {
    world w{3, settings};
    w.start(n(1));
    w.start(n(2));
    w.elect(n(1));
    for (int count = 0; count < 8; ++count) w.propose(n(1));
    w.deliver_all();
    w.take_snapshot(n(1), i(6), i(5), state);
    return w;
}

std::size_t chunks_sent(world const& w) { return w.all_sent<raft::snapshot_chunk>().size(); }

}  // namespace

// "The leader must occasionally send snapshots to followers that lag behind. This happens when the leader has already
// discarded the next log entry that it needs to send."
TEST(paper_snapshots, a_follower_whose_next_entry_is_discarded_gets_the_state_instead) {
    auto w = with_one_behind("the state");
    w.start(n(3));

    w.run_for(milliseconds{200});

    EXPECT_EQ(w.core_of(n(3)).base_index(), i(6));
    EXPECT_EQ(w.at(n(3)).snapshot->content.text(), "the state");
    EXPECT_EQ(w.core_of(n(3)).last_index(), w.core_of(n(1)).last_index()) << "and then entries, from behind it";
    EXPECT_EQ(w.core_of(n(3)).commit_index(), w.core_of(n(1)).commit_index());
}

// "Raft also includes a small amount of metadata in the snapshot: the last included index and term ... to support the
// AppendEntries consistency check for the first log entry following the snapshot ... also the latest configuration in
// the log as of last included index."
TEST(paper_snapshots, carry_index_term_and_configuration) {
    auto w = with_one_behind("the state");
    w.start(n(3));
    std::vector<raft::snapshot_info> seen;
    w.on_send = [&](letter const& mail) {
        if (auto const* chunk = std::get_if<raft::snapshot_chunk>(&mail.body)) seen.push_back(chunk->info);
    };

    w.run_for(milliseconds{200});

    ASSERT_FALSE(seen.empty());
    EXPECT_EQ(seen.front().last_index, i(6));
    EXPECT_EQ(seen.front().last_term, t(1));
    EXPECT_EQ(seen.front().members, w.configuration);
}

// "If the follower receives a snapshot that describes a prefix of its log, then log entries covered by the snapshot are
// deleted but entries following the snapshot are still valid and must be retained."
TEST(paper_snapshots, a_follower_that_has_the_last_included_entry_keeps_what_follows_it) {
    world w{2};
    w.start(n(1), memory_store::of({1, 1, 1, 1}));
    raft::snapshot_info const prefix{
        .last_index = i(2), .last_term = t(1), .next_offset = {2}, .members = w.configuration, .bytes = 5, .crc = 0};

    w.receive(n(2), n(1), raft::snapshot_chunk{t(2), prefix, 0, 0, {}});

    EXPECT_EQ(w.core_of(n(1)).last_index(), i(4));
    EXPECT_EQ(w.core_of(n(1)).commit_index(), i(2)) << "what a snapshot contains is committed";
    auto const answers = w.sent_to<raft::snapshot_answer>(n(2));
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers.front().progress, raft::snapshot_progress::installed);
}

// "... the follower discards its entire log; it is all superseded by the snapshot and may possibly have uncommitted
// entries that conflict with the snapshot."
TEST(paper_snapshots, a_conflicting_log_is_discarded_whole) {
    auto w = with_one_behind("the state");
    // Written in the first term by a leader who never told the others.
    memory_store other = memory_store::of({1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1});
    w.campaign(n(2));
    w.run_for(milliseconds{400});
    ASSERT_TRUE(w.leader().has_value());
    auto const leader = *w.leader();
    for (int count = 0; count < 4; ++count) w.propose(leader, "new", 1);
    w.run_for(milliseconds{50});
    auto const last = w.core_of(leader).last_index();
    w.take_snapshot(leader, last, last, "later state");
    w.start(n(3), other);

    w.run_for(milliseconds{400});

    EXPECT_EQ(w.core_of(n(3)).base_index(), last);
    EXPECT_EQ(w.core_of(n(3)).last_index(), w.core_of(*w.leader()).last_index());
    EXPECT_EQ(w.at(n(3)).snapshot->content.text(), "later state");
}

// Figure 13: pieces with an offset, one after the other; thesis 5.1: a transfer goes on where it was.
TEST(paper_snapshots, travel_in_pieces_and_go_on_after_a_break) {
    std::string const state = long_text(95);
    auto w = with_one_behind(state);
    w.start(n(3));
    std::vector<std::uint64_t> offsets;
    w.on_send = [&](letter const& mail) {
        auto const* chunk = std::get_if<raft::snapshot_chunk>(&mail.body);
        if (chunk && !chunk->data.empty()) offsets.push_back(chunk->offset);
        if (offsets.size() == 4) w.isolate(n(3));
    };
    w.run_for(milliseconds{300});
    ASSERT_EQ(offsets.size(), 4U);
    ASSERT_EQ(w.at(n(3)).gathered.size(), 30U) << "the fourth was lost";

    w.heal();
    w.on_send = [&](letter const& mail) {
        auto const* chunk = std::get_if<raft::snapshot_chunk>(&mail.body);
        if (chunk && !chunk->data.empty()) offsets.push_back(chunk->offset);
    };
    w.run_for(milliseconds{1500});

    EXPECT_EQ(w.at(n(3)).snapshot->content.text(), state);
    EXPECT_EQ(offsets[4], 30U) << "not from the start";
}

TEST(paper_snapshots, nothing_is_acknowledged_before_the_install_is_durable) {
    auto w = with_one_behind("the state");
    w.start(n(3));
    w.slow_parts = true;
    while (!w.at(n(3)).part) {
        w.now += milliseconds{20};
        for (std::uint32_t each = 1; each <= 3; ++each) w.tick(n(each));
        w.deliver_all();
    }
    w.slow_disks = true;

    w.store_part(n(3));
    w.tick(n(1));
    w.deliver_all();

    auto& behind = w.core_of(n(3));
    EXPECT_EQ(behind.base_index(), i(6));
    EXPECT_EQ(w.core_of(n(1)).peers(w.now).back().match, i(0));
    w.crash(n(3));
    EXPECT_EQ(w.at(n(3)).disk.base_index(), i(0)) << "a crash finds the log as it was";

    w.at(n(3)).snapshot.reset();
    w.slow_disks = false;
    w.slow_parts = false;
    w.start(n(3));
    w.run_for(milliseconds{400});
    EXPECT_EQ(w.core_of(n(3)).last_index(), w.core_of(*w.leader()).last_index());
}

// "A follower may receive a snapshot with a lower index when messages are delayed": answered, and nothing goes back.
TEST(paper_snapshots, a_late_piece_of_an_older_snapshot_changes_nothing) {
    auto w = with_one_behind("the state");
    w.start(n(3));
    std::vector<letter> kept;
    w.on_send = [&](letter const& mail) {
        if (std::holds_alternative<raft::snapshot_chunk>(mail.body)) kept.push_back(mail);
    };
    w.run_for(milliseconds{200});
    ASSERT_GE(kept.size(), 2U);
    auto const before = w.core_of(n(3)).last_index();

    for (letter const& mail : kept) w.receive(mail.from, mail.to, mail.body);

    EXPECT_EQ(w.core_of(n(3)).last_index(), before);
    EXPECT_EQ(w.core_of(n(3)).base_index(), i(6));
    auto const answers = w.sent_to<raft::snapshot_answer>(n(1));
    ASSERT_EQ(answers.size(), kept.size());
    for (auto const& each : answers) EXPECT_EQ(each.progress, raft::snapshot_progress::installed);
}

// Thesis 5.1: a leader that has gone on and compacted further sends what it has now.
TEST(paper_snapshots, a_newer_leader_with_an_older_snapshot_is_obeyed) {
    auto w = with_one_behind(long_text(60));
    w.start(n(3));
    w.on_send = [&](letter const& mail) {
        auto const* chunk = std::get_if<raft::snapshot_chunk>(&mail.body);
        if (chunk && chunk->offset >= 20) w.isolate(n(1));
    };
    w.run_for(milliseconds{150});
    w.on_send = [](letter const&) {};
    w.take_snapshot(n(2), i(4), i(4), "older and shorter");

    w.run_for(milliseconds{1500});

    ASSERT_EQ(w.leader(), n(2));
    EXPECT_EQ(w.at(n(3)).snapshot->content.text(), "older and shorter");
    EXPECT_EQ(w.core_of(n(3)).last_index(), w.core_of(n(2)).last_index());
}

// Thesis 5.2.2: a member starts from its own snapshot, and only what comes after it is applied.
TEST(paper_snapshots, a_member_that_starts_again_knows_its_snapshot_to_be_committed) {
    auto w = with_one_behind("the state");
    w.crash(n(1));
    w.start(n(1));
    EXPECT_EQ(w.core_of(n(1)).commit_index(), i(6));
    EXPECT_EQ(w.core_of(n(1)).base_index(), i(5));
}

TEST(paper_snapshots, pieces_are_spread_over_time) {
    auto settings = small_chunks();
    settings.catch_up_bytes_per_second = 1000;  // a piece of ten bytes each 10 ms
    auto w = with_one_behind(long_text(200), settings);
    w.start(n(3));
    std::size_t bytes = 0;
    w.on_send = [&](letter const& mail) {
        if (auto const* chunk = std::get_if<raft::snapshot_chunk>(&mail.body)) bytes += chunk->data.size();
    };

    w.run_for(milliseconds{100});
    EXPECT_LE(bytes, 110U);
    w.run_for(milliseconds{300});
    EXPECT_EQ(w.core_of(n(3)).base_index(), i(6));
}

TEST(paper_snapshots, nobody_is_flooded_while_a_follower_is_away) {
    auto w = with_one_behind(long_text(200));
    w.start(n(3));
    w.on_send = [&](letter const& mail) {
        if (std::holds_alternative<raft::snapshot_chunk>(mail.body)) w.isolate(n(3));
    };
    w.run_for(milliseconds{100});
    std::size_t count = 0;
    w.on_send = [&](letter const& mail) {
        if (std::holds_alternative<raft::snapshot_chunk>(mail.body)) ++count;
    };

    w.run_for(milliseconds{1000});

    EXPECT_LE(count, 21U) << "one question each 50 ms";
    EXPECT_EQ(chunks_sent(w), 0U);
}

}  // namespace chronik::paper
