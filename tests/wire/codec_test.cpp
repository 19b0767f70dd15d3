// SPDX-License-Identifier: Apache-2.0
#include <wire/random_message.hpp>
#include <wire/support.hpp>

#include <wire/limits.hpp>

namespace {

using namespace wire_test;

template <class Message>
void expect_round_trips() {
    for (int at = Message::described_versions.first; at <= Message::described_versions.last; ++at) {
        auto const version = static_cast<schema::version>(at);
        for (std::uint64_t seed = 1; seed <= 40; ++seed) {
            auto const sent = random_message{seed, version}.make<Message>();
            auto const received = decode<Message>(shared_bytes{encoded(sent, version)}, version);
            ASSERT_TRUE(received) << "version " << at << " seed " << seed << ": " << print(sent);
            ASSERT_EQ(*received, sent) << "version " << at << " seed " << seed << ": " << print(sent);
        }
    }
}

/// Chance damage must give a message or an error, within the limits; the sanitizers watch.
template <class Message>
void expect_damage_is_survived() {
    chronik::random chance{99};
    for (int at = Message::described_versions.first; at <= Message::described_versions.last; ++at) {
        auto const version = static_cast<schema::version>(at);
        for (std::uint64_t seed = 1; seed <= 100; ++seed) {
            auto bytes = encoded(random_message{seed, version}.make<Message>(), version);
            if (bytes.empty()) continue;
            for (auto hits = chance.between(1, 3); hits > 0; --hits) {
                bytes[static_cast<std::size_t>(chance.below(bytes.size()))] = static_cast<std::byte>(chance.below(256));
            }
            static_cast<void>(decode<Message>(shared_bytes{std::move(bytes)}, version));
        }
    }
}

TEST(wire_codec, random_messages_survive_the_round_trip_in_every_version) {
    boost::hana::unpack(apis, []<class... Api>(Api...) {
        (expect_round_trips<typename Api::request>(), ...);
        (expect_round_trips<typename Api::response>(), ...);
    });
}

TEST(wire_codec, damaged_messages_never_crash) {
    boost::hana::unpack(apis, []<class... Api>(Api...) {
        (expect_damage_is_survived<typename Api::request>(), ...);
        (expect_damage_is_survived<typename Api::response>(), ...);
    });
}

TEST(wire_codec, a_produce_requests_records_are_slices_of_the_request) {
    produce::request sent;
    sent.topics.emplace_back().partitions.push_back({.index = 0, .records = shared_bytes::copy_of("batch")});
    shared_bytes const body{encoded(sent, 9)};

    auto const received = decode<produce::request>(body, 9);

    ASSERT_TRUE(received);
    auto const& records = *received->topics[0].partitions[0].records;
    EXPECT_EQ(records.owner(), body.owner());
    EXPECT_EQ(records.text(), "batch");
}

TEST(wire_codec, a_fetch_answer_sends_batches_from_where_they_lie) {
    auto const first = shared_bytes::copy_of(std::string(100, 'a'));
    auto const second = shared_bytes::copy_of(std::string(200, 'b'));
    fetch::response answer;
    answer.topics.emplace_back().partitions.emplace_back().records->add(first);
    answer.topics[0].partitions[0].records->add(second);

    gather_writer out;
    ASSERT_TRUE(encode(answer, 12, out));
    auto const size = out.size();
    auto const runs = std::move(out).finish();

    ASSERT_EQ(runs.size(), 4u);
    EXPECT_EQ(runs[1].data(), first.data());
    EXPECT_EQ(runs[2].data(), second.data());
    EXPECT_EQ(runs[0].owner(), runs[3].owner());
    EXPECT_EQ(flat(runs).size(), size);
    EXPECT_EQ(decode<fetch::response>(shared_bytes{flat(runs)}, 12).value(), answer);
}

TEST(wire_codec, unknown_tags_are_skipped) {
    // An empty name and version, then two tags: 7 with two bytes, 9 with none.
    auto const message = decode<api_versions::request>(shared_bytes{from_hex("0101" "02" "0702abcd" "0900")}, 3);
    ASSERT_TRUE(message);
    EXPECT_EQ(*message, api_versions::request{});
}

TEST(wire_codec, a_tag_that_is_longer_than_its_value_is_malformed) {
    // FinalizedFeaturesEpoch is tag 1 and eight bytes; nine are sent.
    auto const answer = decode<api_versions::response>(shared_bytes{from_hex("0000" "01" "00000000" "01" "0109"
                                                                             "000000000000000000")}, 3);
    EXPECT_EQ(error_of(answer), errc::malformed);
}

TEST(wire_codec, more_tags_than_bytes_are_malformed) {
    EXPECT_EQ(error_of(decode<api_versions::request>(shared_bytes{from_hex("0101ffffffff0f")}, 3)), errc::malformed);
}

TEST(wire_codec, a_string_beyond_its_limit_is_too_large_either_way) {
    api_versions::request asked;
    asked.client_software_name.assign(string_bytes_max + 1, 'x');
    gather_writer out;
    EXPECT_EQ(error_of(encode(asked, 3, out)), errc::too_large);

    std::vector<std::byte> bytes = from_hex("818002");  // 32768 plus one
    bytes.resize(bytes.size() + string_bytes_max + 1 + 2);
    EXPECT_EQ(error_of(decode<api_versions::request>(shared_bytes{std::move(bytes)}, 3)), errc::too_large);
}

TEST(wire_codec, an_array_beyond_its_limit_is_too_large) {
    auto bytes = from_hex("000f4241");  // array_elements_max + 1 topics
    bytes.resize(2 * array_elements_max);
    EXPECT_EQ(error_of(decode<metadata::request>(shared_bytes{std::move(bytes)}, 0)), errc::too_large);
}

TEST(wire_codec, a_request_of_many_tiny_elements_cannot_buy_more_memory_than_the_limit) {
    // A million topics with empty names: 16 bytes each on the wire, six times that in memory.
    auto bytes = from_hex("000f4240");
    bytes.resize(bytes.size() + 16 * array_elements_max);
    EXPECT_EQ(error_of(decode<create_topics::request>(shared_bytes{std::move(bytes)}, 0)), errc::too_large);
}

TEST(wire_codec, a_null_that_the_version_does_not_know_is_malformed) {
    EXPECT_EQ(error_of(decode<metadata::request>(shared_bytes{from_hex("ffffffff")}, 0)), errc::malformed);
    EXPECT_TRUE(decode<metadata::request>(shared_bytes{from_hex("ffffffff")}, 1));
    EXPECT_EQ(error_of(decode<metadata::request>(shared_bytes{from_hex("fffffffe")}, 1)), errc::malformed);
}

TEST(wire_codec, a_version_that_is_not_described_is_refused) {
    EXPECT_EQ(error_of(decode<produce::request>(shared_bytes{}, 2)), errc::unsupported_version);
    EXPECT_EQ(error_of(decode<produce::request>(shared_bytes{}, 14)), errc::unsupported_version);
}

TEST(wire_metadata, an_empty_list_means_all_topics_only_in_version_0) {
    metadata::request asked;
    EXPECT_TRUE(metadata::wants_all_topics(asked, 0));
    EXPECT_TRUE(metadata::wants_all_topics(asked, 9));
    asked.topics.emplace();
    EXPECT_TRUE(metadata::wants_all_topics(asked, 0));
    EXPECT_FALSE(metadata::wants_all_topics(asked, 1));
}

}  // namespace
