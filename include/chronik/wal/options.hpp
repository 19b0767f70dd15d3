// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/time.hpp>
#include <chronik/wal/record.hpp>
#include <chronik/wal/segment_header.hpp>
#include <chronik/wal/settled_format.hpp>
#include <chronik/wal/table.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace chronik::wal {

inline constexpr std::size_t segment_bytes_min = 64 * 1024;
inline constexpr std::size_t segment_bytes_max = std::size_t{1} << 31;
/// Kept free in every segment for records that make room elsewhere: compaction, removal, release, closing mark.
inline constexpr std::size_t control_reserve_bytes = 4096;
/// The last record of a full segment, and the sync mark that recovery may leave after it.
inline constexpr std::size_t seal_bytes = 2 * record_header_bytes;
/// A flush ends with zeros up to this multiple, so that no write has to read a block first.
inline constexpr std::size_t write_block_bytes = 4096;

static_assert(segment_header_area_bytes + control_reserve_bytes < segment_bytes_min / 4,
              "the smallest segment is still mostly records");
static_assert(control_reserve_bytes % record_alignment == 0, "the reserve begins where a record may begin");

/// What the time of a payload is: for look-up by time, and to know what is old. No state, any thread.
using timestamp_reader = std::int64_t (*)(entry_kind, std::span<std::byte const> payload);

inline std::int64_t no_timestamps(entry_kind, std::span<std::byte const>) { return no_timestamp; }

/// Whether bytes of a mapped file are in memory, so that nobody waits for a device who looks at them: a function, and
/// what it is a function of. Without one they are taken to be. What it refers to outlives the journal.
struct memory_check {
    bool (*holds)(void const* of, std::span<std::byte const> bytes) = nullptr;
    void const* of = nullptr;

    bool operator()(std::span<std::byte const> bytes) const { return holds == nullptr || holds(of, bytes); }
};

/// How a journal is laid out and where its limits are. Every limit is a number of bytes or a count.
///
/// log_id              opaque; a file with another one is refused (errc::wrong_owner)
/// segment_bytes       size of one file, a multiple of 4096
/// first_segment_bytes of the first file of a new journal; 0: as of all others. open() waits until it is written, so a
///                     small one makes a first start short. What does not fit into it waits for the next one
/// staged_bytes_max    the most that one flush writes; a staged_sink has two buffers of that size
/// spare_segments      prepared ahead, so that a full segment never makes the event loop wait
/// idle_segments_max   dead segments kept for recycling beyond the spares; more are removed
/// segments_max        files in all; at the limit stage() says out_of_space
/// groups_max          logs in one journal; every segment begins with a table of them
/// unsettled_segments_max  segments in use beyond which the oldest are settled and emptied; 0: never. The more there
///                     are, the more is settled between two new ones, and stage() says out_of_space meanwhile; at
///                     twice as many, none is made before what can be settled is
/// settle_run_bytes    of one group, worth the two syncs of moving them: with many groups a round takes more segments
/// settle_runs_max     moved at once, each of another group, with two files open for each
/// timestamp_of        of what is settled
/// memory              by which a log can tell whether an entry is at hand
/// sync                of sync_by_option. false: a flush is finished when the page cache has it; a crash of the
///                     machine, not of the process, then loses what was acknowledged. Never the default
/// unsynced_bytes_max  where not every flush is synced: at half of it one is, and beyond it stage() says busy. Two
///                     flushes at least
/// write_back_bytes    there, the device is asked to begin with what was written after so many, so that a sync finds
///                     little left to wait for
/// sync_interval       of interval_sync: how old the oldest unsynced record becomes
struct options {
    log_uuid log_id{};
    std::size_t segment_bytes = std::size_t{64} << 20;
    std::size_t first_segment_bytes = 0;
    std::size_t staged_bytes_max = std::size_t{8} << 20;
    std::size_t spare_segments = 2;
    std::size_t idle_segments_max = 4;
    std::size_t segments_max = 4096;
    std::size_t groups_max = 16384;
    std::size_t unsettled_segments_max = 0;
    std::size_t settle_run_bytes = std::size_t{8} << 20;
    std::size_t settle_runs_max = 32;
    timestamp_reader timestamp_of = no_timestamps;
    memory_check memory{};
    bool sync = true;
    std::size_t unsynced_bytes_max = std::size_t{64} << 20;
    std::size_t write_back_bytes = std::size_t{1} << 20;
    duration sync_interval = std::chrono::milliseconds{10};

    constexpr std::size_t table_bytes_max() const {
        return record_bytes(table_payload_bytes(groups_max, segments_max) + table_doubt_bytes(groups_max));
    }

    /// The largest payload of an entry: a segment that has only just begun can hold it.
    constexpr std::size_t payload_bytes_max() const {
        std::size_t const in_segment =
            segment_bytes - segment_header_area_bytes - table_bytes_max() - control_reserve_bytes - seal_bytes;
        std::size_t const in_staging = staged_bytes_max - table_bytes_max() - 2 * seal_bytes - write_block_bytes;
        return (in_segment < in_staging ? in_segment : in_staging) - record_header_bytes - record_alignment;
    }

    constexpr std::size_t bytes_of_first_segment() const {
        return first_segment_bytes == 0 ? segment_bytes : first_segment_bytes;
    }

    /// Limits that contradict each other are the caller's mistake; open() asserts this.
    constexpr bool consistent() const {
        return is_segment_size(segment_bytes) && is_segment_size(bytes_of_first_segment()) &&
               bytes_of_first_segment() <= segment_bytes && spare_segments >= 1 &&
               segments_max > spare_segments + 1 && unsettled_segments_max < segments_max && settle_runs_max >= 1 &&
               staged_bytes_max >= table_bytes_max() + segment_bytes_min / 2;
    }

private:
    constexpr bool is_segment_size(std::size_t bytes) const {
        return bytes >= segment_bytes_min && bytes <= segment_bytes_max && bytes % write_block_bytes == 0 &&
               table_bytes_max() <= bytes / 2;
    }
};

static_assert(options{}.consistent(), "the defaults fit each other");

}  // namespace chronik::wal
