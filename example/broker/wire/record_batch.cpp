// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/crc32c.hpp>

#include <wire/record_batch.hpp>

namespace broker::wire {

error_code validate(batch_view const& batch) {
    // The magic stands outside the checksum and says how to read the rest, so it comes first.
    if (batch.magic() != batch_view::magic_supported) return error_code::unsupported_for_message_format;
    if (chronik::crc32c::extend(0, batch.checked_bytes()) != batch.crc()) return error_code::corrupt_message;
    if (!batch.compression()) return error_code::unsupported_compression_type;
    if (batch.is_control()) return error_code::invalid_record;
    if (batch.record_count() <= 0) return error_code::invalid_record;
    if (batch.last_offset_delta() != batch.record_count() - 1) return error_code::invalid_record;
    if (batch.has_producer()) {
        if (batch.producer_epoch() < 0 || batch.base_sequence() < 0) return error_code::invalid_record;
    } else if (batch.is_transactional()) {
        return error_code::invalid_record;
    }
    return error_code::none;
}

std::expected<batch_view, error_code> single_batch(std::span<std::byte const> records) {
    if (records.empty()) return std::unexpected(error_code::invalid_record);
    auto const batch = batch_view::parse(records);
    if (!batch) {
        // Old message sets have their magic in the same place, and are shorter than a header of ours may be.
        bool const other_magic =
            records.size() > batch_at::magic && records[batch_at::magic] != std::byte{batch_view::magic_supported};
        return std::unexpected(other_magic ? error_code::unsupported_for_message_format : error_code::corrupt_message);
    }
    if (auto const why = validate(*batch); why != error_code::none) return std::unexpected(why);
    if (batch->size() != records.size()) return std::unexpected(error_code::invalid_record);
    return *batch;
}

}  // namespace broker::wire
