// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/record.hpp>
#include <chronik/wal/segment_header.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace chronik::wal {

/// Says on the disk that everything before `position` has been synced: written after a sync, without one of its own.
///
/// It stands where the next flush begins and is overwritten by it, so it costs no space and no device write. Damage
/// before it can no longer be taken for a torn write. When the power goes before the mark reaches the disk, nothing is
/// known that was not known before.
/// flush   higher than that of every record before, lower than that of the next flush
template <file File>
result<void> write_sync_mark(File& target, segment_header const& home, std::uint32_t position, std::uint64_t flush) {
    std::array<std::byte, record_header_bytes> mark;
    write_record(mark.data(), {.type = record_type::synced, .flush_start = position, .flush = flush}, {}, home.salt,
                 position);
    return target.write_at(position, mark);
}

}  // namespace chronik::wal
