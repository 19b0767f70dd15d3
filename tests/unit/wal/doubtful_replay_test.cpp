// SPDX-License-Identifier: Apache-2.0
#include <chronik/wal/doubtful_replay.hpp>

#include <gtest/gtest.h>

#include <cstdint>

namespace chronik::wal {
namespace {

/// Records in the order of a journal, without a journal.
struct wal_doubtful_replay : ::testing::Test {
    doubtful_replay records{true};
    segment home;
    group_id const group{7};

    replayed put(doubtful_replay& into, record_type type, std::uint64_t index, std::uint64_t term,
                 std::uint64_t offset = 0) {
        return into.apply({{.type = type,
                            .group = group,
                            .term = {term},
                            .index = {index},
                            .base_offset = {offset},
                            .record_count = 1},
                           8192,
                           {}},
                          home);
    }
    replayed put(record_type type, std::uint64_t index, std::uint64_t term, std::uint64_t offset = 0) {
        return put(records, type, index, term, offset);
    }
    replayed entry(std::uint64_t index, std::uint64_t term) { return put(record_type::entry, index, term, index - 1); }
    replayed table(log_base base, log_base floor, std::uint64_t last) {
        std::vector<std::byte> payload;
        encode(wal::table{.segments = {}, .rows = {{group, {{9}, node_id{1}}, base, floor, {last}}}}, payload);
        return records.apply({{.type = record_type::table}, 8192, payload}, home);
    }
    group_log const& log() { return *records.groups().at(group); }
    bool has_lost() const { return !records.losses().empty(); }

    void SetUp() override {
        put(record_type::group_created, 0, 0);
        for (std::uint64_t index = 1; index <= 4; ++index) EXPECT_EQ(entry(index, 1), replayed::taken);
    }
};

}  // namespace

TEST_F(wal_doubtful_replay, without_holes_a_gap_is_a_contradiction) {
    EXPECT_EQ(entry(6, 1), replayed::contradictory);
    EXPECT_EQ(log().last_index(), log_index{4});
    EXPECT_EQ(records.losses().at(group).first, log_index{5});
}

TEST_F(wal_doubtful_replay, an_entry_of_the_same_term_proves_the_log_before_it) {
    records.hole();
    EXPECT_EQ(entry(5, 1), replayed::taken);
    EXPECT_EQ(entry(6, 2), replayed::taken) << "no hole between";
    EXPECT_FALSE(has_lost());
}

TEST_F(wal_doubtful_replay, behind_a_gap_nothing_is_taken) {
    records.hole();
    EXPECT_EQ(entry(6, 1), replayed::doubtful);
    EXPECT_EQ(entry(7, 1), replayed::doubtful);
    EXPECT_EQ(entry(5, 2), replayed::doubtful);
    EXPECT_EQ(log().last_index(), log_index{4});
    EXPECT_EQ(records.losses().at(group).first, log_index{5});
    EXPECT_EQ(records.losses().at(group).last, log_index{7});
}

TEST_F(wal_doubtful_replay, an_entry_that_is_certain_takes_the_place_of_what_was_lost) {
    records.hole();
    EXPECT_EQ(entry(6, 2), replayed::doubtful);
    // A leader of term 3, which had the old entry 5, has written it here again.
    EXPECT_EQ(entry(5, 1), replayed::taken);
    EXPECT_FALSE(has_lost());
    EXPECT_EQ(entry(6, 3), replayed::taken);
    EXPECT_EQ(log().last_index(), log_index{6});
}

TEST_F(wal_doubtful_replay, what_stands_behind_a_gap_is_kept_in_runs_and_cut_as_a_log_is) {
    records.hole();
    for (std::uint64_t const index : {6U, 7U, 8U}) EXPECT_EQ(entry(index, 1), replayed::doubtful);
    records.hole();
    for (std::uint64_t const index : {11U, 12U}) EXPECT_EQ(entry(index, 1), replayed::doubtful);
    auto const& behind = records.losses().at(group).behind;
    ASSERT_EQ(behind.size(), 2U);
    EXPECT_EQ(behind[0].first_index(), log_index{6});
    EXPECT_EQ(behind[0].last_index(), log_index{8});
    EXPECT_EQ(behind[1].first_index(), log_index{11});
    EXPECT_EQ(behind[1].last_index(), log_index{12});

    EXPECT_EQ(entry(8, 2), replayed::doubtful);

    ASSERT_EQ(behind.size(), 1U);
    EXPECT_EQ(behind[0].last_index(), log_index{8});
    EXPECT_EQ(behind[0].last_term(), log_term{2});

    EXPECT_EQ(table({}, {}, 6), replayed::taken);

    EXPECT_EQ(behind[0].last_index(), log_index{6});
}

TEST_F(wal_doubtful_replay, an_entry_of_another_term_may_follow_one_that_was_in_the_hole) {
    records.hole();
    EXPECT_EQ(entry(5, 2), replayed::doubtful);
    EXPECT_EQ(log().last_index(), log_index{4});
}

TEST_F(wal_doubtful_replay, a_cut_behind_a_hole_ends_the_log_before_it) {
    records.hole();
    EXPECT_EQ(entry(4, 2), replayed::doubtful);
    EXPECT_EQ(log().last_index(), log_index{3});
    EXPECT_EQ(entry(5, 2), replayed::doubtful);
}

TEST_F(wal_doubtful_replay, where_nothing_is_ever_cut_index_and_offset_are_enough) {
    doubtful_replay alone{false};
    put(alone, record_type::group_created, 0, 0);
    put(alone, record_type::entry, 1, 1, 0);
    alone.hole();
    EXPECT_EQ(put(alone, record_type::entry, 2, 2, 5), replayed::doubtful) << "records were lost between";
    EXPECT_FALSE(alone.losses().empty());

    doubtful_replay other{false};
    put(other, record_type::group_created, 0, 0);
    put(other, record_type::entry, 1, 1, 0);
    other.hole();
    EXPECT_EQ(put(other, record_type::entry, 2, 2, 1), replayed::taken);
}

TEST_F(wal_doubtful_replay, what_is_settled_beyond_a_loss_ends_it) {
    records.hole();
    EXPECT_EQ(entry(6, 1), replayed::doubtful);
    EXPECT_EQ(put(record_type::settled, 6, 1, 6), replayed::taken);
    EXPECT_FALSE(has_lost());
    EXPECT_EQ(entry(7, 2), replayed::taken);
    EXPECT_EQ(log().floor().index, log_index{6});
    EXPECT_EQ(log().last_index(), log_index{7});
}

TEST_F(wal_doubtful_replay, what_is_settled_short_of_a_loss_moves_it) {
    records.hole();
    EXPECT_EQ(entry(9, 1), replayed::doubtful);
    EXPECT_EQ(put(record_type::settled, 6, 1, 6), replayed::taken);
    EXPECT_EQ(records.losses().at(group).first, log_index{7});
    EXPECT_EQ(entry(8, 1), replayed::doubtful);
    EXPECT_EQ(log().last_index(), log_index{6});
}

TEST_F(wal_doubtful_replay, an_entry_right_behind_what_is_settled_ends_a_loss) {
    records.hole();
    EXPECT_EQ(entry(9, 1), replayed::doubtful);
    EXPECT_EQ(put(record_type::settled, 6, 1, 6), replayed::taken);
    EXPECT_EQ(entry(7, 2), replayed::taken);
    EXPECT_FALSE(has_lost());
    EXPECT_EQ(log().last_index(), log_index{7});
}

TEST_F(wal_doubtful_replay, what_stood_behind_a_floor_of_another_term_does_not_continue_it) {
    records.hole();
    EXPECT_EQ(put(record_type::settled, 3, 2, 3), replayed::taken);
    EXPECT_EQ(log().last_index(), log_index{3}) << "entry 4 followed an entry 3 of term 1";
}

TEST_F(wal_doubtful_replay, a_floor_in_a_segment_that_is_gone_takes_nothing_that_followed_it_in_its_term) {
    // Entries 5 and 6 have been settled, and their segment released, before the hole says so.
    EXPECT_EQ(table({}, {}, 6), replayed::taken);
    EXPECT_EQ(entry(7, 1), replayed::taken);
    records.hole();
    EXPECT_EQ(put(record_type::settled, 5, 1, 5), replayed::taken);
    EXPECT_EQ(log().last_index(), log_index{7});
    EXPECT_EQ(put(record_type::settled, 6, 2, 6), replayed::taken);
    EXPECT_EQ(log().last_index(), log_index{6}) << "entry 7 followed an entry 6 of term 1";
    EXPECT_FALSE(has_lost());
}

TEST_F(wal_doubtful_replay, what_may_have_followed_a_floor_in_a_segment_that_is_gone_is_lost) {
    EXPECT_EQ(table({}, {}, 6), replayed::taken);
    EXPECT_EQ(entry(7, 2), replayed::taken);
    EXPECT_EQ(entry(8, 2), replayed::taken);
    records.hole();
    EXPECT_EQ(put(record_type::settled, 6, 1, 6), replayed::taken);
    EXPECT_EQ(log().last_index(), log_index{6}) << "entry 7 may have followed another entry 6, of term 2";
    auto const& lost = records.losses().at(group);
    EXPECT_EQ(lost.first, log_index{7});
    EXPECT_EQ(lost.last, log_index{8});
    EXPECT_EQ(lost.hole, 1U);
    ASSERT_EQ(lost.behind.size(), 1U);
    EXPECT_EQ(lost.behind[0].first_index(), log_index{7});
    EXPECT_EQ(lost.behind[0].last_index(), log_index{8});

    EXPECT_EQ(entry(7, 3), replayed::taken);
    EXPECT_FALSE(has_lost());
}

TEST_F(wal_doubtful_replay, what_may_have_followed_a_floor_goes_before_what_was_set_aside) {
    EXPECT_EQ(table({}, {}, 5), replayed::taken);
    EXPECT_EQ(entry(6, 2), replayed::taken);
    records.hole();
    EXPECT_EQ(entry(9, 2), replayed::doubtful);
    EXPECT_EQ(put(record_type::settled, 5, 1, 5), replayed::taken);
    auto const& lost = records.losses().at(group);
    EXPECT_EQ(lost.first, log_index{6});
    EXPECT_EQ(lost.last, log_index{9});
    ASSERT_EQ(lost.behind.size(), 2U);
    EXPECT_EQ(lost.behind[0].first_index(), log_index{6});
    EXPECT_EQ(lost.behind[1].first_index(), log_index{9});
}

TEST_F(wal_doubtful_replay, where_nothing_is_ever_cut_what_goes_on_at_the_offset_followed_a_floor) {
    for (bool const may_cut : {true, false}) {
        doubtful_replay other{may_cut};
        std::vector<std::byte> payload;
        encode(wal::table{.segments = {}, .rows = {{group, {{9}, node_id{1}}, {}, {}, {1}}}}, payload);
        EXPECT_EQ(other.apply({{.type = record_type::table}, 8192, payload}, home), replayed::taken);
        put(other, record_type::entry, 2, 2, 1);
        other.hole();
        EXPECT_EQ(put(other, record_type::settled, 1, 1, 1), replayed::taken);
        EXPECT_EQ(other.groups().at(group)->last_index(), log_index{may_cut ? 1U : 2U});
    }
}

TEST_F(wal_doubtful_replay, a_table_says_what_was_lost_and_what_is_gone) {
    records.hole();
    EXPECT_EQ(table({}, {}, 6), replayed::taken);
    EXPECT_EQ(log().first_unknown(), log_index{5});
    EXPECT_EQ(entry(7, 1), replayed::doubtful);
    EXPECT_EQ(table({{8}, {1}, {8}}, {{8}, {1}, {8}}, 8), replayed::taken);
    EXPECT_FALSE(has_lost());
    EXPECT_EQ(entry(9, 3), replayed::taken);
    EXPECT_EQ(log().first_unknown(), log_index{});
}

TEST_F(wal_doubtful_replay, a_group_that_is_made_again_has_nothing_of_the_one_before) {
    records.hole();
    EXPECT_EQ(put(record_type::group_created, 0, 0), replayed::taken);
    EXPECT_EQ(log().last_index(), log_index{});
    EXPECT_EQ(entry(1, 5), replayed::taken);
}

TEST_F(wal_doubtful_replay, a_group_whose_creation_was_in_a_hole_begins_with_its_first_entry) {
    doubtful_replay other{true};
    EXPECT_EQ(put(other, record_type::entry, 1, 1), replayed::contradictory);
    other.hole();
    EXPECT_EQ(put(other, record_type::entry, 2, 1), replayed::doubtful);
    EXPECT_EQ(put(other, record_type::entry, 1, 1), replayed::taken);
    EXPECT_EQ(other.groups().at(group)->last_index(), log_index{1});
}

TEST_F(wal_doubtful_replay, an_entry_that_was_moved_is_taken_if_it_is_the_one_we_know) {
    records.hole();
    EXPECT_EQ(put(record_type::entry_moved, 2, 1, 1), replayed::taken);
    EXPECT_EQ(put(record_type::entry_moved, 3, 2, 2), replayed::doubtful);
    EXPECT_EQ(log().slot_of({3}).term, log_term{1});
}

TEST_F(wal_doubtful_replay, without_a_hole_an_entry_that_was_moved_is_the_newer_one) {
    // Entry 3 was cut, and written anew in a segment that was released when it had been moved.
    EXPECT_EQ(put(record_type::entry_moved, 3, 2, 2), replayed::taken);
    EXPECT_EQ(log().slot_of({3}).term, log_term{2});
}

}  // namespace chronik::wal
