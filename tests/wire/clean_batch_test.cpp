// SPDX-License-Identifier: Apache-2.0
#include <wire/batch_builder.hpp>
#include <wire/clean_batch.hpp>
#include <wire/support.hpp>

#include <chronik/base/crc32c.hpp>
#include <chronik/base/random.hpp>

#include <map>
#include <string>
#include <tuple>

namespace {

using namespace wire_test;
using extent = cleaned_batch::extent;
using shown = std::tuple<std::int64_t, std::string, std::optional<std::string>, std::int64_t>;

std::string text(std::span<std::byte const> bytes) {
    return {reinterpret_cast<char const*>(bytes.data()), bytes.size()};
}

/// Offset, key, value and time of every record.
std::vector<shown> records_of(std::span<std::byte const> bytes) {
    auto const batch = batch_view::parse(bytes).value();
    EXPECT_EQ(batch.crc(), chronik::crc32c::value(batch.checked_bytes()));
    auto const plain = decompressed(batch).value();
    record_cursor cursor{plain.bytes, batch.record_count()};
    std::vector<shown> all;
    while (auto const record = cursor.next()) {
        all.emplace_back(batch.base_offset() + record->offset_delta, record->key ? text(*record->key) : "",
                         record->value ? std::optional{text(*record->value)} : std::nullopt,
                         record_time(batch, *record));
    }
    EXPECT_TRUE(cursor.finished());
    return all;
}

/// Later versions of keys, by offset.
cleaning_rule rule_of(std::map<std::string, std::int64_t> newest, std::int64_t now_ms = 10'000) {
    return {.superseded =
                [newest = std::move(newest)](auto key, std::int64_t offset) {
                    auto const found = newest.find(text(key));
                    return found != newest.end() && found->second > offset;
                },
            .now_ms = now_ms,
            .tombstones_ms = 500};
}

batch_builder four(compression_type type = compression_type::none) {
    batch_builder made;
    made.base_offset(100).compressed(type).producer(7, 2, 40);
    made.add("a", "1", 1000).add("b", "2", 1007).add("a", "3", 1003, {{"h", "x"}}).add("c", "4", 1001);
    return made;
}

cleaned_batch cleaned(std::vector<std::byte> const& bytes, cleaning_rule const& rule) {
    return clean(batch_view::parse(bytes).value(), 100, rule).value();
}

}  // namespace

TEST(clean_batch, without_anything_newer_stays_byte_for_byte) {
    EXPECT_EQ(cleaned(four().build(), rule_of({{"a", 100}, {"c", 7}})).left, extent::whole);
}

TEST(clean_batch, loses_what_is_superseded_and_keeps_place_time_and_producer_of_the_rest) {
    for (auto const type : {compression_type::none, compression_type::gzip, compression_type::snappy,
                            compression_type::lz4, compression_type::zstd}) {
        auto const whole = four(type).build();
        auto const part = cleaned(whole, rule_of({{"a", 102}, {"b", 200}}));
        ASSERT_EQ(part.left, extent::part);
        EXPECT_EQ(records_of(part.bytes), (std::vector<shown>{{102, "a", "3", 1003}, {103, "c", "4", 1001}}));

        auto const batch = batch_view::parse(part.bytes).value();
        auto const before = batch_view::parse(whole).value();
        EXPECT_EQ(batch.compression(), type);
        EXPECT_EQ(batch.last_offset(), before.last_offset());
        EXPECT_EQ(batch.record_count(), 2);
        EXPECT_EQ(batch.max_timestamp(), 1003);
        EXPECT_EQ(batch.producer_id(), 7);
        EXPECT_EQ(batch.producer_epoch(), 2);
        EXPECT_EQ(batch.base_sequence(), 40);
    }
}

TEST(clean_batch, records_without_a_key_go) {
    auto const bytes = batch_builder{}.base_offset(100).add(std::nullopt, "x", 1).add("k", "y", 2).build();
    EXPECT_EQ(records_of(cleaned(bytes, rule_of({})).bytes), (std::vector<shown>{{101, "k", "y", 2}}));
}

TEST(clean_batch, a_tombstone_gets_its_time_first_and_goes_after_it) {
    auto const bytes = batch_builder{}.base_offset(100).add("a", "1", 1000).add("b", std::nullopt, 1007).build();
    auto const first = cleaned(bytes, rule_of({}));
    ASSERT_EQ(first.left, extent::part);
    EXPECT_EQ(records_of(first.bytes), records_of(bytes)) << "the times are the same, whatever the base is";
    auto const batch = batch_view::parse(first.bytes).value();
    EXPECT_TRUE(batch.has_delete_horizon());
    EXPECT_EQ(batch.base_timestamp(), 10'500);

    EXPECT_EQ(cleaned(first.bytes, rule_of({}, 10'500)).left, extent::whole);
    auto const later = cleaned(first.bytes, rule_of({}, 10'501));
    EXPECT_EQ(records_of(later.bytes), (std::vector<shown>{{100, "a", "1", 1000}}));
}

TEST(clean_batch, of_which_nothing_is_left_may_keep_its_header) {
    auto const bytes = four(compression_type::zstd).build();
    EXPECT_EQ(cleaned(bytes, rule_of({{"a", 900}, {"b", 900}, {"c", 900}})).left, extent::nothing);

    auto const header = without_records(batch_view::parse(bytes).value());
    auto const batch = batch_view::parse(header).value();
    EXPECT_EQ(header.size(), batch_at::records);
    EXPECT_EQ(records_of(header), std::vector<shown>{});
    EXPECT_EQ(batch.last_offset(), 103);
    EXPECT_EQ(batch.producer_id(), 7);
    EXPECT_EQ(batch.base_sequence(), 40);
    EXPECT_EQ(batch.compression(), compression_type::none);
    EXPECT_EQ(clean(batch, 100, rule_of({})).value().left, extent::whole);
}

TEST(clean_batch, that_would_be_larger_than_allowed_stays) {
    auto rule = rule_of({{"a", 102}});
    rule.bytes_max = 80;
    EXPECT_EQ(cleaned(four().build(), rule).left, extent::whole);
}

TEST(clean_batch, outermost_times_of_a_producer_wrap_as_in_its_client) {
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    auto bytes = batch_builder{}.base_offset(100).add("a", std::nullopt, least).build();
    auto const first = cleaned(bytes, rule_of({}));
    ASSERT_EQ(first.left, extent::part);
    auto const batch = batch_view::parse(first.bytes).value();
    record_cursor cursor{batch.records(), 1};
    auto const delta = static_cast<std::uint64_t>(cursor.next()->timestamp_delta);
    EXPECT_EQ(static_cast<std::int64_t>(static_cast<std::uint64_t>(batch.base_timestamp()) + delta), least);
}

TEST(clean_batch, bytes_of_strangers_are_refused_and_never_more) {
    chronik::random chance{4};
    auto const whole = four().build();
    for (int round = 0; round < 2000; ++round) {
        auto bytes = whole;
        auto const place = batch_at::attributes + chance.below(bytes.size() - batch_at::attributes);
        bytes[place] ^= std::byte{1} << chance.below(8);
        auto const batch = batch_view::parse(bytes);
        if (!batch) continue;
        auto const done = clean(*batch, 100, rule_of({{"a", 102}}));
        if (done && done->left == extent::part) {
            EXPECT_LE(done->bytes.size(), bytes.size() + 64);
        }
    }
}
