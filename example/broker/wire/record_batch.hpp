// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/bytes.hpp>
#include <chronik/base/error.hpp>

#include <wire/error_code.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>

namespace broker::wire {

enum class compression_type : std::uint8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };

/// Where the fields of a batch header stand; see docs/formats/record_batch.md.
namespace batch_at {
inline constexpr std::size_t base_offset = 0;
inline constexpr std::size_t length = 8;
inline constexpr std::size_t leader_epoch = 12;
inline constexpr std::size_t magic = 16;
inline constexpr std::size_t crc = 17;
inline constexpr std::size_t attributes = 21;
inline constexpr std::size_t last_offset_delta = 23;
inline constexpr std::size_t base_timestamp = 27;
inline constexpr std::size_t max_timestamp = 35;
inline constexpr std::size_t producer_id = 43;
inline constexpr std::size_t producer_epoch = 51;
inline constexpr std::size_t base_sequence = 53;
inline constexpr std::size_t record_count = 57;
inline constexpr std::size_t records = 61;
}  // namespace batch_at

/// One record batch (magic 2) where it lies. Reads are unchecked: batch_view::parse() checked the length.
///
/// The length is all that parse() promises; validate() says whether the rest can be believed.
class batch_view {
public:
    static constexpr std::int8_t magic_supported = 2;
    /// What base_offset and length, which the length does not count, take.
    static constexpr std::size_t length_prefix_bytes = 12;
    static constexpr std::int16_t compression_bits = 0x07;
    static constexpr std::int16_t delete_horizon_bit = 0x40;

    /// The first batch in `input`.
    ///
    /// errors   errc::malformed if the input ends before the batch does, or the length is below a header's
    static chronik::result<batch_view> parse(std::span<std::byte const> input) {
        if (input.size() < batch_at::records) return chronik::failure(chronik::errc::malformed);
        auto const length = chronik::load<std::int32_t, std::endian::big>(input.data() + batch_at::length);
        if (length < static_cast<std::int32_t>(batch_at::records - length_prefix_bytes) ||
            static_cast<std::size_t>(length) > input.size() - length_prefix_bytes) {
            return chronik::failure(chronik::errc::malformed);
        }
        return batch_view{input.first(length_prefix_bytes + static_cast<std::size_t>(length))};
    }

    std::span<std::byte const> bytes() const { return bytes_; }
    std::size_t size() const { return bytes_.size(); }

    std::int64_t base_offset() const { return at<std::int64_t>(batch_at::base_offset); }
    std::int32_t leader_epoch() const { return at<std::int32_t>(batch_at::leader_epoch); }
    std::int8_t magic() const { return at<std::int8_t>(batch_at::magic); }
    std::uint32_t crc() const { return at<std::uint32_t>(batch_at::crc); }
    std::int16_t attributes() const { return at<std::int16_t>(batch_at::attributes); }
    std::int32_t last_offset_delta() const { return at<std::int32_t>(batch_at::last_offset_delta); }
    std::int64_t base_timestamp() const { return at<std::int64_t>(batch_at::base_timestamp); }
    std::int64_t max_timestamp() const { return at<std::int64_t>(batch_at::max_timestamp); }
    std::int64_t producer_id() const { return at<std::int64_t>(batch_at::producer_id); }
    std::int16_t producer_epoch() const { return at<std::int16_t>(batch_at::producer_epoch); }
    std::int32_t base_sequence() const { return at<std::int32_t>(batch_at::base_sequence); }
    std::int32_t record_count() const { return at<std::int32_t>(batch_at::record_count); }

    /// Nothing for the numbers 5 to 7, which no codec has.
    std::optional<compression_type> compression() const {
        auto const type = attributes() & compression_bits;
        return type <= 4 ? std::optional{static_cast<compression_type>(type)} : std::nullopt;
    }
    /// Timestamps are the broker's, not the producer's.
    bool is_log_append_time() const { return (attributes() & 0x08) != 0; }
    bool is_transactional() const { return (attributes() & 0x10) != 0; }
    bool is_control() const { return (attributes() & 0x20) != 0; }
    /// The base timestamp is the time at which tombstones may go. source   KIP-534
    bool has_delete_horizon() const { return (attributes() & delete_horizon_bit) != 0; }
    bool has_producer() const { return producer_id() >= 0; }

    std::int64_t last_offset() const { return base_offset() + last_offset_delta(); }
    std::int64_t next_offset() const { return last_offset() + 1; }

    /// What the checksum covers: attributes to the end.
    std::span<std::byte const> checked_bytes() const { return bytes_.subspan(batch_at::attributes); }
    /// The records as stored: compressed if compression() says so.
    std::span<std::byte const> records() const { return bytes_.subspan(batch_at::records); }

private:
    explicit batch_view(std::span<std::byte const> bytes) : bytes_(bytes) {}

    template <std::integral T>
    T at(std::size_t place) const {
        return chronik::load<T, std::endian::big>(bytes_.data() + place);
    }

    std::span<std::byte const> bytes_;
};

/// Walks the batches of a record set: a produce request's, a fetch answer's, a segment's.
///
///     batch_cursor cursor{bytes};
///     while (auto const batch = cursor.next()) { ... }
///     cursor.rest() is empty, or begins with something that is no whole batch
class batch_cursor {
public:
    explicit batch_cursor(std::span<std::byte const> input) : rest_(input) {}

    std::optional<batch_view> next() {
        auto const batch = batch_view::parse(rest_);
        if (!batch) return std::nullopt;
        rest_ = rest_.subspan(batch->size());
        return *batch;
    }
    std::span<std::byte const> rest() const { return rest_; }

private:
    std::span<std::byte const> rest_;
};

/// Whether a producer's batch may enter the log, from its header and checksum; records are not decompressed.
///
/// returns   none; corrupt_message if the checksum fails; unsupported_for_message_format for another magic;
///           unsupported_compression_type for an unknown codec; invalid_record for what no producer may send: no
///           records, a count that contradicts the offsets, a control batch, a producer without epoch or sequence
[[nodiscard]] error_code validate(batch_view const& batch);

/// The one batch that a partition's records in a produce request must be.
///
/// returns   the batch, already validated; corrupt_message for torn bytes, invalid_record for none or several
[[nodiscard]] std::expected<batch_view, error_code> single_batch(std::span<std::byte const> records);

/// Sets what the broker decides, in place. Both stand outside the checksum.
inline void stamp(std::span<std::byte> batch, std::int64_t base_offset, std::int32_t leader_epoch) {
    chronik::store<std::int64_t, std::endian::big>(batch.data() + batch_at::base_offset, base_offset);
    chronik::store<std::int32_t, std::endian::big>(batch.data() + batch_at::leader_epoch, leader_epoch);
}

inline constexpr std::size_t stamp_bytes = batch_at::magic;

/// The stamped beginning of a batch whose bytes are shared and may not be written: send it in front of
/// slice(stamp_bytes, ...) of the batch.
[[nodiscard]] inline std::array<std::byte, stamp_bytes> stamped_prefix(batch_view const& batch,
                                                                     std::int64_t base_offset,
                                                                     std::int32_t leader_epoch) {
    std::array<std::byte, stamp_bytes> prefix;
    std::ranges::copy(batch.bytes().first(stamp_bytes), prefix.begin());
    stamp(prefix, base_offset, leader_epoch);
    return prefix;
}

}  // namespace broker::wire
