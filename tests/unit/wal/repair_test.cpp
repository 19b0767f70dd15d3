// SPDX-License-Identifier: Apache-2.0
#include "journal_at_rest_fixture.hpp"

#include <chronik/wal/repair.hpp>
#include <chronik/wal/repair_list.hpp>
#include <chronik/wal/verify.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace chronik::wal {
namespace {

using tests::at_rest_disk;
using tests::disk_journal;
using tests::payload_of;
using testing::disk_directory;

constexpr doubt_token token{5};

result<repair_outcome> mend(testing::disk& disk, doubt_token as = token) {
    auto files = disk.directory();
    findings found;
    auto const at_rest = journal_at_rest<disk_directory>::read(files, true, found);
    if (!at_rest) return std::unexpected(at_rest.error());
    return repair(*at_rest, tests::small_limits(), 7, as, found);
}

result<disk_journal> open(disk_directory& files, std::uint64_t seed = 8) {
    return disk_journal::open(files, tests::small_limits(), seed);
}

bool has(testing::disk& disk, std::string const& name) {
    auto files = disk.directory();
    auto const names = files.list();
    return std::ranges::find(*names, name) != names->end();
}

segment_files<disk_directory>::segment_ptr segment_of(disk_directory& files, std::string const& name) {
    bool copies_agree = true;
    recovery_report report;
    return *detail::open_segment(files, name, access::read, copies_agree, report);
}

/// A bit of one entry's payload turns.
void damage(at_rest_disk& of, group_id group, log_index at) {
    auto const place = of.place_of(group, at);
    (*of.disk.bytes(place.first))[place.second + record_header_bytes + 9] ^= std::byte{8};
}

struct two_groups : at_rest_disk {
    two_groups() {
        for (std::size_t round = 0; round < 10; ++round) {
            append({1}, 1, 500);
            append({2}, 1, 500);
        }
        close();
    }
};

}  // namespace

TEST(wal_repair, what_is_sound_takes_the_place_of_a_damaged_journal_and_all_of_it_is_in_doubt) {
    two_groups of;
    damage(of, {1}, {4});
    auto files = of.disk.directory();
    ASSERT_EQ(open(files).error(), errc::corrupt_record);

    auto const done = mend(of.disk);
    of.disk.crash(testing::crash_outcome::lost);

    ASSERT_TRUE(done);
    EXPECT_EQ(done->aside.front(), "damaged-5." + segment_name(1));
    for (auto const& name : done->aside) EXPECT_TRUE(has(of.disk, name)) << "nothing is cut away";
    auto files_again = of.disk.directory();
    auto const again = open(files_again);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->find({1})->last_index(), log_index{3});
    EXPECT_EQ(again->find({2})->last_index(), log_index{10});
    for (group_id const group : {group_id{1}, group_id{2}}) EXPECT_EQ(again->find(group)->doubt(), token);
    EXPECT_EQ(again->doubt_of_newcomers(), token);
    EXPECT_EQ(again->find({2})->read({10})->payload, payload_of({2}, {10}, {1}, 500));
}

TEST(wal_repair, a_start_that_has_to_cut_its_end_finds_every_group_in_doubt_and_no_entry_of_an_unknown_term) {
    two_groups of;
    damage(of, {1}, {4});
    ASSERT_TRUE(mend(of.disk));
    auto files = of.disk.directory();
    auto const names = files.list();
    std::string made;
    for (auto const& name : *names) {
        if (is_segment_name(name) && is_started(*segment_of(files, name))) made = name;
    }
    auto const whole = segment_of(files, made);
    std::vector<std::uint32_t> places;
    scan(whole->bytes(), whole->header, [&](record_view const& each) { places.push_back(each.position); });
    ASSERT_GT(places.size(), 15U);
    std::size_t opened = 0;
    for (auto const place : places) {
        auto cut = of.disk.copy(place);
        auto& bytes = *cut.bytes(made);
        std::fill(bytes.begin() + place, bytes.end(), std::byte{0});
        auto left = cut.directory();
        auto const journal = open(left);
        ASSERT_TRUE(journal) << place;
        for (auto const id : journal->groups()) {
            auto const& log = *journal->find(id);
            EXPECT_EQ(log.doubt(), token) << place;
            EXPECT_GE(log.hard_state().term, log.last_term()) << place;
            ++opened;
        }
    }
    EXPECT_GT(opened, 15U);
}

TEST(wal_repair, a_doubt_lasts_over_restarts_and_new_segments_until_it_is_ended) {
    two_groups of;
    damage(of, {1}, {4});
    ASSERT_TRUE(mend(of.disk));
    auto files = of.disk.directory();
    {
        auto journal = open(files);
        journal->create_group({3});
        EXPECT_EQ(journal->find({3})->doubt(), token) << "it may have been here before";
        for (std::uint64_t at = 11; at <= 300; ++at) {
            entry const one{.term = {1}, .index = {at}, .kind = entry_kind::command, .base_offset = {2 * (at - 1)},
                            .record_count = 2, .payload = payload_of({2}, {at}, {1}, 500)};
            ASSERT_TRUE(journal->stage({2}, std::optional<hard_state>{}, std::span{&one, 1}));
            ASSERT_TRUE(journal->flush());
            ASSERT_TRUE(journal->prepare());
        }
        ASSERT_GT(journal->metrics().segments_kept, 1U);
    }
    {
        auto journal = open(files, 9);
        for (group_id const group : {group_id{1}, group_id{2}, group_id{3}})
            EXPECT_EQ(journal->find(group)->doubt(), token);
        journal->end_doubt({2});
        ASSERT_TRUE(journal->stage({2}, std::optional<hard_state>{}, {}));
        journal->trust_newcomers();
        journal->create_group({4});
        ASSERT_TRUE(journal->flush());
    }
    auto const journal = open(files, 10);
    EXPECT_EQ(journal->find({1})->doubt(), token);
    EXPECT_EQ(journal->find({2})->doubt(), no_doubt);
    EXPECT_EQ(journal->find({4})->doubt(), no_doubt);
    EXPECT_EQ(journal->doubt_of_newcomers(), no_doubt);
}

TEST(wal_repair, another_damage_is_another_doubt_of_all_groups) {
    two_groups of;
    damage(of, {1}, {4});
    ASSERT_TRUE(mend(of.disk));
    auto files = of.disk.directory();
    std::pair<std::string, std::size_t> place;
    {
        auto journal = open(files);
        journal->end_doubt({2});
        ASSERT_TRUE(journal->stage({2}, std::optional<hard_state>{}, {}));
        ASSERT_TRUE(journal->flush());
        auto const& slot = journal->find({2})->slot_of({3});
        place = {slot.home->name, slot.position};
    }
    (*of.disk.bytes(place.first))[place.second + record_header_bytes + 9] ^= std::byte{8};

    ASSERT_TRUE(mend(of.disk, doubt_token{6}));

    auto const journal = open(files, 9);
    EXPECT_EQ(journal->find({1})->doubt(), doubt_token{6});
    EXPECT_EQ(journal->find({2})->doubt(), doubt_token{6});
    EXPECT_EQ(journal->find({2})->last_index(), log_index{2});
    EXPECT_TRUE(has(of.disk, "damaged-5." + segment_name(1)));
    EXPECT_TRUE(has(of.disk, "damaged-6." + segment_name(1)));
}

TEST(wal_repair, settled_files_stay_where_they_are) {
    at_rest_disk of;
    of.settle_many();
    auto const& log = *of.journal.find({1});
    ASSERT_GT(log.floor().index, log_index{});
    damage(of, {1}, log.last_index());
    std::vector<std::pair<std::string, std::vector<std::byte>>> before;
    for (std::uint64_t id = 1; id <= 3; ++id)
        for (auto const& run : of.journal.find({id})->settled())
            for (auto const& name : {run->name().rows(), run->name().data()})
                before.emplace_back(name, *of.disk.bytes(name));

    auto const done = mend(of.disk);

    ASSERT_TRUE(done);
    for (auto const& [name, bytes] : before) {
        ASSERT_TRUE(has(of.disk, name)) << name;
        EXPECT_EQ(*of.disk.bytes(name), bytes);
    }
    auto files = of.disk.directory();
    auto const journal = open(files);
    ASSERT_TRUE(journal);
    for (std::uint64_t id = 1; id <= 3; ++id) {
        auto const& was = *of.journal.find({id});
        auto const& is = *journal->find({id});
        EXPECT_EQ(is.floor(), was.floor());
        EXPECT_EQ(is.last_index(), id == 1 ? was.last_index() - 1 : was.last_index());
        for (auto at = is.first_index(); at <= is.last_index(); ++at) {
            auto const read = is.read(at);
            ASSERT_TRUE(read);
            EXPECT_EQ(read->payload, payload_of({id}, at, {1}, 900 + 50 * id));
        }
    }
    findings found;
    auto const at_rest = journal_at_rest<disk_directory>::read(files, true, found);
    ASSERT_TRUE(verify(*at_rest, found));
    EXPECT_EQ(found.faults(), 0U);
}

TEST(wal_repair, settled_files_that_a_start_refuses_are_set_aside_and_what_is_sound_of_them_is_copied) {
    at_rest_disk of;
    auto const name = of.settle_many();
    (*of.disk.bytes(name.rows()))[settled_header_bytes + 3 * settled_row_bytes + 5] ^= std::byte{1};
    auto files = of.disk.directory();
    ASSERT_FALSE(open(files));

    ASSERT_TRUE(mend(of.disk));

    EXPECT_TRUE(has(of.disk, "damaged-5." + name.rows()));
    EXPECT_TRUE(has(of.disk, "damaged-5." + name.data()));
    auto const journal = open(files);
    ASSERT_TRUE(journal);
    EXPECT_EQ(journal->find({2})->last_index(), name.first + 2);
    EXPECT_EQ(journal->find({3})->last_index(), of.journal.find({3})->last_index());
}

TEST(wal_repair, a_full_device_leaves_the_journal_as_it_was) {
    two_groups of;
    damage(of, {1}, {4});
    auto files = of.disk.directory();
    auto const before = *files.list();
    of.disk.limit_bytes(of.disk.bytes_used() + 40'000);

    auto const done = mend(of.disk);

    ASSERT_FALSE(done);
    EXPECT_EQ(*files.list(), before);
    EXPECT_EQ(open(files).error(), errc::corrupt_record) << "as before";
}

TEST(wal_repair, of_files_that_belong_to_nobody_nothing_is_made) {
    two_groups of;
    auto& bytes = *of.disk.bytes(segment_name(1));
    for (std::size_t at : {std::size_t{20}, header_copy_stride + 20}) bytes[at] ^= std::byte{1};
    for (std::uint64_t number = 2; number < 5; ++number) {
        if (!has(of.disk, segment_name(number))) continue;
        auto& spare = *of.disk.bytes(segment_name(number));
        for (std::size_t at : {std::size_t{20}, header_copy_stride + 20}) spare[at] ^= std::byte{1};
    }

    EXPECT_EQ(mend(of.disk).error(), errc::corrupt_record);
}

TEST(wal_repair, a_list_of_what_is_set_aside_is_read_as_it_was_written) {
    repair_list const list{doubt_token{9}, {"segment-00000001.journal", "settled-1-2.rows"}};
    auto bytes = encode(list);
    EXPECT_EQ(decode_repair_list(bytes), list);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        bytes[at] ^= std::byte{4};
        EXPECT_EQ(decode_repair_list(bytes).error(), errc::corrupt_record) << at;
        bytes[at] ^= std::byte{4};
        EXPECT_FALSE(decode_repair_list(std::span{bytes}.first(at)));
    }
}

}  // namespace chronik::wal
