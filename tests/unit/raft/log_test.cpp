// SPDX-License-Identifier: Apache-2.0
#include "../../paper/paper_fixture.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace {

using namespace chronik;
using namespace chronik::paper;

using log = raft::log<memory_store>;

/// What an outbox does with a log, so that a test can have proofs of durability.
struct disk {
    raft::outbox mail{{}, 10};
    raft::write flush(log& entries) {
        raft::effects out;
        mail.flush(entries, out);
        return std::move(*out.persist);
    }
};

TEST(raft_log, reads_the_stable_part_from_the_store_and_the_rest_from_memory) {
    memory_store const store = memory_store::of({1, 1});
    log entries(store);

    entries.append(item(2, 3, 2));

    EXPECT_EQ(entries.stable_index(), i(2));
    EXPECT_EQ(entries.last_index(), i(3));
    EXPECT_EQ(*entries.term_at(i(2)), t(1));
    EXPECT_EQ(*entries.term_at(i(3)), t(2));
    EXPECT_EQ(entries.entry_at(i(3))->payload.text(), "t2");
    EXPECT_EQ(entries.next_offset(), log_offset{3});
}

TEST(raft_log, entries_are_visited_from_the_store_and_then_from_memory) {
    memory_store store = memory_store::of({1, 1});
    log entries(store);
    entries.append(item(2, 3, 2));
    entries.append(item(2, 4, 3));
    std::vector<log_index> seen;
    auto const all = [&](entry const& each) {
        seen.push_back(each.index);
        return true;
    };

    EXPECT_TRUE(entries.for_each_entry(i(2), i(4), all));
    EXPECT_EQ(seen, (std::vector{i(2), i(3), i(4)}));
    EXPECT_EQ(entries.for_each_entry(i(4), i(5), all).error(), errc::out_of_range);
    EXPECT_EQ(seen.size(), 4U) << "what is there was visited";
    EXPECT_TRUE(entries.for_each_entry(i(4), i(3), all));
    EXPECT_TRUE(entries.for_each_entry(i(1), i(9), [](entry const& each) { return each.index < i(3); }))
        << "who stops does not come to the end";
    store.compact(i(1));
    EXPECT_EQ(entries.for_each_entry(i(1), i(4), all).error(), errc::compacted);
    EXPECT_EQ(seen.size(), 4U);
}

TEST(raft_log, a_visit_ends_before_what_may_not_be_read_and_skips_nothing) {
    memory_store store = memory_store::of({1, 1, 1});
    log entries(store);
    entries.append(item(2, 4, 3));
    std::vector<log_index> seen;
    auto const all = [&](entry const& each) {
        seen.push_back(each.index);
        return true;
    };
    auto const at_hand = [&](log_index at) { return entries.is_at_hand(at); };

    store.away_to = i(2);
    EXPECT_TRUE(entries.for_each_entry(i(2), i(4), at_hand, all));
    EXPECT_TRUE(seen.empty());
    EXPECT_TRUE(entries.for_each_entry(i(3), i(4), at_hand, all));
    EXPECT_EQ(seen, (std::vector{i(3), i(4)}));

    store.away_to = i(9);
    EXPECT_FALSE(entries.is_at_hand(i(3)));
    EXPECT_TRUE(entries.is_at_hand(i(4))) << "the store does not have it yet";
    EXPECT_TRUE(entries.for_each_entry(i(4), i(4), at_hand, all));
    EXPECT_EQ(seen.size(), 3U);
    EXPECT_EQ(entries.for_each_entry(i(4), i(5), at_hand, all).error(), errc::out_of_range);
}

TEST(raft_log, a_visit_beyond_the_end_is_one_also_if_nothing_is_in_memory) {
    memory_store const store = memory_store::of({1, 1});
    log const entries(store);
    std::size_t seen = 0;
    auto const count = [&](entry const&) { return ++seen > 0; };

    EXPECT_EQ(entries.for_each_entry(i(1), i(9), count).error(), errc::out_of_range);
    EXPECT_EQ(entries.for_each_entry(i(3), i(9), count).error(), errc::out_of_range);
    EXPECT_EQ(seen, 2U);
    EXPECT_TRUE(entries.in_memory(i(1), i(9)).empty());
}

TEST(raft_log, a_run_is_appended_as_its_entries_would_be) {
    memory_store const store = memory_store::of({1, 1});
    log entries(store);
    raft::shared_entries const run{item(2, 3, 2), item(3, 4, 3)};

    entries.append(run);

    EXPECT_EQ(entries.last_index(), i(4));
    EXPECT_EQ(entries.last_term(), t(3));
    EXPECT_EQ(entries.next_offset(), log_offset{4});
    EXPECT_EQ(entries.unstable_bytes(), 2 * (2 + raft::entry_overhead_bytes));
    EXPECT_EQ(entries.in_memory(i(1), i(9)).size(), 2U);
    EXPECT_EQ(entries.in_memory(i(4), i(4)).front().payload.text(), "t3");
    EXPECT_TRUE(entries.in_memory(i(1), i(2)).empty());
}

TEST(raft_log, a_run_with_a_gap_is_our_mistake) {
    memory_store const store = memory_store::of({1, 1});
    log entries(store);
    raft::shared_entries const run{item(2, 3, 2), item(2, 5, 3)};

    EXPECT_DEATH(entries.append(run), "item.index == last_ . 1");
}

TEST(raft_log, tells_compacted_from_absent) {
    memory_store store = memory_store::of({1, 2, 3, 3});
    store.compact(i(2));
    log const entries(store);

    EXPECT_EQ(entries.term_at(i(1)).error(), errc::compacted);
    EXPECT_EQ(*entries.term_at(i(2)), t(2)) << "the base keeps its term, for the check of the first entry after it";
    EXPECT_EQ(entries.entry_at(i(2)).error(), errc::compacted);
    EXPECT_EQ(entries.term_at(i(5)).error(), errc::out_of_range);
    EXPECT_EQ(entries.commit_index(), i(2));
    EXPECT_EQ(*entries.offset_after(i(2)), log_offset{2});
    EXPECT_EQ(*entries.offset_after(i(4)), log_offset{4});
}

TEST(raft_log, log_whose_entries_are_all_compacted_goes_on_from_its_base) {
    memory_store store = memory_store::of({1, 2});
    store.compact(i(2));
    log entries(store);

    EXPECT_EQ(entries.last_index(), i(2));
    EXPECT_EQ(entries.last_term(), t(2));
    entries.append(item(3, 3, 2));
    EXPECT_EQ(entries.last_index(), i(3));
}

TEST(raft_log, search_by_term_finds_the_last_entry_not_above) {
    memory_store store = memory_store::of({1, 1, 1, 4, 4, 6});
    log const entries(store);
    using place = std::pair<log_index, log_term>;

    EXPECT_EQ(*entries.last_not_above(i(6), t(5)), (place{i(5), t(4)}));
    EXPECT_EQ(*entries.last_not_above(i(99), t(9)), (place{i(6), t(6)}));
    EXPECT_EQ(*entries.last_not_above(i(6), t(3)), (place{i(3), t(1)}));
    EXPECT_EQ(*entries.last_not_above(i(2), t(9)), (place{i(2), t(1)}));
    EXPECT_EQ(*entries.last_not_above(i(6), t(0)), (place{i(0), t(0)}));
    store.compact(i(4));
    EXPECT_EQ(*entries.last_not_above(i(6), t(1)), (place{i(4), t(4)})) << "the base is the end of the search";
}

TEST(raft_log, completed_write_moves_entries_out_of_memory) {
    memory_store store;
    log entries(store);
    disk d;
    entries.append(item(1, 1, 0));
    raft::write first = d.flush(entries);
    entries.append(item(1, 2, 1));
    raft::write second = d.flush(entries);
    EXPECT_EQ(second.entries.size(), 1U);
    EXPECT_EQ(entries.unstable_bytes(), 2 * (2 + raft::entry_overhead_bytes));

    store.apply(first);
    entries.completed(std::move(first).completed());
    EXPECT_EQ(entries.stable_index(), i(1));
    store.apply(second);
    entries.completed(std::move(second).completed());
    EXPECT_EQ(entries.stable_index(), i(2));
    EXPECT_EQ(entries.unstable_bytes(), 0U);
}

TEST(raft_log, later_completion_covers_earlier_writes) {
    memory_store store;
    log entries(store);
    disk d;
    entries.append(item(1, 1, 0));
    raft::write first = d.flush(entries);
    entries.append(item(1, 2, 1));
    raft::write second = d.flush(entries);
    store.apply(first), store.apply(second);

    entries.completed(std::move(second).completed());
    EXPECT_EQ(entries.stable_index(), i(2));
    entries.completed(std::move(first).completed());
    EXPECT_EQ(entries.stable_index(), i(2)) << "late news take nothing back";
}

TEST(raft_log, truncation_takes_offsets_with_it) {
    memory_store const store = memory_store::of({1, 1, 1});
    log entries(store);
    entries.append(item(1, 4, 3));

    entries.truncate_from(i(3));

    EXPECT_EQ(entries.last_index(), i(2));
    EXPECT_EQ(entries.stable_index(), i(2));
    EXPECT_EQ(entries.next_offset(), log_offset{2});
    EXPECT_EQ(entries.unstable_bytes(), 0U);
    EXPECT_EQ(entries.term_at(i(3)).error(), errc::out_of_range) << "though the store still has it";
}

TEST(raft_log, committed_entries_are_never_truncated) {
    memory_store const store = memory_store::of({1, 1, 1});
    log entries(store);
    EXPECT_TRUE(entries.commit_to(i(2)));
    EXPECT_FALSE(entries.commit_to(i(1)));

    EXPECT_DEATH(entries.truncate_from(i(2)), "first > commit_");
}

}  // namespace
