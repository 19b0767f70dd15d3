// SPDX-License-Identifier: Apache-2.0
#include <chronik/testing/disk.hpp>
#include <chronik/wal/journal.hpp>
#include <chronik/wal/options.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <span>
#include <string>

namespace chronik::wal {
namespace {

constexpr options small{.segment_bytes = 65536, .staged_bytes_max = 49152, .segments_max = 32, .groups_max = 32};

TEST(wal_options, the_defaults_agree_with_each_other) { EXPECT_TRUE(options{}.consistent()); }

TEST(wal_options, contradictions_are_found) {
    auto const with = [](auto change) {
        options changed = small;
        change(changed);
        return changed.consistent();
    };

    EXPECT_TRUE(small.consistent());
    EXPECT_FALSE(with([](options& o) { o.segment_bytes = segment_bytes_min - write_block_bytes; }));
    EXPECT_FALSE(with([](options& o) { o.segment_bytes += 1; })) << "no whole blocks";
    EXPECT_TRUE(with([](options& o) { o.first_segment_bytes = o.segment_bytes; }));
    EXPECT_TRUE(with([](options& o) { o.first_segment_bytes = o.segment_bytes; o.segment_bytes *= 4; }));
    EXPECT_FALSE(with([](options& o) { o.first_segment_bytes = o.segment_bytes * 2; })) << "larger than all others";
    EXPECT_FALSE(with([](options& o) { o.first_segment_bytes = o.segment_bytes + 1; o.segment_bytes *= 4; }));
    EXPECT_FALSE(with([](options& o) { o.first_segment_bytes = write_block_bytes; })) << "too small";
    EXPECT_FALSE(with([](options& o) {
        o.first_segment_bytes = o.segment_bytes;
        o.segment_bytes *= 4;
        o.staged_bytes_max *= 4;
        o.groups_max = 500;
    })) << "the table would fill it";
    EXPECT_TRUE(with([](options& o) {
        o.segment_bytes *= 4;
        o.staged_bytes_max *= 4;
        o.groups_max = 500;
    }));
    EXPECT_FALSE(with([](options& o) { o.spare_segments = 0; })) << "a full segment would stop everything";
    EXPECT_FALSE(with([](options& o) { o.segments_max = o.spare_segments + 1; }));
    EXPECT_FALSE(with([](options& o) { o.groups_max = 100'000; })) << "the table would fill the segment";
    EXPECT_FALSE(with([](options& o) { o.staged_bytes_max = 1024; }));
}

struct largest_payload : ::testing::Test {
    chronik::testing::disk medium{1};
    chronik::testing::disk_directory where = medium.directory();
    journal<chronik::testing::disk_directory> log = *journal<chronik::testing::disk_directory>::open(where, small, 1);

    result<void> stage(std::uint64_t index, std::size_t size) {
        entry const one{.term = {1},
                        .index = {index},
                        .kind = entry_kind::command,
                        .base_offset = {},
                        .record_count = 0,
                        .payload = shared_bytes::copy_of(std::string(size, 'x'))};
        return log.stage(group_id{1}, std::optional<hard_state>{}, std::span{&one, 1});
    }
};

TEST_F(largest_payload, has_room_after_every_flush_and_preparation) {
    log.create_group(group_id{1});

    for (std::uint64_t index = 1; index <= 20; ++index) {
        ASSERT_TRUE(log.flush() && log.prepare());
        auto const staged = stage(index, log.payload_bytes_max());
        ASSERT_TRUE(staged) << "entry " << index << ": " << staged.error().message();
    }
}

TEST_F(largest_payload, one_byte_more_is_refused_for_good) {
    log.create_group(group_id{1});

    EXPECT_EQ(stage(1, log.payload_bytes_max() + 1).error(), errc::too_large);
}

}  // namespace
}  // namespace chronik::wal
