// SPDX-License-Identifier: Apache-2.0
#include <cleaning/cleaner.hpp>
#include <cleaning/partition_cleaning.hpp>
#include <partitions/machine.hpp>
#include <wire/batch_builder.hpp>
#include <wire/records.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

namespace broker::cleaning {
namespace {

namespace wal = chronik::wal;
using chronik::entry_kind;
using chronik::log_index;

constexpr chronik::group_id group{7};

std::string text(std::span<std::byte const> bytes) {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

/// A journal of small segments with one compacted partition in it.
struct cleaning : ::testing::Test {
    std::string folder = [] {
        auto name = (std::filesystem::temp_directory_path() / "chronik.cleaning.XXXXXX").string();
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        return name;
    }();
    wal::options limits = [] {
        wal::options made;
        made.segment_bytes = 64 * 1024;
        made.staged_bytes_max = 64 * 1024;
        made.spare_segments = 1;
        made.segments_max = 64;
        made.groups_max = 16;
        made.unsettled_segments_max = 2;
        made.timestamp_of = partitions::timestamp_of;
        return made;
    }();
    chronik::posix::directory where = *chronik::posix::directory::open_exclusive(folder);
    std::optional<journal> stored = *journal::open(where, limits, 1);
    partitions::cleanup rules{.compacts = true, .deletes = false, .tombstones_ms = 1000, .run_bytes_max = 40'000};
    std::map<std::string, std::optional<std::string>> newest;
    std::int64_t records = 0;

    cleaning() { stored->create_group(group); }
    ~cleaning() override {
        stored.reset();
        std::filesystem::remove_all(folder);
    }

    void append(std::vector<std::byte> payload, std::uint32_t count) {
        auto const& log = *stored->find(group);
        stored->configure_settling(group, {.segment_bytes = 20'000});
        chronik::entry const one{.term = {1},
                                 .index = log.last_index() + 1,
                                 .kind = entry_kind::command,
                                 .base_offset = log.next_offset(),
                                 .record_count = count,
                                 .payload = chronik::shared_bytes{std::move(payload)}};
        ASSERT_TRUE(stored->stage(group, std::optional<wal::hard_state>{}, std::span{&one, 1}));
        ASSERT_TRUE(stored->flush());
        stored->committed(group, one.index);
        ASSERT_TRUE(stored->prepare());
    }

    /// Batches of two keys of `keys` each, with values of 400 bytes; every seventh of them is a tombstone.
    void produce(int batches, int keys) {
        for (int nth = 0; nth < batches; ++nth) {
            wire::batch_builder made;
            made.base_offset(records).producer(5, 0, static_cast<std::int32_t>(records));
            for (int each = 0; each < 2; ++each, ++records) {
                auto const key = "key-" + std::to_string(records % keys);
                auto value = std::to_string(records) + std::string(400, 'v');
                bool const gone = records % 7 == 0;
                made.add(key, gone ? wire::batch_builder::text{} : wire::batch_builder::text{value}, 1000 + records);
                newest[key] = gone ? std::nullopt : std::optional{value};
            }
            append(made.build(), 2);
        }
    }

    std::vector<run_ptr> runs() const { return stored->cleanable(group); }

    partition_cleaning order(std::int64_t now_ms, std::size_t memory = 1 << 20) const {
        return partition_cleaning{{.group = group,
                                   .runs = runs(),
                                   .limits = rules,
                                   .now_ms = now_ms,
                                   .memory_max = memory,
                                   .payload_bytes_max = limits.payload_bytes_max(),
                                   .newest_of_producer = {{5, stored->find(group)->last_index()}}}};
    }
    void clean(std::int64_t now_ms, std::size_t memory = 1 << 20) {
        auto work = order(now_ms, memory);
        while (work.next_stage(*stored)) {
            while (true) {
                auto const done = work.step(3000);
                ASSERT_TRUE(done) << done.error().message();
                if (*done) break;
            }
        }
        ASSERT_TRUE(stored->prepare());
    }

    /// Every entry in its place; returns what the log says of each key, and how many records it holds.
    std::map<std::string, std::optional<std::string>> replay(std::size_t* held = nullptr) const {
        std::map<std::string, std::optional<std::string>> seen;
        auto const& log = *stored->find(group);
        auto offset = log.base_offset();
        std::size_t count = 0;
        for (auto at = log.first_index(); at <= log.last_index(); ++at) {
            auto const item = log.read(at);
            EXPECT_TRUE(item) << at.value;
            EXPECT_EQ(item->base_offset, offset) << at.value;
            offset = item->next_offset();
            if (item->kind != entry_kind::command) continue;
            auto const batch = wire::batch_view::parse(item->payload.view()).value();
            wire::record_cursor cursor{batch.records(), batch.record_count()};
            while (auto const record = cursor.next()) {
                seen[text(*record->key)] = record->value ? std::optional{text(*record->value)} : std::nullopt;
                ++count;
            }
        }
        if (held != nullptr) *held = count;
        return seen;
    }
    static std::map<std::string, std::optional<std::string>> living(
        std::map<std::string, std::optional<std::string>> all) {
        std::erase_if(all, [](auto const& each) { return !each.second; });
        return all;
    }
    std::uint64_t settled_bytes() const {
        std::uint64_t sum = 0;
        for (auto const& each : stored->find(group)->settled()) sum += each->data_bytes();
        return sum;
    }
};

}  // namespace

TEST_F(cleaning, keeps_the_last_record_of_each_key_and_the_place_of_every_entry) {
    produce(600, 30);
    ASSERT_GT(runs().size(), 5U);
    std::size_t before = 0;
    ASSERT_EQ(replay(&before), newest);
    auto const bytes_before = settled_bytes();

    clean(10'000);

    std::size_t after = 0;
    EXPECT_EQ(replay(&after), newest);
    EXPECT_LT(after * 3, before);
    EXPECT_LT(settled_bytes() * 3, bytes_before);
    for (auto const& each : stored->find(group)->settled()) {
        if (each->header().is_cleaned()) {
            EXPECT_EQ(each->dirty_bytes(), 0U);
        }
    }
}

TEST_F(cleaning, is_still_so_after_a_restart_and_goes_on_from_there) {
    produce(500, 30);
    clean(10'000);
    stored.reset();
    wal::recovery_report report;
    stored = *journal::open(where, limits, 2, &report);
    EXPECT_EQ(replay(), newest);

    produce(500, 40);
    auto const dirty = candidate_of(runs(), rules, 1 << 20);
    EXPECT_GT(dirty.dirty, 0U);
    EXPECT_GT(dirty.clean, 0U);
    clean(10'000);
    EXPECT_EQ(replay(), newest);
    EXPECT_EQ(candidate_of(runs(), rules, 1 << 20).dirty, 0U);
}

TEST_F(cleaning, tombstones_go_when_their_time_is_over_and_nothing_they_deleted_comes_back) {
    produce(500, 30);
    clean(10'000);
    produce(300, 30);
    clean(20'000);

    EXPECT_EQ(living(replay()), living(newest));
    // What was seen with a tombstone in the first cleaning has none of it left.
    auto const first = runs().front();
    for (auto at = first->first_index(); at <= first->last_index(); ++at) {
        auto const item = *first->read(at);
        if (item.kind != entry_kind::command) continue;
        auto const batch = wire::batch_view::parse(item.payload.view()).value();
        wire::record_cursor cursor{batch.records(), batch.record_count()};
        while (auto const record = cursor.next()) EXPECT_TRUE(record->value || !batch.has_delete_horizon());
    }
}

TEST_F(cleaning, with_little_memory_takes_several_passes) {
    produce(600, 900);
    constexpr std::size_t memory = 100 * key_map::slot_bytes;
    std::size_t passes = 0;
    while (candidate_of(runs(), rules, 1 << 20).dirty > 0) {
        auto const before = candidate_of(runs(), rules, 1 << 20).dirty;
        clean(10'000, memory);
        ASSERT_LT(candidate_of(runs(), rules, 1 << 20).dirty, before);
        ++passes;
    }
    EXPECT_GT(passes, 3U);
    EXPECT_EQ(replay(), newest);
}

TEST_F(cleaning, one_batch_with_more_keys_than_the_memory_holds_is_refused_and_nothing_is_lost) {
    wire::batch_builder made;
    for (int each = 0; each < 200; ++each) made.add("many-" + std::to_string(each), "v", 1000);
    append(made.build(), 200);
    records = 200;
    produce(300, 10);
    auto work = order(10'000, 50 * key_map::slot_bytes);
    ASSERT_TRUE(work.next_stage(*stored));
    auto done = work.step(1 << 20);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error(), chronik::errc::too_large);
    work.abandon();
    EXPECT_EQ(replay().size(), 210U);
}

TEST_F(cleaning, the_last_batch_of_a_producer_keeps_its_header) {
    wire::batch_builder made;
    made.base_offset(0).producer(77, 3, 40).add("key-1", "old", 1000).add("key-2", "old", 1000);
    append(made.build(), 2);
    records = 2;
    produce(500, 10);
    auto work = partition_cleaning{{.group = group,
                                    .runs = runs(),
                                    .limits = rules,
                                    .now_ms = 10'000,
                                    .memory_max = 1 << 20,
                                    .payload_bytes_max = limits.payload_bytes_max(),
                                    .newest_of_producer = {{77, log_index{1}}}}};
    while (work.next_stage(*stored)) {
        while (!*work.step(1 << 20)) {}
    }

    partitions::machine after;
    auto const& log = *stored->find(group);
    for (auto at = log.first_index(); at <= log.last_index(); ++at) {
        auto const item = *log.read(at);
        if (item.kind == entry_kind::command) after.apply(item);
    }
    EXPECT_EQ(log.read(log_index{1})->payload.size(), wire::batch_at::records);
    auto const verdict_on = [&](std::int32_t first, std::int32_t last) {
        return after.producers()
            .check({.producer_id = 77, .producer_epoch = 3, .first_sequence = first, .last_sequence = last})
            .verdict;
    };
    EXPECT_EQ(verdict_on(40, 41), partitions::sequence_verdict::duplicate);
    EXPECT_EQ(verdict_on(42, 42), partitions::sequence_verdict::append);
}

TEST_F(cleaning, young_records_are_left_alone_and_old_ones_are_due) {
    produce(600, 30);
    auto const all = candidate_of(runs(), rules, 100'000);
    EXPECT_EQ(all.runs.size(), runs().size());
    EXPECT_TRUE(all.is_due(rules));

    auto lagging = rules;
    lagging.lag_ms_min = 99'000 - runs()[2]->newest_ms() + 1000;
    EXPECT_LT(candidate_of(runs(), lagging, 100'000).runs.size(), runs().size());

    auto strict = rules;
    strict.dirty_ratio_min = 1.1;
    EXPECT_FALSE(all.is_due(strict));
    strict.lag_ms_max = 1000;
    EXPECT_TRUE(candidate_of(runs(), strict, 100'000).is_due(strict));
}

}  // namespace broker::cleaning
