// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>

#include <wire/record_batch.hpp>
#include <wire/records.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

namespace broker::wire {

/// How a batch of a compacted topic is cleaned.
///
/// superseded      whether a later record has the key; offset: of this one
/// now_ms          since 1970
/// tombstones_ms   how long a record without a value stays after it was first looked at
/// bytes_max       a batch that would be larger stays as it is: other replicas must be able to take it
struct cleaning_rule {
    std::function<bool(std::span<std::byte const> key, std::int64_t offset)> superseded;
    std::int64_t now_ms = 0;
    std::int64_t tombstones_ms = 0;
    std::size_t bytes_max = std::numeric_limits<std::size_t>::max();
};

/// What is left of a batch: all of it, some records in a new batch, or none.
struct cleaned_batch {
    enum class extent : std::uint8_t { whole, part, nothing };
    extent left = extent::whole;
    std::vector<std::byte> bytes;  ///< of the new batch, if it is another
};

/// Drops superseded records, records without a key, and tombstones whose time is over. Offsets, producer and sequence
/// stay, so a cleaned batch stands for the same range. A batch with tombstones gets the time at which they may go when
/// it is first cleaned.
///
/// base_offset   the batch's true one
/// errors        as decompressed(); errc::malformed for records that contradict the header
/// source        Kafka's log cleaner; KIP-534
[[nodiscard]] chronik::result<cleaned_batch> clean(batch_view const& batch, std::int64_t base_offset,
                                                   cleaning_rule const& rule);

/// The header of a batch whose records are all gone: it still says what its producer has sent.
[[nodiscard]] std::vector<std::byte> without_records(batch_view const& batch);

}  // namespace broker::wire
