// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace chronik::wal {

/// Plain counters for the owner thread; gauges are what they are now, the others only grow.
struct metrics {
    std::uint64_t flushes = 0;            ///< finished
    std::uint64_t syncs = 0;              ///< of segments, by flushes
    std::uint64_t entries = 0;            ///< staged
    std::uint64_t bytes_staged = 0;       ///< records with headers
    std::uint64_t bytes_written = 0;      ///< with the zeros after them
    std::uint64_t busy = 0;               ///< refusals: a flush, or its sync, comes first
    std::uint64_t out_of_space = 0;       ///< refusals: the segment is full and there is no spare
    std::uint64_t prepare_failures = 0;   ///< the device was full
    std::uint64_t settled_entries = 0;    ///< moved to files of their group
    std::uint64_t settled_bytes = 0;      ///< their payloads
    std::uint64_t settle_failures = 0;    ///< the device was full
    std::uint64_t no_descriptors = 0;     ///< segments and runs for which there were too many open files
    std::uint64_t cleanings = 0;          ///< settled runs written anew without what is superseded
    std::uint64_t moved_entries = 0;      ///< written again because their segment was wanted
    std::uint64_t segments_created = 0;
    std::uint64_t segments_recycled = 0;
    std::uint64_t segments_removed = 0;
    std::uint64_t segments_kept = 0;      ///< gauge: with records that may be needed
    std::uint64_t segments_spare = 0;     ///< gauge
    std::uint64_t segments_free = 0;      ///< gauge: dead, waiting for a new life
    std::uint64_t unsynced_bytes = 0;     ///< gauge: of records, staged ones included
    std::uint64_t groups = 0;             ///< gauge
};

}  // namespace chronik::wal
