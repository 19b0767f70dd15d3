// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/varint.hpp>

#include <wire/compression.hpp>
#include <wire/records.hpp>

#include <algorithm>
#include <limits>

namespace broker::wire {

namespace {

using chronik::byte_reader;
using chronik::errc;

std::int32_t read_varint(byte_reader& in) {
    return static_cast<std::int32_t>(chronik::unzigzag(chronik::read_uvarint<32>(in)));
}
std::int64_t read_varlong(byte_reader& in) { return chronik::unzigzag(chronik::read_uvarint<64>(in)); }

optional_bytes read_optional(byte_reader& in) {
    auto const size = read_varint(in);
    if (size == -1) return std::nullopt;
    if (size < 0) { in.fail(); return std::nullopt; }
    return in.run(static_cast<std::size_t>(size));
}

/// A record must use up exactly the length it claims.
std::optional<record_view> read_record(std::span<std::byte const> body) {
    byte_reader in{body};
    record_view record;
    record.body = body;
    in.number<std::int8_t, std::endian::big>();  // attributes: unused in magic 2
    record.timestamp_delta = read_varlong(in);
    record.after_timestamp = body.subspan(body.size() - in.remaining());
    record.offset_delta = read_varint(in);
    record.key = read_optional(in);
    record.value = read_optional(in);
    auto const headers = read_varint(in);
    // A header takes two bytes at least, so a larger count is a lie that must not be paid for.
    if (headers < 0 || static_cast<std::size_t>(headers) > in.remaining() / 2) return std::nullopt;
    record.headers.reserve(static_cast<std::size_t>(headers));
    for (std::int32_t nth = 0; nth < headers; ++nth) {
        auto const key = read_optional(in);
        auto const value = read_optional(in);
        if (!key || in.failed()) return std::nullopt;
        record.headers.push_back({*key, value});
    }
    if (in.failed() || in.remaining() != 0) return std::nullopt;
    return record;
}

std::int64_t add_saturated(std::int64_t base, std::int64_t delta) {
    std::int64_t sum = 0;
    if (!__builtin_add_overflow(base, delta, &sum)) return sum;
    return delta < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

}  // namespace

std::optional<record_view> record_cursor::next() {
    if (left_ <= 0 || in_.failed()) return std::nullopt;
    auto const size = read_varint(in_);
    if (size < 0) in_.fail();
    auto const bytes = in_.run(static_cast<std::size_t>(std::max(size, 0)));
    if (in_.failed()) return std::nullopt;
    auto record = read_record(bytes);
    if (!record) { in_.fail(); return std::nullopt; }
    --left_;
    return record;
}

chronik::result<plain_records> decompressed(batch_view const& batch, std::size_t bytes_max) {
    auto const type = batch.compression();
    if (!type) return chronik::failure(errc::unsupported_version);
    plain_records plain;
    if (*type == compression_type::none) {
        plain.bytes = batch.records();
        return plain;
    }
    auto storage = decompress(*type, batch.records(), bytes_max);
    if (!storage) return std::unexpected(storage.error());
    plain.storage = std::move(*storage);
    plain.bytes = plain.storage;
    return plain;
}

error_code validate_records(batch_view const& batch, keys wanted, std::size_t bytes_max) {
    auto const plain = decompressed(batch, bytes_max);
    if (!plain) {
        if (plain.error() == errc::unsupported_version) return error_code::unsupported_compression_type;
        return plain.error() == errc::too_large ? error_code::message_too_large : error_code::corrupt_message;
    }
    record_cursor cursor{plain->bytes, batch.record_count()};
    std::int32_t expected_delta = 0;
    while (auto const record = cursor.next()) {
        if (record->offset_delta != expected_delta++) return error_code::invalid_record;
        if (wanted == keys::required && !record->key) return error_code::invalid_record;
    }
    return cursor.finished() ? error_code::none : error_code::invalid_record;
}

std::int64_t record_time(batch_view const& batch, record_view const& record) {
    return add_saturated(batch.base_timestamp(), record.timestamp_delta);
}

chronik::result<std::optional<offset_and_timestamp>> find_timestamp(batch_view const& batch, std::int64_t base_offset,
                                                                    std::int64_t timestamp, std::int64_t offset_min) {
    using found = std::optional<offset_and_timestamp>;
    if (batch.max_timestamp() < timestamp || base_offset + batch.last_offset_delta() < offset_min) return found{};
    if (batch.is_log_append_time()) return found{{std::max(base_offset, offset_min), batch.max_timestamp()}};
    auto const plain = decompressed(batch);
    if (!plain) return std::unexpected(plain.error());
    record_cursor cursor{plain->bytes, batch.record_count()};
    while (auto const record = cursor.next()) {
        auto const offset = base_offset + record->offset_delta;
        auto const at = record_time(batch, *record);
        if (at >= timestamp && offset >= offset_min) return found{{offset, at}};
    }
    if (!cursor.finished()) return chronik::failure(errc::malformed);
    return found{};
}

}  // namespace broker::wire
