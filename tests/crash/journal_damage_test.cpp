// SPDX-License-Identifier: Apache-2.0
#include "journal_script.hpp"

#include <gtest/gtest.h>

namespace chronik::crash {
namespace {

entry command(std::uint64_t index, shared_bytes payload) {
    return {.term = {1},
            .index = {index},
            .kind = entry_kind::command,
            .base_offset = {index - 1},
            .record_count = 1,
            .payload = std::move(payload)};
}

void append(auto& journal, std::uint64_t index, shared_bytes payload) {
    auto const made = command(index, std::move(payload));
    std::optional<wal::hard_state> const state{{log_term{1}, node_id{2}}};
    auto staged = journal.stage(group_id{1}, state, std::span{&made, 1});
    // In place, a full segment is synced before the next is begun.
    if (!staged && journal.sync()) staged = journal.stage(group_id{1}, state, std::span{&made, 1});
    ASSERT_TRUE(staged);
}

/// Three flushes of small entries, as a disk and as the model of it.
template <class Composed>
struct small_log {
    testing::disk disk{1};
    model last;

    explicit small_log(bool close) {
        auto files = disk.directory();
        auto journal = Composed::journal::open(files, small_options(), 1);
        journal->create_group({1});
        for (std::uint64_t index = 1; index <= 3; ++index) {
            append(*journal, index, payload_of({1}, {index}, {1}, 40 + index));
            EXPECT_TRUE(journal->sync());
        }
        last = read_all(*journal);
        if (close) {
            EXPECT_TRUE(journal->close());
        }
        EXPECT_TRUE(journal->sync());
    }
    std::string file() const { return wal::segment_name(1); }
};

std::size_t end_of_records(testing::disk& disk, std::string const& file) {
    auto const& bytes = *disk.bytes(file);
    auto const header = wal::decode_segment_header(std::span{bytes}.first<wal::header_copy_bytes>());
    return wal::scan(bytes, *header, [](auto const&) {}).position;
}

template <class Composed>
class journal_damage : public ::testing::Test {};
TYPED_TEST_SUITE(journal_damage, laws::journal_compositions, laws::composition_names);

}  // namespace

TYPED_TEST(journal_damage, every_flipped_bit_of_a_closed_log_is_refused_or_harmless) {
    small_log<TypeParam> log{true};
    auto const end = end_of_records(log.disk, log.file());
    std::size_t refused = 0;
    for (std::size_t bit = 0; bit < (end + 512) * 8; ++bit) {
        if (bit == wal::header_copy_bytes * 8) bit = wal::header_copy_stride * 8;
        auto damaged = log.disk.copy(bit);
        (*damaged.bytes(log.file()))[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        auto files = damaged.directory();
        wal::recovery_report report;

        auto const recovered = TypeParam::journal::open(files, small_options(), 2, &report);

        if (!recovered) {
            ++refused;
            ASSERT_EQ(recovered.error(), errc::corrupt_record) << "bit " << bit;
            ASSERT_EQ(report.state, wal::tail_state::corrupt);
            ASSERT_EQ(report.file, log.file());
            ASSERT_LE(report.position, bit / 8);
        } else {
            ASSERT_TRUE(script::same(read_all(*recovered), log.last)) << "bit " << bit;
        }
    }
    // All bits of all records but the closing mark's own.
    EXPECT_EQ(refused, (end - wal::record_header_bytes - wal::segment_header_area_bytes) * 8);
}

TYPED_TEST(journal_damage, every_flipped_bit_of_a_log_that_was_not_closed_is_refused_or_harmless) {
    small_log<TypeParam> log{false};
    auto const end = end_of_records(log.disk, log.file());
    std::size_t const mark = end - wal::record_header_bytes;
    for (std::size_t bit = wal::segment_header_area_bytes * 8; bit < (end + 512) * 8; ++bit) {
        auto damaged = log.disk.copy(bit);
        (*damaged.bytes(log.file()))[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        auto files = damaged.directory();
        wal::recovery_report report;

        auto const recovered = TypeParam::journal::open(files, small_options(), 2, &report);

        if (bit / 8 < mark) {
            ASSERT_FALSE(recovered) << "bit " << bit;
            ASSERT_EQ(report.state, wal::tail_state::corrupt) << "bit " << bit;
        } else {
            ASSERT_TRUE(recovered) << "bit " << bit;
            ASSERT_TRUE(script::same(read_all(*recovered), log.last)) << "bit " << bit;
        }
    }
}

TYPED_TEST(journal_damage, what_a_recovery_has_read_back_is_vouched_for_before_anything_is_written) {
    small_log<TypeParam> log{false};
    auto const end = end_of_records(log.disk, log.file());
    // The power went before the mark of the last flush reached the disk.
    auto& bytes = *log.disk.bytes(log.file());
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(end - wal::record_header_bytes), wal::record_header_bytes,
                std::byte{0});
    auto files = log.disk.directory();
    ASSERT_TRUE(TypeParam::journal::open(files, small_options(), 2));
    auto const entry_of_last_flush = end - 2 * wal::record_header_bytes;

    auto damaged = log.disk.copy(1);
    (*damaged.bytes(log.file()))[entry_of_last_flush] ^= std::byte{1};
    auto again = damaged.directory();
    auto const recovered = TypeParam::journal::open(again, small_options(), 3);

    ASSERT_FALSE(recovered);
    EXPECT_EQ(recovered.error(), errc::corrupt_record);
}

TYPED_TEST(journal_damage, the_report_names_the_group_when_the_header_of_the_record_is_still_readable) {
    small_log<TypeParam> log{true};
    auto const first_entry =
        wal::segment_header_area_bytes + wal::record_bytes(wal::table_payload_bytes(1, 0)) + 2 * wal::record_bytes(0);
    (*log.disk.bytes(log.file()))[first_entry + wal::record_header_bytes + 3] ^= std::byte{1};
    auto files = log.disk.directory();
    wal::recovery_report report;

    EXPECT_FALSE(TypeParam::journal::open(files, small_options(), 2, &report));

    EXPECT_EQ(report.position, first_entry);
    EXPECT_EQ(report.group, group_id{1});
}

TYPED_TEST(journal_damage, a_record_forged_inside_a_payload_is_never_replayed) {
    // Whoever knew the layout but not the salt: a whole record of another group, at every place where one may begin.
    std::vector<std::byte> forged(4096);
    wal::record_header header{.type = wal::record_type::group_removed, .flush_start = 0, .flush = 99, .group = {1}};
    for (std::size_t at = 0; at + 64 <= forged.size(); at += 64)
        wal::write_record(forged.data() + at, header, {}, 0, static_cast<std::uint32_t>(at));

    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        testing::disk disk{seed};
        auto files = disk.directory();
        auto journal = TypeParam::journal::open(files, small_options(), seed);
        journal->create_group({1});
        append(*journal, 1, payload_of({1}, {1}, {1}, 100));
        ASSERT_TRUE(journal->sync());
        append(*journal, 2, shared_bytes{std::vector{forged}});
        auto job = journal->begin_flush();
        disk.power_off_after(2);
        job->run();
        disk.crash();

        auto after = disk.directory();
        auto const recovered = TypeParam::journal::open(after, small_options(), seed + 1);
        ASSERT_TRUE(recovered);
        ASSERT_NE(recovered->find({1}), nullptr);
        ASSERT_GE(recovered->find({1})->last_index(), log_index{1});
    }
}

TYPED_TEST(journal_damage, records_of_a_former_life_of_a_recycled_file_are_never_replayed) {
    testing::disk disk{3};
    auto files = disk.directory();
    auto journal = TypeParam::journal::open(files, small_options(), 3);
    journal->create_group({1});
    std::uint64_t index = 0;
    while (journal->metrics().segments_recycled < 4) {
        ++index;
        append(*journal, index, payload_of({1}, {index}, {1}, 3000));
        ASSERT_TRUE(journal->sync());
        ASSERT_TRUE(journal->compact({1}, {index}));
        ASSERT_TRUE(journal->sync());
        ASSERT_TRUE(journal->prepare());
    }
    auto const before = read_all(*journal);
    disk.crash(testing::crash_outcome::kept);

    auto after = disk.directory();
    wal::recovery_report report;
    auto const recovered = TypeParam::journal::open(after, small_options(), 4, &report);

    ASSERT_TRUE(recovered) << report.what;
    EXPECT_EQ(report.state, wal::tail_state::clean);
    EXPECT_TRUE(script::same(read_all(*recovered), before));
}

TYPED_TEST(journal_damage, a_segment_missing_from_the_middle_is_corruption) {
    testing::disk disk{4};
    auto files = disk.directory();
    auto journal = TypeParam::journal::open(files, small_options(), 4);
    journal->create_group({1});
    for (std::uint64_t index = 1; index <= 60; ++index) {
        append(*journal, index, payload_of({1}, {index}, {1}, 3000));
        ASSERT_TRUE(journal->sync());
        ASSERT_TRUE(journal->prepare());
    }
    ASSERT_GE(journal->metrics().segments_kept, 4U);
    for (std::uint64_t number = 1; number <= journal->metrics().segments_kept; ++number) {
        auto robbed = disk.copy(number);
        auto there = robbed.directory();
        ASSERT_TRUE(there.remove(wal::segment_name(number)));
        wal::recovery_report report;
        auto const recovered = TypeParam::journal::open(there, small_options(), 5, &report);
        ASSERT_FALSE(recovered) << number;
        EXPECT_EQ(recovered.error(), errc::corrupt_record);
        EXPECT_NE(report.what.find("missing"), std::string::npos) << report.what;
    }
}

TYPED_TEST(journal_damage, a_full_segment_with_a_flipped_bit_is_refused_and_left_as_it_is) {
    testing::disk disk{6};
    auto files = disk.directory();
    auto journal = TypeParam::journal::open(files, small_options(), 6);
    journal->create_group({1});
    for (std::uint64_t index = 1; index <= 30; ++index) {
        append(*journal, index, payload_of({1}, {index}, {1}, 3000));
        ASSERT_TRUE(journal->sync());
        ASSERT_TRUE(journal->prepare());
    }
    auto damaged = disk.copy(1);
    auto& bytes = *damaged.bytes(wal::segment_name(1));
    bytes[30000] ^= std::byte{4};
    auto const before = bytes;
    auto there = damaged.directory();
    wal::recovery_report report;

    auto const recovered = TypeParam::journal::open(there, small_options(), 7, &report);

    ASSERT_FALSE(recovered);
    EXPECT_EQ(report.file, wal::segment_name(1));
    EXPECT_EQ(*damaged.bytes(wal::segment_name(1)), before);
    EXPECT_EQ(damaged.operations(), 0U);
}

}  // namespace chronik::crash
