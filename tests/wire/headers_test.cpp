// SPDX-License-Identifier: Apache-2.0
#include <wire/headers.hpp>
#include <wire/limits.hpp>
#include <wire/support.hpp>

namespace {

using namespace wire_test;

std::array<std::byte, 4> prefix(std::int32_t size) {
    std::array<std::byte, 4> bytes;
    chronik::store<std::int32_t, std::endian::big>(bytes.data(), size);
    return bytes;
}

TEST(wire_headers, a_request_header_is_version_1_before_flexible_versions) {
    auto const read = read_request(shared_bytes{from_hex("0003" "0001" "0000002a" "0002" "6162" "ffffffff")});
    ASSERT_TRUE(read);
    EXPECT_EQ(read->header, (request_header{3, 1, 42, "ab"}));
    EXPECT_EQ(to_hex(read->body.view()), "ffffffff");
}

TEST(wire_headers, a_flexible_request_header_keeps_the_old_client_id_and_has_tags) {
    auto const frame = from_hex("0012" "0003" "00000001" "0002" "6162" "01" "0501ff" "010100");
    auto const read = read_request(shared_bytes::copy_of(frame));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->header.client_id, "ab");
    EXPECT_EQ(to_hex(read->body.view()), "010100");
}

TEST(wire_headers, a_null_client_id_is_no_client_id) {
    EXPECT_EQ(read_request(shared_bytes{from_hex("0003" "0001" "00000001" "ffff")})->header.client_id, std::nullopt);
}

TEST(wire_headers, an_unknown_key_can_still_be_named_in_the_log) {
    auto const read = read_request(shared_bytes{from_hex("03e7" "0009" "00000001" "0002" "6162" "00")});
    ASSERT_TRUE(read);
    EXPECT_EQ(read->header.api_key, 999);
    EXPECT_EQ(read->header.client_id, "ab");
    EXPECT_EQ(find_api(999), nullptr);
}

TEST(wire_headers, every_truncation_of_a_header_is_malformed) {
    auto const whole = from_hex("0012" "0003" "00000001" "0002" "6162" "01" "0501ff");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        auto const read = read_request(shared_bytes::copy_of(std::span{whole}.first(size)));
        ASSERT_FALSE(read) << size;
        EXPECT_EQ(error_of(read), errc::malformed);
    }
    EXPECT_TRUE(read_request(shared_bytes::copy_of(whole)));
}

TEST(wire_headers, a_frame_size_is_checked_before_memory_is_taken) {
    EXPECT_EQ(read_frame_size(prefix(8)).value(), 8u);
    EXPECT_EQ(error_of(read_frame_size(prefix(7))), errc::malformed);
    EXPECT_EQ(error_of(read_frame_size(prefix(-1))), errc::malformed);
    auto const most = static_cast<std::int32_t>(request_bytes_max);
    EXPECT_EQ(read_frame_size(prefix(most)).value(), request_bytes_max);
    EXPECT_EQ(error_of(read_frame_size(prefix(most + 1))), errc::too_large);
}

TEST(wire_headers, the_answer_to_api_versions_always_has_header_version_0) {
    auto const framed = frame_response(request_header{18, 3, 7, {}}, api_versions::response{});
    // Length, correlation id, no tag section, then the body at once.
    EXPECT_EQ(to_hex(flat(framed.value())), "0000000c" "00000007" "0000" "01" "00000000" "00");
}

TEST(wire_headers, other_flexible_answers_have_a_tag_section_in_the_header) {
    init_producer_id::response answer;
    answer.producer_id = 1;
    auto const old_frame = frame_response(request_header{22, 1, 7, {}}, answer);
    EXPECT_EQ(to_hex(flat(old_frame.value())), "00000014" "00000007" "00000000" "0000" "0000000000000001" "0000");
    auto const new_frame = frame_response(request_header{22, 2, 7, {}}, answer);
    EXPECT_EQ(to_hex(flat(new_frame.value())),
              "00000016" "00000007" "00" "00000000" "0000" "0000000000000001" "0000" "00");
}

TEST(wire_headers, a_frame_counts_shared_runs_in_its_length) {
    fetch::response answer;
    answer.topics.emplace_back().partitions.emplace_back().records->add(shared_bytes::copy_of(std::string(1000, 'a')));

    auto const runs = frame_response(request_header{1, 12, 7, {}}, answer).value();

    ASSERT_EQ(runs.size(), 3u);
    auto const bytes = flat(runs);
    auto const length = chronik::load<std::int32_t, std::endian::big>(bytes.data());
    EXPECT_EQ(static_cast<std::size_t>(length), bytes.size() - 4);
}

TEST(wire_headers, a_framed_request_reads_back) {
    request_header const header{3, 9, 5, "me"};
    metadata::request asked;
    asked.topics.emplace().push_back({.id = {}, .name = "t"});

    auto const bytes = flat(frame_request(header, asked).value());
    auto const read = read_request(shared_bytes::copy_of(std::span{bytes}.subspan(4)));

    ASSERT_TRUE(read);
    EXPECT_EQ(read->header, header);
    EXPECT_EQ(decode<metadata::request>(read->body, 9).value(), asked);
}

TEST(wire_headers, an_unknown_api_versions_version_is_answered_in_version_0_with_the_ranges) {
    auto const bytes = flat(frame_unsupported_api_versions(9));
    auto const body = decode<api_versions::response>(shared_bytes::copy_of(std::span{bytes}.subspan(8)), 0);
    ASSERT_TRUE(body);
    EXPECT_EQ(body->error, error_code::unsupported_version);
    EXPECT_EQ(static_cast<int>(body->error), 35);
    EXPECT_EQ(body->api_keys, supported_apis().api_keys);
}

}  // namespace
