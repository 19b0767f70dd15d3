// SPDX-License-Identifier: Apache-2.0
#include "journal_at_rest_fixture.hpp"

#include <chronik/wal/salvage.hpp>
#include <chronik/wal/verify.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace chronik::wal {
namespace {

using tests::at_rest_disk;
using tests::disk_journal;
using tests::payload_of;

struct rescued {
    testing::disk disk{77};
    findings found;
    salvage_outcome outcome;

    salvaged_group const& of(group_id group) const {
        auto const one = std::ranges::find(outcome.groups, group, &salvaged_group::group);
        static salvaged_group const none{};
        EXPECT_NE(one, outcome.groups.end());
        return one == outcome.groups.end() ? none : *one;
    }
};

rescued rescue(testing::disk& from, bool may_cut = true) {
    rescued made;
    auto source = from.directory();
    auto const before = from.operations();
    auto const journal = journal_at_rest<testing::disk_directory>::read(source, may_cut, made.found);
    auto target = made.disk.directory();
    auto const done = salvage(*journal, target, tests::small_limits(), 7, made.found);
    EXPECT_TRUE(done) << done.error().message();
    if (done) made.outcome = *done;
    EXPECT_EQ(from.operations(), before) << "the source is not changed";
    // What was not synced is lost; what is left is what was promised.
    made.disk.crash(testing::crash_outcome::lost);
    return made;
}

/// Every log in the salvaged journal is the beginning of one that its group once had, with the payloads it had.
void expect_true_to(at_rest_disk const& of, rescued& made, std::string const& where) {
    auto files = made.disk.directory();
    recovery_report report;
    auto const opened = disk_journal::open(files, tests::small_limits(), 8, &report);
    ASSERT_TRUE(opened) << where << ": " << report.what;
    for (auto const id : opened->groups()) {
        auto const& log = *opened->find(id);
        at_rest_disk::state seen;
        for (auto at = log.first_index(); at <= log.last_index(); ++at) {
            auto const each = log.read(at);
            ASSERT_TRUE(each) << where;
            seen.emplace_back(at, each->term);
            ASSERT_EQ(each->payload, payload_of(id, at, each->term, each->payload.size())) << where;
        }
        auto const& states = of.states.at(id.value);
        bool const is_true = std::ranges::any_of(states, [&](auto const& state) {
            return seen.size() <= state.size() && std::equal(seen.begin(), seen.end(), state.begin());
        });
        ASSERT_TRUE(is_true) << where << ": group " << id.value << " has a log that it never had";
        ASSERT_GE(log.hard_state().term, log.last_term()) << where;
        ASSERT_EQ(log.last_index(), made.of(id).last) << where;
    }
}

}  // namespace

TEST(wal_salvage, a_sound_journal_is_copied_whole) {
    at_rest_disk of;
    of.settle_many();

    auto made = rescue(of.disk);

    EXPECT_EQ(made.found.faults(), 0U);
    for (std::uint64_t id = 1; id <= 3; ++id) {
        EXPECT_TRUE(made.of({id}).is_whole());
        EXPECT_EQ(made.of({id}).last, of.journal.find({id})->last_index());
        EXPECT_EQ(made.of({id}).next_offset, of.journal.find({id})->next_offset());
    }
    expect_true_to(of, made, "sound");
    auto files = made.disk.directory();
    auto const opened = disk_journal::open(files, tests::small_limits(), 8);
    EXPECT_EQ(opened->find({2})->hard_state(), (hard_state{{1}, node_id{1}}));
}

TEST(wal_salvage, every_flipped_bit_leaves_logs_that_their_groups_once_had) {
    at_rest_disk of;
    of.append({1}, 3, 40);
    of.append({3}, 2, 7);
    of.stage({1}, 20, true);
    of.flush();
    of.append({1}, 1, 30);
    of.append({3}, 2, 16);
    of.close();
    auto const file = segment_name(1);
    std::size_t const end = of.end_of_records(file);
    for (std::size_t bit = segment_header_area_bytes * 8; bit < end * 8; ++bit) {
        auto damaged = of.disk.copy(bit);
        (*damaged.bytes(file))[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        auto made = rescue(damaged);
        expect_true_to(of, made, "bit " + std::to_string(bit));
        if (HasFatalFailure()) return;
    }
}

TEST(wal_salvage, damage_to_one_groups_entry_costs_no_other_group_anything) {
    at_rest_disk of;
    for (std::size_t round = 0; round < 10; ++round) {
        of.append({1}, 1, 500);
        of.append({2}, 1, 500);
    }
    of.close();
    auto const place = of.place_of({1}, {4});
    (*of.disk.bytes(place.first))[place.second + record_header_bytes + 9] ^= std::byte{8};

    auto made = rescue(of.disk);

    EXPECT_EQ(made.of({1}).last, log_index{3});
    EXPECT_EQ(made.of({1}).lost_to, log_index{10});
    ASSERT_TRUE(made.of({1}).at);
    EXPECT_EQ(made.of({1}).at->file, place.first);
    EXPECT_EQ(made.of({1}).at->position, place.second);
    EXPECT_EQ(made.of({1}).at->index, log_index{4});
    EXPECT_EQ(made.of({2}).last, log_index{10});
    EXPECT_TRUE(made.of({2}).is_whole());
    expect_true_to(of, made, "one entry");
}

TEST(wal_salvage, the_last_entry_of_a_group_is_said_to_be_lost_when_its_header_is_still_readable) {
    at_rest_disk of;
    of.append({1}, 2, 100);
    of.append({2}, 2, 100);
    of.close();
    auto const place = of.place_of({1}, {2});
    (*of.disk.bytes(place.first))[place.second + record_header_bytes] ^= std::byte{1};

    auto const made = rescue(of.disk);

    EXPECT_EQ(made.of({1}).last, log_index{1});
    EXPECT_EQ(made.of({1}).lost_to, log_index{2});
    EXPECT_EQ(made.of({1}).at->position, place.second);
}

TEST(wal_salvage, behind_a_hole_a_new_term_continues_a_log_only_where_nothing_is_ever_cut) {
    at_rest_disk of;
    of.append({2}, 2, 100);
    of.append({1}, 2, 100);
    of.terms[2] = {2};
    of.append({2}, 2, 100);
    of.close();
    auto const hole = of.place_of({1}, {1});
    (*of.disk.bytes(hole.first))[hole.second + record_header_bytes] ^= std::byte{1};

    // The hole may have had another entry 2, of term 2, in the place of ours.
    auto const careful = rescue(of.disk, true);
    EXPECT_EQ(careful.of({2}).last, log_index{2});
    EXPECT_EQ(careful.of({2}).lost_to, log_index{4});
    EXPECT_TRUE(rescue(of.disk, false).of({2}).is_whole());
}

TEST(wal_salvage, every_flipped_byte_of_settled_files_leaves_a_prefix) {
    at_rest_disk of;
    of.settle_many();
    std::size_t cut = 0;
    auto const names = *of.files.list();
    for (auto const& name : names) {
        auto const parsed = parse_settled_name(name);
        if (!parsed) continue;
        for (std::size_t at = 3; at < of.promised_bytes(*parsed, name.ends_with(".data")); at += 501) {
            auto damaged = of.disk.copy(at);
            (*damaged.bytes(name))[at] ^= std::byte{0x10};
            auto made = rescue(damaged);
            expect_true_to(of, made, name + " byte " + std::to_string(at));
            if (HasFatalFailure()) return;
            auto const& group = made.of(parsed->group);
            cut += group.is_whole() ? 0U : 1U;
            ASSERT_GE(group.last, parsed->first - 1) << name << " byte " << at;
            ASSERT_EQ(group.lost_to, of.journal.find(parsed->group)->last_index());
            for (std::uint64_t id = 1; id <= 3; ++id)
                ASSERT_TRUE(id == parsed->group.value || made.of({id}).is_whole());
        }
    }
    EXPECT_GT(cut, 50U);
}

TEST(wal_salvage, a_segment_that_is_gone_costs_what_was_in_it_and_after) {
    at_rest_disk of;
    for (std::size_t round = 0; round < 20; ++round) {
        of.append({1}, 1, 3000);
        of.append({2}, 1, 3000);
    }
    of.close();
    ASSERT_TRUE(of.files.remove(segment_name(2)));

    auto made = rescue(of.disk);

    EXPECT_GT(made.of({1}).last, log_index{5});
    EXPECT_LT(made.of({1}).last, log_index{20});
    EXPECT_EQ(made.of({1}).lost_to, log_index{20});
    expect_true_to(of, made, "segment");
}

TEST(wal_salvage, a_target_that_is_not_empty_or_is_full_is_an_error) {
    at_rest_disk of;
    of.append({1}, 3, 1000);
    of.close();
    findings found;
    auto const journal = journal_at_rest<testing::disk_directory>::read(of.files, true, found);
    testing::disk full{1};
    full.limit_bytes(10'000);
    auto target = full.directory();
    EXPECT_FALSE(salvage(*journal, target, tests::small_limits(), 7, found));

    testing::disk used{1};
    auto there = used.directory();
    ASSERT_TRUE(there.create("letter.txt"));
    EXPECT_EQ(salvage(*journal, there, tests::small_limits(), 7, found).error(), errc::compacted);
}

}  // namespace chronik::wal
