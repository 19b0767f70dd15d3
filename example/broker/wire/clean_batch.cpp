// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/crc32c.hpp>
#include <chronik/base/varint.hpp>

#include <wire/clean_batch.hpp>
#include <wire/compression.hpp>

#include <algorithm>

namespace broker::wire {

namespace {

using chronik::byte_writer;

template <class T>
void put(std::vector<std::byte>& batch, std::size_t place, T value) {
    chronik::store<T, std::endian::big>(batch.data() + place, value);
}

/// The same header before other records.
std::vector<std::byte> rebuilt(batch_view const& batch, std::span<std::byte const> records, std::int16_t attributes,
                               std::int32_t count, std::int64_t base_timestamp, std::int64_t max_timestamp) {
    std::vector<std::byte> made(batch_at::records + records.size());
    std::ranges::copy(batch.bytes().first(batch_at::records), made.begin());
    std::ranges::copy(records, made.begin() + batch_at::records);
    put(made, batch_at::length, static_cast<std::int32_t>(made.size() - batch_view::length_prefix_bytes));
    put(made, batch_at::attributes, attributes);
    put(made, batch_at::base_timestamp, base_timestamp);
    put(made, batch_at::max_timestamp, max_timestamp);
    put(made, batch_at::record_count, count);
    put(made, batch_at::crc, chronik::crc32c::value(std::span{made}.subspan(batch_at::attributes)));
    return made;
}

/// Takes over records, at another base timestamp. A producer chooses any numbers; their sums wrap, as in its clients.
class record_copier {
public:
    record_copier(std::int64_t base, std::int64_t new_base)
        : shift_(static_cast<std::uint64_t>(base) - static_cast<std::uint64_t>(new_base)) {}

    void add(record_view const& record) {
        body_.clear();
        byte_writer body{body_};
        body.run(record.body.first(1));  // attributes
        auto const delta = static_cast<std::uint64_t>(record.timestamp_delta) + shift_;
        chronik::write_uvarint(body, chronik::zigzag(static_cast<std::int64_t>(delta)));
        body.run(record.after_timestamp);
        byte_writer out{records_};
        chronik::write_uvarint(out, chronik::zigzag(static_cast<std::int64_t>(body_.size())));
        out.run(body_);
    }
    std::vector<std::byte> const& records() const { return records_; }

private:
    std::uint64_t shift_;
    std::vector<std::byte> body_;
    std::vector<std::byte> records_;
};

}  // namespace

chronik::result<cleaned_batch> clean(batch_view const& batch, std::int64_t base_offset, cleaning_rule const& rule) {
    cleaned_batch cleaned;
    if (batch.is_control() || batch.record_count() == 0) return cleaned;
    auto const plain = decompressed(batch);
    if (!plain) return std::unexpected(plain.error());

    bool const over = batch.has_delete_horizon() && rule.now_ms > batch.base_timestamp();
    std::vector<bool> keeps;
    bool has_tombstones = false;
    record_cursor cursor{plain->bytes, batch.record_count()};
    while (auto const record = cursor.next()) {
        bool const stays = record->key && (record->value || !over) &&
                           !rule.superseded(*record->key, base_offset + record->offset_delta);
        has_tombstones = has_tombstones || (stays && !record->value);
        keeps.push_back(stays);
    }
    if (!cursor.finished()) return chronik::failure(chronik::errc::malformed);
    auto const kept = std::ranges::count(keeps, true);
    bool const begins_horizon = has_tombstones && !batch.has_delete_horizon();
    if (kept == batch.record_count() && !begins_horizon) return cleaned;
    if (kept == 0) {
        cleaned.left = cleaned_batch::extent::nothing;
        return cleaned;
    }

    std::int64_t const base = begins_horizon ? rule.now_ms + rule.tombstones_ms : batch.base_timestamp();
    std::int64_t newest = batch.is_log_append_time() ? batch.max_timestamp() : std::numeric_limits<std::int64_t>::min();
    record_copier copied{batch.base_timestamp(), base};
    record_cursor again{plain->bytes, batch.record_count()};
    for (bool const stays : keeps) {
        auto const record = again.next();
        if (!stays) continue;
        copied.add(*record);
        if (!batch.is_log_append_time()) newest = std::max(newest, record_time(batch, *record));
    }
    auto const records = compress(*batch.compression(), copied.records());
    auto const attributes =
        static_cast<std::int16_t>(batch.attributes() | (begins_horizon ? batch_view::delete_horizon_bit : 0));
    auto made = rebuilt(batch, records, attributes, static_cast<std::int32_t>(kept), base, newest);
    if (made.size() > rule.bytes_max) return cleaned;
    cleaned.left = cleaned_batch::extent::part;
    cleaned.bytes = std::move(made);
    return cleaned;
}

std::vector<std::byte> without_records(batch_view const& batch) {
    auto const attributes = static_cast<std::int16_t>(
        batch.attributes() & ~(batch_view::compression_bits | batch_view::delete_horizon_bit));
    return rebuilt(batch, {}, attributes, 0, batch.base_timestamp(), batch.max_timestamp());
}

}  // namespace broker::wire
