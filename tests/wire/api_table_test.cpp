// SPDX-License-Identifier: Apache-2.0
#include <wire/support.hpp>

#include <wire/error_code.hpp>

namespace {

using namespace wire_test;

static_assert(find_api(0)->name == "Produce");
static_assert(find_api(18)->flexible_since == 3);
static_assert(find_api(5) == nullptr && find_api(-1) == nullptr);
static_assert(api_infos.size() == 31);

TEST(wire_api_table, produce_is_advertised_from_0_and_served_from_3) {
    auto const* const produce_api = find_api(0);
    EXPECT_EQ(produce_api->advertised.first, 0);
    EXPECT_FALSE(produce_api->serves(2));
    EXPECT_TRUE(produce_api->serves(3));
}

TEST(wire_api_table, the_answer_names_every_api_once_in_order) {
    auto const answer = supported_apis();
    ASSERT_EQ(answer.api_keys.size(), api_infos.size());
    EXPECT_EQ(answer.error, error_code::none);
    EXPECT_EQ(answer.api_keys.front(), (api_versions::key_range{0, 0, 12}));
    EXPECT_EQ(answer.api_keys.back(), (api_versions::key_range{75, 0, 0}));
}

TEST(wire_api_table, dispatch_finds_the_types_of_a_key) {
    std::string seen;
    EXPECT_TRUE(visit_api(22, [&]<class Api>(Api) { seen = Api::name; }));
    EXPECT_EQ(seen, "InitProducerId");
    EXPECT_FALSE(visit_api(24, [&]<class Api>(Api) { seen = Api::name; }));
    EXPECT_EQ(seen, "InitProducerId");
}

TEST(wire_api_table, only_api_versions_keeps_response_header_0) {
    EXPECT_EQ(find_api(18)->request_header_version(3), 2);
    EXPECT_EQ(find_api(18)->response_header_version(3), 0);
    EXPECT_EQ(find_api(3)->response_header_version(9), 1);
    EXPECT_EQ(find_api(3)->response_header_version(8), 0);
}

TEST(wire_error_code, codes_know_their_names_and_whether_to_retry) {
    EXPECT_EQ(name(error_code::none), "NONE");
    EXPECT_EQ(name(error_code::unknown_server_error), "UNKNOWN_SERVER_ERROR");
    EXPECT_EQ(name(static_cast<error_code>(9999)), "UNKNOWN");
    EXPECT_EQ(name(static_cast<error_code>(-2)), "UNKNOWN");
    EXPECT_TRUE(retriable(error_code::not_leader_or_follower));
    EXPECT_FALSE(retriable(error_code::none));
    EXPECT_FALSE(retriable(error_code::topic_already_exists));
}

}  // namespace
