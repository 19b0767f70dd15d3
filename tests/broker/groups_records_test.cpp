// SPDX-License-Identifier: Apache-2.0
#include <groups/log_records.hpp>
#include <groups/stored_groups.hpp>
#include <wire/batch_builder.hpp>

#include <gtest/gtest.h>

#include <span>
#include <string>

namespace broker::tests {
namespace {

using chronik::errc;
using groups::group_key;
using groups::group_value;
using groups::offset_key;
using groups::offset_value;

std::string hex(std::span<std::byte const> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (auto const each : bytes) {
        out += digits[std::to_integer<std::size_t>(each) >> 4];
        out += digits[std::to_integer<std::size_t>(each) & 15];
    }
    return out;
}

offset_value value_of(std::int64_t offset) {
    offset_value out;
    out.offset = offset;
    out.leader_epoch = 3;
    out.metadata = "m";
    out.commit_timestamp = 1000;
    return out;
}

TEST(groups_records, a_committed_offset_has_kafkas_bytes) {
    auto const record = groups::to_record(offset_key{"grp", "tpc", 2}, value_of(17));

    ASSERT_TRUE(record);
    EXPECT_EQ(hex(record->key), "0001" "0003677270" "0003747063" "00000002");
    EXPECT_EQ(hex(*record->value), "0003" "0000000000000011" "00000003" "00016d" "00000000000003e8");
    auto const key = groups::read_key(record->key);
    ASSERT_TRUE(key);
    EXPECT_EQ(std::get<offset_key>(*key), (offset_key{"grp", "tpc", 2}));
    EXPECT_EQ(groups::read_offset(*record->value), value_of(17));
}

TEST(groups_records, an_offset_with_an_expiry_of_its_own_is_written_in_the_version_that_has_one) {
    auto value = value_of(17);
    value.expire_timestamp = 2000;
    value.leader_epoch = -1;

    auto const record = groups::to_record(offset_key{"g", "t", 0}, value);

    ASSERT_TRUE(record);
    EXPECT_EQ(hex(*record->value), "0001" "0000000000000011" "00016d" "00000000000003e8" "00000000000007d0");
    EXPECT_EQ(groups::read_offset(*record->value), value);
}

TEST(groups_records, a_generation_has_kafkas_bytes) {
    group_value value;
    value.protocol_type = "consumer";
    value.generation = 5;
    value.protocol = "range";
    value.leader = "m";
    value.current_state_timestamp = 1000;
    value.members.push_back({.member_id = "m",
                             .group_instance_id = std::nullopt,
                             .client_id = "c",
                             .client_host = "/h",
                             .rebalance_timeout = 60'000,
                             .session_timeout = 10'000,
                             .subscription = chronik::shared_bytes::copy_of("s"),
                             .assignment = chronik::shared_bytes::copy_of("as")});

    auto const record = groups::to_record(group_key{"grp"}, value);

    ASSERT_TRUE(record);
    EXPECT_EQ(hex(record->key), "0002" "0003677270");
    EXPECT_EQ(hex(*record->value),
              "0003" "0008636f6e73756d6572" "00000005" "000572616e6765" "00016d" "00000000000003e8" "00000001"
              "00016d" "ffff" "000163" "00022f68" "0000ea60" "00002710" "0000000173" "000000026173");
    EXPECT_EQ(groups::read_group(*record->value), value);
}

TEST(groups_records, what_is_not_known_or_torn_is_an_error) {
    auto const record = groups::to_record(offset_key{"g", "t", 0}, value_of(1));
    ASSERT_TRUE(record);
    std::vector<std::byte> const future{std::byte{0}, std::byte{9}, std::byte{0}};
    auto const torn = std::span{*record->value}.first(record->value->size() - 1);

    EXPECT_EQ(groups::read_key(future).error(), errc::unsupported_version);
    EXPECT_EQ(groups::read_offset(future).error(), errc::unsupported_version);
    EXPECT_EQ(groups::read_key({}).error(), errc::malformed);
    EXPECT_EQ(groups::read_key(std::span{record->key}.first(5)).error(), errc::malformed);
    EXPECT_EQ(groups::read_offset(torn).error(), errc::malformed);
    EXPECT_EQ(groups::read_group(torn).error(), errc::malformed);
}

TEST(groups_records, the_last_record_of_a_key_counts) {
    groups::stored_groups stored;
    stored.apply(*groups::to_record(offset_key{"g", "t", 0}, value_of(1)));
    stored.apply(*groups::to_record(offset_key{"g", "t", 0}, value_of(2)));
    stored.apply(*groups::to_record(offset_key{"g", "t", 1}, value_of(3)));
    stored.apply(*groups::to_record(group_key{"g"}, group_value{}));

    ASSERT_NE(stored.find("g"), nullptr);
    EXPECT_EQ(stored.find("g")->find("t", 0)->offset, 2);
    EXPECT_EQ(stored.offset_count(), 2u);
    EXPECT_EQ(stored.find("g")->offset_count, 2u);

    stored.apply(*groups::to_tombstone(offset_key{"g", "t", 0}));
    stored.apply(*groups::to_tombstone(offset_key{"g", "t", 0}));
    stored.apply(*groups::to_tombstone(offset_key{"other", "t", 0}));
    stored.apply(*groups::to_tombstone(group_key{"other"}));
    EXPECT_EQ(stored.find("g")->find("t", 0), nullptr);
    EXPECT_EQ(stored.offset_count(), 1u);
    stored.apply(*groups::to_tombstone(group_key{"g"}));
    EXPECT_NE(stored.find("g"), nullptr) << "it still has an offset";
    stored.apply(*groups::to_tombstone(offset_key{"g", "t", 1}));
    EXPECT_EQ(stored.find("g"), nullptr);
    EXPECT_TRUE(stored.all().empty());
}

TEST(groups_records, a_batch_is_read_record_by_record_and_what_is_foreign_is_skipped) {
    auto const good = groups::to_record(offset_key{"g", "t", 0}, value_of(7));
    ASSERT_TRUE(good);
    auto const text = [](std::vector<std::byte> const& bytes) {
        return std::string_view{reinterpret_cast<char const*>(bytes.data()), bytes.size()};
    };
    auto const bytes = wire::batch_builder{}
                           .compressed(wire::compression_type::lz4)
                           .add("nonsense", "x", 1)
                           .add(std::nullopt, "x", 1)
                           .add(text(good->key), "nonsense", 1)
                           .add(text(good->key), text(*good->value), 1)
                           .build();
    auto const batch = wire::batch_view::parse(bytes);
    ASSERT_TRUE(batch);
    groups::stored_groups stored;

    stored.apply(*batch);

    ASSERT_NE(stored.find("g"), nullptr);
    EXPECT_EQ(stored.find("g")->find("t", 0)->offset, 7);
    EXPECT_EQ(stored.unreadable(), 3u);
}

}  // namespace
}  // namespace broker::tests
