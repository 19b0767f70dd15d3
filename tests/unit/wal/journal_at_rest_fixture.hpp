// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/random.hpp>
#include <chronik/testing/disk.hpp>
#include <chronik/wal/journal.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chronik::wal::tests {

using disk_journal = journal<chronik::testing::disk_directory>;

inline options small_limits() {
    return {.segment_bytes = 64 * 1024,
            .staged_bytes_max = 48 * 1024,
            .spare_segments = 1,
            .segments_max = 64,
            .groups_max = 16,
            .unsettled_segments_max = 2};
}

/// Tells by itself which entry it belongs to.
inline shared_bytes payload_of(group_id group, log_index index, log_term term, std::size_t size) {
    std::vector<std::byte> made(size);
    random chance{group.value * 1000003 + index.value * 101 + term.value};
    for (auto& each : made) each = static_cast<std::byte>(chance());
    return shared_bytes{std::move(made)};
}

/// A journal on a simulated disk, and what was written to it: every entry that each group ever had.
struct at_rest_disk {
    chronik::testing::disk disk{1};
    chronik::testing::disk_directory files = disk.directory();
    disk_journal journal = *disk_journal::open(files, small_limits(), 1);
    std::map<std::uint64_t, log_term> terms;
    using state = std::vector<std::pair<log_index, log_term>>;
    std::map<std::uint64_t, std::vector<state>> states;  ///< that each group's log has passed through

    void stage(group_id group, std::size_t size, bool cut = false) {
        if (journal.find(group) == nullptr) {
            journal.create_group(group);
            terms[group.value] = {1};
        }
        auto const& log = *journal.find(group);
        auto& term = terms[group.value];
        if (cut) term = {term.value + 1};
        auto const index = cut ? log.last_index() : log.last_index() + 1;
        entry const one{.term = term,
                        .index = index,
                        .kind = entry_kind::command,
                        .base_offset = cut ? log.read(index)->base_offset : log.next_offset(),
                        .record_count = 2,
                        .payload = payload_of(group, index, term, size)};
        ASSERT_TRUE(journal.stage(group, std::optional{hard_state{term, node_id{1}}}, std::span{&one, 1}));
        auto& passed = states[group.value];
        auto now = passed.empty() ? state{} : passed.back();
        if (cut) now.pop_back();
        now.emplace_back(index, term);
        passed.push_back(std::move(now));
    }
    void flush() {
        ASSERT_TRUE(journal.flush());
        ASSERT_TRUE(journal.prepare());
    }
    void append(group_id group, std::size_t count, std::size_t size) {
        for (; count > 0; --count) {
            stage(group, size);
            flush();
        }
    }
    void close() {
        ASSERT_TRUE(journal.close());
        ASSERT_TRUE(journal.flush());
    }

    /// Three groups with several settled runs each, and entries in the journal behind them. Returns one of the runs.
    settled_name settle_many() {
        for (std::uint64_t id = 1; id <= 3; ++id)
            journal.configure_settling({id}, {.segment_bytes = 24'000, .segment_ms = 1 << 30});
        for (std::size_t round = 0; round < 40; ++round) {
            for (std::uint64_t id = 1; id <= 3; ++id) {
                stage({id}, 900 + 50 * id);
                flush();
                if (round > 0) journal.committed({id}, journal.find({id})->last_index() - 1);
            }
        }
        for (std::size_t turn = 0; turn < 40; ++turn) EXPECT_TRUE(journal.prepare());
        EXPECT_TRUE(journal.flush());
        close();
        for (std::uint64_t id = 1; id <= 3; ++id) EXPECT_GE(journal.find({id})->settled().size(), 1U);
        return journal.find({2})->settled().front()->name();
    }
    /// Of a settled run: what the journal promises of it, in one of its two files.
    std::size_t promised_bytes(settled_name const& name, bool is_data) const {
        for (auto const& run : journal.find(name.group)->settled()) {
            if (run->name() != name) continue;
            return is_data ? run->data_bytes() : settled_header_bytes + run->rows() * settled_row_bytes;
        }
        return 0;
    }

    /// File and position of an entry that is in the journal.
    std::pair<std::string, std::size_t> place_of(group_id group, log_index index) const {
        auto const& slot = journal.find(group)->slot_of(index);
        return {slot.home->name, slot.position};
    }

    std::size_t end_of_records(std::string const& file) {
        auto const& bytes = *disk.bytes(file);
        auto const header = decode_segment_header(std::span{bytes}.first<header_copy_bytes>());
        return scan(bytes, *header, [](auto const&) {}).position;
    }
};

/// Appends to some groups, settles, compacts and removes, by seed.
inline void run_until_power_goes(chronik::testing::disk_directory& files, std::uint64_t seed) {
    auto opened = disk_journal::open(files, small_limits(), seed);
    if (!opened) return;
    random chance{seed};
    while (true) {
        group_id const id{1 + chance.below(4)};
        auto const* log = opened->find(id);
        if (log == nullptr) log = &opened->create_group(id);
        entry const one{.term = {1},
                        .index = log->last_index() + 1,
                        .kind = entry_kind::command,
                        .base_offset = log->next_offset(),
                        .record_count = 1,
                        .payload = payload_of(id, log->last_index() + 1, {1}, chance.below(4000))};
        (void)opened->stage(id, std::optional{hard_state{{1}, node_id{1}}}, std::span{&one, 1});
        auto const kept = std::min<std::uint64_t>(log->last_index().value, 3);
        if (chance.chance(20)) (void)opened->compact(id, log->last_index() - kept);
        if (!opened->flush()) return;
        opened->committed(id, log->last_index());
        if (chance.chance(2)) opened->remove_group(id);
        if (chance.chance(60) && !opened->prepare() && opened->has_failed()) return;
    }
}

}  // namespace chronik::wal::tests
