// SPDX-License-Identifier: Apache-2.0
#include <wire/batch_builder.hpp>
#include <wire/record_batch.hpp>
#include <wire/records.hpp>
#include <wire/support.hpp>

#include <chronik/base/crc32c.hpp>
#include <chronik/base/random.hpp>

namespace {

using namespace wire_test;

constexpr std::array codecs{compression_type::none, compression_type::gzip, compression_type::snappy,
                            compression_type::lz4, compression_type::zstd};

batch_builder three_records() {
    batch_builder builder;
    builder.add("k0", "v0", 1000, {{"h", "x"}, {"n", std::nullopt}});
    builder.add(std::nullopt, "v1", 1005);
    builder.add("k2", std::nullopt, 1003);
    return builder;
}

/// Changes bytes behind the checksum and makes the checksum right again.
std::vector<std::byte> resealed(std::vector<std::byte> batch, std::size_t place, auto value) {
    chronik::store<decltype(value), std::endian::big>(batch.data() + place, value);
    auto const crc = chronik::crc32c::value(std::span{batch}.subspan(batch_at::attributes));
    chronik::store<std::uint32_t, std::endian::big>(batch.data() + batch_at::crc, crc);
    return batch;
}

error_code verdict(std::vector<std::byte> const& batch) { return validate(batch_view::parse(batch).value()); }

TEST(record_batch, a_built_batch_reads_back) {
    auto const bytes = three_records().producer(7, 2, 40).base_offset(100).build();
    auto const batch = batch_view::parse(bytes).value();

    EXPECT_EQ(batch.size(), bytes.size());
    EXPECT_EQ(batch.base_offset(), 100);
    EXPECT_EQ(batch.last_offset(), 102);
    EXPECT_EQ(batch.next_offset(), 103);
    EXPECT_EQ(batch.record_count(), 3);
    EXPECT_EQ(batch.base_timestamp(), 1000);
    EXPECT_EQ(batch.max_timestamp(), 1005);
    EXPECT_EQ(batch.producer_id(), 7);
    EXPECT_EQ(batch.producer_epoch(), 2);
    EXPECT_EQ(batch.base_sequence(), 40);
    EXPECT_EQ(validate(batch), error_code::none);
    EXPECT_EQ(validate_records(batch), error_code::none);
}

TEST(record_batch, records_keys_values_and_headers_read_back) {
    auto const bytes = three_records().build();
    auto const batch = batch_view::parse(bytes).value();
    record_cursor cursor{batch.records(), batch.record_count()};

    auto const first = cursor.next().value();
    EXPECT_EQ(to_hex(*first.key), "6b30");
    EXPECT_EQ(to_hex(*first.value), "7630");
    ASSERT_EQ(first.headers.size(), 2u);
    EXPECT_EQ(to_hex(*first.headers[0].value), "78");
    EXPECT_FALSE(first.headers[1].value);
    auto const second = cursor.next().value();
    EXPECT_FALSE(second.key);
    EXPECT_EQ(second.timestamp_delta, 5);
    auto const third = cursor.next().value();
    EXPECT_FALSE(third.value);
    EXPECT_EQ(third.offset_delta, 2);
    EXPECT_FALSE(cursor.next());
    EXPECT_TRUE(cursor.finished());
}

TEST(record_batch, every_codec_gives_the_same_records) {
    for (auto const codec : codecs) {
        auto const bytes = three_records().compressed(codec).build();
        auto const batch = batch_view::parse(bytes).value();
        EXPECT_EQ(batch.compression(), codec);
        EXPECT_EQ(validate(batch), error_code::none);
        EXPECT_EQ(validate_records(batch), error_code::none) << static_cast<int>(codec);
    }
}

TEST(record_batch, every_truncation_is_malformed) {
    auto const bytes = three_records().build();
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        std::vector<std::byte> const cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_FALSE(batch_view::parse(cut)) << size;
    }
}

TEST(record_batch, every_flipped_bit_behind_the_checksum_is_found) {
    auto const bytes = three_records().build();
    for (std::size_t at = batch_at::attributes; at < bytes.size(); ++at) {
        auto damaged = bytes;
        damaged[at] ^= std::byte{0x10};
        EXPECT_EQ(verdict(damaged), error_code::corrupt_message) << at;
    }
}

TEST(record_batch, what_no_producer_may_send_is_refused) {
    auto const bytes = three_records().build();
    auto other_magic = bytes;
    other_magic[batch_at::magic] = std::byte{1};
    EXPECT_EQ(verdict(other_magic), error_code::unsupported_for_message_format);
    auto const unknown_codec = resealed(bytes, batch_at::attributes, std::int16_t{5});
    EXPECT_EQ(verdict(unknown_codec), error_code::unsupported_compression_type);
    EXPECT_EQ(verdict(resealed(bytes, batch_at::attributes, std::int16_t{0x20})), error_code::invalid_record);
    EXPECT_EQ(verdict(resealed(bytes, batch_at::attributes, std::int16_t{0x10})), error_code::invalid_record);
    EXPECT_EQ(verdict(resealed(bytes, batch_at::record_count, std::int32_t{0})), error_code::invalid_record);
    EXPECT_EQ(verdict(resealed(bytes, batch_at::record_count, std::int32_t{-1})), error_code::invalid_record);
    EXPECT_EQ(verdict(resealed(bytes, batch_at::last_offset_delta, std::int32_t{3})), error_code::invalid_record);
    EXPECT_EQ(verdict(resealed(bytes, batch_at::producer_id, std::int64_t{1})), error_code::invalid_record);
    EXPECT_EQ(verdict(batch_builder{}.build()), error_code::invalid_record);
}

TEST(record_batch, a_count_beyond_the_records_is_found_by_walking_them) {
    auto bytes = resealed(three_records().build(), batch_at::record_count, std::int32_t{4});
    bytes = resealed(bytes, batch_at::last_offset_delta, std::int32_t{3});
    auto const batch = batch_view::parse(bytes).value();
    EXPECT_EQ(validate(batch), error_code::none);
    EXPECT_EQ(validate_records(batch), error_code::invalid_record);
}

TEST(record_batch, damaged_records_never_crash_the_walk) {
    auto const good = three_records().build();
    chronik::random chance{5};
    for (int round = 0; round < 20'000; ++round) {
        auto bytes = good;
        auto const at = batch_at::records + static_cast<std::size_t>(chance.below(bytes.size() - batch_at::records));
        bytes[at] = static_cast<std::byte>(chance.below(256));
        static_cast<void>(validate_records(batch_view::parse(bytes).value()));
        static_cast<void>(find_timestamp(batch_view::parse(bytes).value(), 0, 1004));
    }
}

TEST(record_batch, stamping_changes_offset_and_epoch_and_keeps_the_checksum) {
    auto bytes = three_records().build();
    auto const prefix = stamped_prefix(batch_view::parse(bytes).value(), 500, 9);

    stamp(bytes, 500, 9);

    auto const batch = batch_view::parse(bytes).value();
    EXPECT_EQ(batch.base_offset(), 500);
    EXPECT_EQ(batch.leader_epoch(), 9);
    EXPECT_EQ(validate(batch), error_code::none);
    EXPECT_EQ(to_hex(prefix), to_hex(std::span{bytes}.first(stamp_bytes)));
}

TEST(record_batch, a_set_is_walked_batch_by_batch_up_to_a_torn_one) {
    auto bytes = three_records().base_offset(0).build();
    auto const second = three_records().base_offset(3).build();
    bytes.insert(bytes.end(), second.begin(), second.end());
    bytes.resize(bytes.size() + 30);

    batch_cursor cursor{bytes};
    EXPECT_EQ(cursor.next()->base_offset(), 0);
    EXPECT_EQ(cursor.next()->base_offset(), 3);
    EXPECT_FALSE(cursor.next());
    EXPECT_EQ(cursor.rest().size(), 30u);
}

TEST(record_batch, a_produce_request_holds_exactly_one_batch) {
    auto const one = three_records().build();
    EXPECT_TRUE(single_batch(one));
    EXPECT_EQ(error_of(single_batch({})), error_code::invalid_record);
    EXPECT_EQ(error_of(single_batch(std::span{one}.first(one.size() - 1))), error_code::corrupt_message);
    auto two = one;
    two.insert(two.end(), one.begin(), one.end());
    EXPECT_EQ(error_of(single_batch(two)), error_code::invalid_record);
    auto const old_message_set = from_hex("0000000000000000" "0000000e" "00000000" "01" "00" "ffffffff" "ffffffff");
    EXPECT_EQ(error_of(single_batch(old_message_set)), error_code::unsupported_for_message_format);
}

TEST(record_batch, a_time_is_found_in_plain_and_compressed_batches) {
    for (auto const codec : codecs) {
        auto const bytes = three_records().compressed(codec).build();
        auto const batch = batch_view::parse(bytes).value();
        EXPECT_EQ(find_timestamp(batch, 50, 0).value(), (offset_and_timestamp{50, 1000}));
        EXPECT_EQ(find_timestamp(batch, 50, 1001).value(), (offset_and_timestamp{51, 1005}));
        EXPECT_EQ(find_timestamp(batch, 50, 1006).value(), std::nullopt);
        EXPECT_EQ(find_timestamp(batch, 50, 0, 51).value(), (offset_and_timestamp{51, 1005}));
        EXPECT_EQ(find_timestamp(batch, 50, 0, 60).value(), std::nullopt);
    }
}

TEST(record_batch, kafka_pythons_batches_are_valid) {
    int batches = 0;
    for (auto const& line : golden_lines("kafka_python.txt")) {
        std::istringstream in{line};
        std::string kind, codec, hex;
        int count = 0;
        in >> kind >> codec >> count >> hex;
        if (kind != "batch") continue;
        ++batches;
        auto const bytes = from_hex(hex);
        auto const batch = single_batch(bytes);
        ASSERT_TRUE(batch) << codec;
        EXPECT_EQ(batch->record_count(), count);
        EXPECT_EQ(validate_records(*batch), error_code::none) << codec;
        EXPECT_EQ(find_timestamp(*batch, 0, 1'700'000'000'001).value(), (offset_and_timestamp{1, 1'700'000'000'001}));
    }
    EXPECT_GE(batches, 2);
}

}  // namespace
