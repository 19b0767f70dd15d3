// SPDX-License-Identifier: Apache-2.0
#include "journal_at_rest_fixture.hpp"

#include <chronik/wal/entries_at_rest.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace chronik::wal {
namespace {

using tests::at_rest_disk;
using stored_journal = journal_at_rest<testing::disk_directory>;

/// A directory at rest that was read, and what came out of it.
struct wal_entries_at_rest : ::testing::Test {
    at_rest_disk of;
    findings found;

    stored_journal read() { return *stored_journal::read(of.files, true, found); }
    static entries_at_rest<testing::disk_directory> entries(stored_journal const& journal, std::uint64_t id) {
        return {journal, *journal.groups().at({id})};
    }
    /// The indexes of the group's entries, each of which is as it was written.
    std::vector<std::uint64_t> indexes(stored_journal const& journal, std::uint64_t id) {
        std::vector<std::uint64_t> seen;
        entries(journal, id).for_each(found, [&](entry const& each) {
            auto const written = tests::payload_of({id}, each.index, each.term, each.payload.size());
            EXPECT_TRUE(std::ranges::equal(each.payload.view(), written.view())) << "entry " << each.index.value;
            seen.push_back(each.index.value);
        });
        return seen;
    }
    static std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t last) {
        std::vector<std::uint64_t> made;
        for (auto each = first; each <= last; ++each) made.push_back(each);
        return made;
    }
    static std::vector<std::uint64_t> without(std::vector<std::uint64_t> all, log_index first, log_index last) {
        std::erase_if(all, [=](std::uint64_t each) { return each >= first.value && each <= last.value; });
        return all;
    }
    settled_segment const& run_of(settled_name const& name) {
        auto const runs = of.journal.find(name.group)->settled();
        return **std::ranges::find_if(runs, [&](auto const& each) { return each->name() == name; });
    }
};

}  // namespace

TEST_F(wal_entries_at_rest, come_from_settled_files_and_the_journal_in_one_order) {
    of.settle_many();
    auto const before = of.disk.operations();

    auto const journal = read();

    for (std::uint64_t id = 1; id <= 3; ++id) {
        EXPECT_EQ(indexes(journal, id), numbers(1, 40));
        EXPECT_EQ(entries(journal, id).end().index, log_index{40});
        EXPECT_EQ(entries(journal, id).end().next_offset, of.journal.find({id})->next_offset());
    }
    EXPECT_EQ(found.count(), 0U);
    EXPECT_EQ(of.disk.operations(), before) << "nothing is changed";
}

TEST_F(wal_entries_at_rest, of_an_empty_log_are_none_and_end_at_its_base) {
    of.journal.create_group({1});
    ASSERT_TRUE(of.journal.replace_log({1}, {7}, {2}, {30}));
    of.flush();

    auto const journal = read();

    EXPECT_EQ(indexes(journal, 1), numbers(1, 0));
    EXPECT_EQ(entries(journal, 1).first_index(), log_index{8});
    EXPECT_EQ(entries(journal, 1).end(), (log_base{{7}, {2}, {30}}));
}

TEST_F(wal_entries_at_rest, a_settled_payload_that_has_changed_is_left_out_and_named) {
    auto const name = of.settle_many();
    auto const rotten = run_of(name).first_index() + 1;
    auto const row = *run_of(name).row(rotten);
    (*of.disk.bytes(name.data()))[row.position] ^= std::byte{1};

    auto const journal = read();

    EXPECT_EQ(found.count(), 0U) << "a start does not look at it either";
    EXPECT_EQ(indexes(journal, 2), without(numbers(1, 40), rotten, rotten));
    ASSERT_EQ(found.count(), 1U);
    auto const& damage = found.kept().front();
    EXPECT_EQ(damage.file, name.data());
    EXPECT_EQ(damage.position, row.position);
    EXPECT_EQ(damage.index, rotten);
}

TEST_F(wal_entries_at_rest, settled_files_that_recovery_refuses_take_nothing_from_others) {
    auto const name = of.settle_many();
    auto const first = run_of(name).first_index();
    auto const last = run_of(name).last_index();
    ASSERT_TRUE(of.files.remove(name.data()));

    auto const journal = read();

    ASSERT_TRUE(journal.unsettled().contains({2}));
    EXPECT_EQ(indexes(journal, 1), numbers(1, 40));
    EXPECT_EQ(indexes(journal, 2), without(numbers(1, 40), first, last));
    EXPECT_EQ(entries(journal, 2).end().index, log_index{40});
}

TEST_F(wal_entries_at_rest, go_on_behind_a_segment_that_is_missing) {
    of.append({1}, 40, 6000);
    of.close();
    auto const& log = *of.journal.find({1});
    log_index first{40};
    log_index last{1};
    for (log_index at{1}; at <= log_index{40}; ++at) {
        if (log.slot_of(at).home->name != segment_name(2)) continue;
        first = std::min(first, at);
        last = std::max(last, at);
    }
    ASSERT_TRUE(of.files.remove(segment_name(2)));

    auto const journal = read();

    EXPECT_EQ(journal.whole_to(*journal.groups().at({1})), first - 1);
    EXPECT_EQ(indexes(journal, 1), without(numbers(1, 40), first, last));
    EXPECT_EQ(entries(journal, 1).end().index, log_index{40});
    EXPECT_EQ(entries(journal, 1).end().next_offset, log.next_offset());
}

TEST_F(wal_entries_at_rest, one_that_has_changed_since_the_journal_was_read_is_left_out_and_named) {
    of.append({1}, 5, 60);
    of.close();

    auto const journal = read();
    auto const [file, position] = of.place_of({1}, {3});
    (*of.disk.bytes(file))[position + record_header_bytes] ^= std::byte{1};

    EXPECT_EQ(indexes(journal, 1), without(numbers(1, 5), {3}, {3}));
    ASSERT_EQ(found.count(), 1U);
    EXPECT_EQ(found.kept().front().file, file);
    EXPECT_EQ(found.kept().front().position, position);
    EXPECT_EQ(found.kept().front().index, log_index{3});
}

}  // namespace chronik::wal
