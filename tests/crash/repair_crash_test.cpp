// SPDX-License-Identifier: Apache-2.0
#include "journal_script.hpp"

#include <chronik/wal/repair.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace chronik::crash {
namespace {

using testing::disk_directory;

constexpr doubt_token token{3};

/// What a node does at its start: goes on with a repair, opens, and repairs what is refused.
result<disk_journal> start(disk_directory& files, std::uint64_t seed) {
    if (auto done = wal::finish_repair(files); !done) return std::unexpected(done.error());
    auto opened = disk_journal::open(files, small_options(), seed);
    if (opened || opened.error() != errc::corrupt_record) return opened;
    wal::findings found;
    auto const at_rest = wal::journal_at_rest<disk_directory>::read(files, true, found);
    if (!at_rest) return std::unexpected(at_rest.error());
    auto const done = wal::repair(*at_rest, small_options(), seed, token, found);
    if (!done) return std::unexpected(done.error());
    return disk_journal::open(files, small_options(), seed + 1);
}

/// A journal with several groups and settled runs, one synced byte of which has changed.
testing::disk damaged_disk(std::uint64_t seed) {
    testing::disk disk{seed};
    auto files = disk.directory();
    std::string name;
    std::size_t position = 0;
    {
        auto limits = small_options();
        limits.unsettled_segments_max = 2;
        auto journal = disk_journal::open(files, limits, seed);
        for (std::uint64_t id = 1; id <= 3; ++id) {
            journal->create_group({id});
            journal->configure_settling({id}, {.segment_bytes = 24'000, .segment_ms = 1 << 30});
        }
        for (std::uint64_t index = 1; index <= 60; ++index) {
            for (std::uint64_t id = 1; id <= 3; ++id) {
                entry const one{.term = {1}, .index = {index}, .kind = entry_kind::command, .base_offset = {index - 1},
                                .record_count = 1, .payload = payload_of({id}, {index}, {1}, 1000)};
                EXPECT_TRUE(journal->stage({id}, std::optional<wal::hard_state>{{log_term{1}, node_id{1}}},
                                           std::span{&one, 1}));
                journal->committed({id}, log_index{index - 1});
            }
            EXPECT_TRUE(journal->flush());
            EXPECT_TRUE(journal->prepare());
        }
        EXPECT_TRUE(journal->flush());
        auto const& slot = journal->find({2})->slot_of({55});
        name = slot.home->name;
        position = slot.position;
        EXPECT_GT(journal->find({2})->floor().index, log_index{});
    }
    (*disk.bytes(name))[position + 100] ^= std::byte{1};
    return disk;
}

}  // namespace

TEST(repair_crash, wherever_the_power_goes_the_next_start_comes_to_the_same_journal) {
    std::uint64_t const seed = 11;
    testing::disk whole = damaged_disk(seed);
    auto whole_files = whole.directory();
    std::uint64_t const before = whole.operations();
    model wanted;
    {
        auto const opened = start(whole_files, 5);
        ASSERT_TRUE(opened);
        wanted = read_all(*opened);
    }
    std::uint64_t const steps = whole.operations() - before;
    ASSERT_EQ(wanted[2].entries.rbegin()->first, 54U);
    ASSERT_GT(steps, 20U);

    for (std::uint64_t step = 0; step < steps; ++step) {
        for (auto const outcome : {testing::crash_outcome::by_seed, testing::crash_outcome::lost}) {
            auto disk = damaged_disk(seed).copy(step * 7 + 1);
            auto files = disk.directory();
            disk.power_off_after(step);
            static_cast<void>(start(files, 5));
            disk.crash(outcome);

            auto again = disk.directory();
            auto const opened = start(again, 50 + step);

            ASSERT_TRUE(opened) << "power went after " << step << " operations: " << opened.error().message();
            ASSERT_TRUE(script::same(read_all(*opened), wanted)) << "after " << step << " operations";
            for (auto const id : opened->groups()) ASSERT_EQ(opened->find(id)->doubt(), token);
            auto const names = *again.list();
            auto const is_left = [](std::string const& name) { return name.starts_with("repair"); };
            ASSERT_TRUE(std::ranges::none_of(names, is_left)) << "after " << step << " operations";
            auto const is_aside = [](std::string const& name) { return name.starts_with("damaged-3.segment-"); };
            ASSERT_TRUE(std::ranges::any_of(names, is_aside)) << "after " << step << " operations";
        }
    }
}

TEST(repair_crash, wherever_the_device_is_full_the_damaged_journal_stays_as_it_was) {
    testing::disk first = damaged_disk(12);
    auto const used = first.bytes_used();
    std::size_t refused = 0;
    for (std::uint64_t room = 0; room < 300'000; room += 20'000) {
        auto disk = damaged_disk(12).copy(room + 1);
        auto files = disk.directory();
        auto const names = *files.list();
        disk.limit_bytes(used + room);
        auto const opened = start(files, 5);
        if (opened) continue;
        ++refused;
        EXPECT_EQ(*files.list(), names) << "with room for " << room;
    }
    EXPECT_GT(refused, 0U);
}

}  // namespace chronik::crash
