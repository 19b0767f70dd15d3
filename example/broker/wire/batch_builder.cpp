// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/crc32c.hpp>
#include <chronik/base/varint.hpp>

#include <wire/batch_builder.hpp>
#include <wire/compression.hpp>

#include <algorithm>

namespace broker::wire {

namespace {

using chronik::byte_writer;

void write_varint(byte_writer& out, std::int64_t value) { chronik::write_uvarint(out, chronik::zigzag(value)); }

void write_optional(byte_writer& out, batch_builder::text const& what) {
    if (!what) return write_varint(out, -1);
    write_varint(out, static_cast<std::int64_t>(what->size()));
    out.run(std::as_bytes(std::span{*what}));
}

}  // namespace

batch_builder& batch_builder::add(text key, text value, std::int64_t timestamp_ms, std::vector<header> const& headers) {
    if (count_ == 0) base_timestamp_ = timestamp_ms;
    max_timestamp_ = std::max(max_timestamp_, timestamp_ms);

    std::vector<std::byte> body;
    byte_writer out{body};
    out.number<std::int8_t, std::endian::big>(0);
    write_varint(out, timestamp_ms - base_timestamp_);
    write_varint(out, count_++);
    write_optional(out, key);
    write_optional(out, value);
    write_varint(out, static_cast<std::int64_t>(headers.size()));
    for (auto const& [name, content] : headers) {
        write_optional(out, name);
        write_optional(out, content);
    }

    byte_writer all{records_};
    write_varint(all, static_cast<std::int64_t>(body.size()));
    all.run(body);
    return *this;
}

std::vector<std::byte> batch_builder::build() const {
    auto const records = compress(type_, records_);
    std::vector<std::byte> batch;
    batch.reserve(batch_at::records + records.size());
    byte_writer out{batch};
    auto const big = [&]<class T>(T value) { out.number<T, std::endian::big>(value); };
    big(base_offset_);
    big(static_cast<std::int32_t>(batch_at::records - batch_view::length_prefix_bytes + records.size()));
    big(std::int32_t{-1});
    big(batch_view::magic_supported);
    big(std::uint32_t{0});
    big(static_cast<std::int16_t>(flags_ | static_cast<std::int16_t>(type_)));
    big(count_ - 1);
    big(base_timestamp_);
    big(max_timestamp_);
    big(producer_id_);
    big(producer_epoch_);
    big(base_sequence_);
    big(count_);
    out.run(records);
    auto const crc = chronik::crc32c::value(std::span{batch}.subspan(batch_at::attributes));
    out.number_at<std::uint32_t, std::endian::big>(batch_at::crc, crc);
    return batch;
}

}  // namespace broker::wire
