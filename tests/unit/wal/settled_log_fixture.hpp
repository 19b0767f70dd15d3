// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/testing/disk.hpp>
#include <chronik/wal/journal.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace chronik::wal::tests {

/// A log on a simulated disk, the greater part of it settled: runs of some 200 entries, two records each.
struct settled_log {
    using journal_type = journal<chronik::testing::disk_directory>;

    std::function<bool(std::span<std::byte const>)> holds = [](auto) { return true; };
    options limits{.segment_bytes = 64 * 1024,
                   .staged_bytes_max = 64 * 1024,
                   .spare_segments = 1,
                   .segments_max = 64,
                   .groups_max = 16,
                   .unsettled_segments_max = 2,
                   .memory = {[](void const* of, std::span<std::byte const> bytes) {
                                  return static_cast<settled_log const*>(of)->holds(bytes);
                              },
                              this}};
    chronik::testing::disk disk{1};
    chronik::testing::disk_directory files = disk.directory();
    journal_type stored = *journal_type::open(files, limits, 1);
    group_id group;
    log_offset next_offset;

    settled_log(settled_log const&) = delete;
    explicit settled_log(group_id of = {1}, std::uint64_t last = 2000) : group(of) {
        stored.create_group(group);
        stored.configure_settling(group, {.segment_bytes = 30'000});
        while (log().last_index().value < last) append(25);
        EXPECT_GT(log().settled().size(), 3U);
        EXPECT_LT(log().floor().index, log().last_index());
    }

    group_log const& log() const { return *stored.find(group); }
    /// The record with which the run in this place begins.
    log_offset first_offset_of(std::size_t run) const { return log().settled()[run]->before().next_offset; }

    static shared_bytes payload_of(std::uint64_t index) {
        return shared_bytes{std::vector<std::byte>(120 + index % 50, static_cast<std::byte>(index))};
    }

private:
    void append(std::size_t count) {
        std::vector<entry> batch;
        log_index const first = log().last_index() + 1;
        for (std::size_t each = 0; each < count; ++each) {
            log_index const index = first + each;
            batch.push_back({.term = {1 + index.value / 300},
                             .index = index,
                             .kind = entry_kind::command,
                             .base_offset = next_offset,
                             .record_count = 2,
                             .payload = payload_of(index.value)});
            next_offset = batch.back().next_offset();
        }
        EXPECT_TRUE(stored.stage(group, std::optional<hard_state>{}, std::span<entry const>{batch}));
        EXPECT_TRUE(stored.flush());
        stored.committed(group, batch.back().index);
        EXPECT_TRUE(stored.prepare());
    }
};

}  // namespace chronik::wal::tests
