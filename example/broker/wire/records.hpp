// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/bytes.hpp>
#include <chronik/base/error.hpp>

#include <wire/limits.hpp>
#include <wire/record_batch.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace broker::wire {

/// A record's key, value or header; absent and empty are different things.
using optional_bytes = std::optional<std::span<std::byte const>>;

struct record_header {
    std::span<std::byte const> key;
    optional_bytes value;
};

/// One record where it lies.
///
/// body   all of it, without the length before it; `after_timestamp` is the part of it behind the timestamp
struct record_view {
    std::span<std::byte const> body;
    std::span<std::byte const> after_timestamp;
    std::int64_t timestamp_delta = 0;
    std::int32_t offset_delta = 0;
    optional_bytes key;
    optional_bytes value;
    std::vector<record_header> headers;
};

/// Walks the records of a batch; compressed records must be decompressed first, see plain_records().
///
///     record_cursor cursor{bytes, batch.record_count()};
///     while (auto const record = cursor.next()) { ... }
///     if (!cursor.finished()) the bytes are not what the batch promised
class record_cursor {
public:
    record_cursor(std::span<std::byte const> records, std::int32_t count) : in_(records), left_(count) {}

    /// Nothing at the end, and at the first record that its bytes do not hold.
    std::optional<record_view> next();
    /// Every record was there, and nothing behind the last.
    bool finished() const { return !in_.failed() && left_ == 0 && in_.remaining() == 0; }

private:
    chronik::byte_reader in_;
    std::int32_t left_;
};

/// The records of a batch without compression; `storage` keeps them when they had to be decompressed.
struct plain_records {
    std::vector<std::byte> storage;
    std::span<std::byte const> bytes;
};

/// errors   errc::malformed if the codec refuses, errc::too_large beyond `bytes_max`,
///          errc::unsupported_version for a codec number that has no codec
[[nodiscard]] chronik::result<plain_records> decompressed(batch_view const& batch,
                                                        std::size_t bytes_max = uncompressed_bytes_max);

/// Whether every record must have a key, as in a topic that keeps the last one of each.
enum class keys : std::uint8_t { optional, required };

/// Whether the records are what the header says: count, dense offset deltas, every length within the batch.
/// It decompresses, so it costs what the client's compression cost; validate() does not.
[[nodiscard]] error_code validate_records(batch_view const& batch, keys wanted = keys::optional,
                                          std::size_t bytes_max = uncompressed_bytes_max);

/// The producer chooses both parts, so their sum may lie outside the numbers there are: then it is the outermost.
[[nodiscard]] std::int64_t record_time(batch_view const& batch, record_view const& record);

struct offset_and_timestamp {
    std::int64_t offset = 0;
    std::int64_t timestamp = 0;

    bool operator==(offset_and_timestamp const&) const = default;
};

/// The first record of the batch, from `offset_min` on, that is not older than `timestamp`; nothing if all are.
///
/// base_offset   the batch's true base offset, for batches that are stored unstamped
/// errors        as decompressed(); errc::malformed for records that contradict the header
[[nodiscard]] chronik::result<std::optional<offset_and_timestamp>> find_timestamp(batch_view const& batch,
                                                                                std::int64_t base_offset,
                                                                                std::int64_t timestamp,
                                                                                std::int64_t offset_min = 0);

}  // namespace broker::wire
