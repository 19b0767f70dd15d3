// SPDX-License-Identifier: Apache-2.0
#include "journal_at_rest_fixture.hpp"

#include <chronik/wal/at_rest.hpp>
#include <chronik/wal/finding.hpp>
#include <chronik/wal/scan_past_damage.hpp>
#include <chronik/wal/settled_chain.hpp>
#include <chronik/wal/verify.hpp>
#include <chronik/wal/walk_settled.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace chronik::wal {
namespace {

using tests::at_rest_disk;
using tests::disk_journal;

struct verified {
    verification seen;
    findings found;

    std::string text() const {
        std::string all;
        for (auto const& each : found.kept())
            all += std::string{name_of(each.kind)} + " " + each.file + " at " + std::to_string(each.position) + ": " +
                   each.what + "\n";
        return all;
    }
    finding const& first() const { return found.kept().front(); }
};

verified verify_all(testing::disk& disk, bool may_cut = true) {
    verified done;
    auto files = disk.directory();
    auto const before = disk.operations();
    auto const journal = journal_at_rest<testing::disk_directory>::read(files, may_cut, done.found);
    done.seen = *verify(*journal, done.found);
    EXPECT_EQ(disk.operations(), before) << "a verification changes nothing";
    return done;
}

bool recovers(testing::disk& damaged) {
    auto files = damaged.directory();
    return disk_journal::open(files, tests::small_limits(), 99).has_value();
}

}  // namespace

TEST(wal_verify, a_closed_journal_is_sound) {
    at_rest_disk of;
    of.append({1}, 3, 40);
    of.close();

    auto const done = verify_all(of.disk);

    EXPECT_EQ(done.found.count(), 0U) << done.text();
    EXPECT_EQ(done.seen.groups, 1U);
    EXPECT_GE(done.seen.records, 3U);
}

TEST(wal_verify, every_flipped_bit_that_recovery_refuses_is_a_fault_and_so_is_every_other_in_what_it_reads) {
    at_rest_disk of;
    of.append({1}, 3, 40);
    of.append({2}, 2, 7);
    of.close();
    auto const file = segment_name(1);
    std::size_t const end = of.end_of_records(file);
    std::size_t refused = 0;
    for (std::size_t bit = 0; bit < (end + 512) * 8; ++bit) {
        if (bit == header_copy_bytes * 8) bit = header_copy_stride * 8;
        if (bit == (header_copy_stride + header_copy_bytes) * 8) bit = segment_header_area_bytes * 8;
        auto damaged = of.disk.copy(bit);
        (*damaged.bytes(file))[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));

        auto const done = verify_all(damaged);

        bool const opens = recovers(damaged);
        refused += opens ? 0U : 1U;
        ASSERT_EQ(done.found.refused() > 0, !opens) << "bit " << bit << "\n" << done.text();
        bool const is_last_mark = bit / 8 >= end - record_header_bytes;
        ASSERT_TRUE(is_last_mark || done.found.faults() > 0) << "bit " << bit;
        if (bit / 8 < segment_header_area_bytes || is_last_mark) continue;
        ASSERT_EQ(done.first().kind, finding_kind::corrupt);
        ASSERT_EQ(done.first().file, file);
        ASSERT_LE(done.first().position, bit / 8);
        ASSERT_GT(done.first().position + done.first().bytes, bit / 8) << "the finding covers the bit";
    }
    EXPECT_EQ(refused, (end - record_header_bytes - segment_header_area_bytes) * 8);
}

TEST(wal_verify, every_flipped_byte_of_settled_entries_is_a_fault_with_its_group_and_place) {
    at_rest_disk of;
    of.settle_many();
    std::size_t flipped = 0;
    auto const names = *of.files.list();
    for (auto const& name : names) {
        auto const parsed = parse_settled_name(name);
        if (!parsed) continue;
        bool const is_data = name.ends_with(".data");
        std::size_t const used = of.promised_bytes(*parsed, is_data);
        for (std::size_t at = 0; at < used; at += at < 96 || at % 977 == 0 ? 1 : 61) {
            if (!is_data && at < settled_header_bytes && at >= 96 && at % 7 != 0) continue;
            auto damaged = of.disk.copy(at);
            (*damaged.bytes(name))[at] ^= std::byte{0x10};

            auto const done = verify_all(damaged);

            ASSERT_GT(done.found.refused(), 0U) << name << " byte " << at;
            auto const places = done.found.kept();
            auto const named = std::ranges::find_if(places, [&](finding const& each) {
                return each.file == name && each.group == parsed->group && each.position <= at;
            });
            ASSERT_NE(named, places.end()) << name << " byte " << at << "\n" << done.text();
            ++flipped;
        }
    }
    EXPECT_GT(flipped, 500U);
}

TEST(wal_verify, a_settled_file_that_is_missing_is_named_with_its_group) {
    at_rest_disk of;
    auto const run = of.settle_many();
    ASSERT_TRUE(of.files.remove(run.data()));

    auto const done = verify_all(of.disk);

    ASSERT_GT(done.found.refused(), 0U);
    EXPECT_TRUE(std::ranges::any_of(done.found.kept(), [&](finding const& each) {
        return each.kind == finding_kind::missing && each.file == run.data() && each.group == run.group;
    })) << done.text();
}

TEST(wal_verify, a_missing_segment_is_named_by_its_sequence) {
    at_rest_disk of;
    of.append({1}, 40, 6000);
    of.close();
    ASSERT_TRUE(of.files.remove(segment_name(2)));

    auto const done = verify_all(of.disk);

    ASSERT_GT(done.found.refused(), 0U);
    EXPECT_EQ(done.first().kind, finding_kind::missing);
    EXPECT_NE(done.first().what.find("segment with sequence 2"), std::string::npos) << done.text();
    EXPECT_FALSE(recovers(of.disk));
}

TEST(wal_verify, a_torn_tail_and_what_a_crash_has_left_are_no_faults) {
    at_rest_disk of;
    of.append({1}, 2, 100);
    of.stage({1}, 3000);
    auto job = of.journal.begin_flush();
    of.disk.power_off_after(1);
    job->run();
    of.disk.crash(testing::crash_outcome::kept);
    auto files = of.disk.directory();
    (*files.create("segment-00000077.journal.new")).allocate(100).value();
    (*files.create("settled-0000000009-00000000000000000001.rows")).allocate(100).value();

    auto const done = verify_all(of.disk);

    EXPECT_EQ(done.found.faults(), 0U) << done.text();
    EXPECT_GE(done.found.count(), 2U) << done.text();
    EXPECT_TRUE(recovers(of.disk));
}

TEST(wal_verify, one_damaged_header_copy_is_a_fault_that_recovery_mends) {
    at_rest_disk of;
    of.append({1}, 1, 10);
    of.close();
    (*of.disk.bytes(segment_name(1)))[20] ^= std::byte{1};

    auto const done = verify_all(of.disk);

    EXPECT_EQ(done.found.faults(), 1U);
    EXPECT_EQ(done.found.refused(), 0U);
    EXPECT_EQ(done.first().kind, finding_kind::mended);
    EXPECT_TRUE(recovers(of.disk));
}

TEST(wal_verify, a_journal_that_recovery_takes_has_no_fault_however_it_was_interrupted) {
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        testing::disk disk{seed};
        auto files = disk.directory();
        disk.power_off_after(20 + seed * 3);
        tests::run_until_power_goes(files, seed);
        disk.crash();

        auto const done = verify_all(disk);

        ASSERT_TRUE(recovers(disk));
        ASSERT_EQ(done.found.faults(), 0U) << "seed " << seed << "\n" << done.text();
    }
}

}  // namespace chronik::wal
