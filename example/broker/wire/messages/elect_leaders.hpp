// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// ElectLeaders, key 43, versions 0 to 2: leadership goes to the preferred replica (KIP-183, KIP-460).
namespace broker::wire::elect_leaders {

/// Any other number is one that we refuse.
enum class election_type : std::int8_t { preferred = 0, unclean = 1 };

struct topic_partitions {
    std::string topic;
    std::vector<std::int32_t> partitions;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"topic", &topic_partitions::topic>{},
        field<"partitions", &topic_partitions::partitions>{});
    bool operator==(topic_partitions const&) const = default;
};

/// topics   null: all partitions that another than the preferred replica leads
struct request {
    election_type type = election_type::preferred;
    std::optional<std::vector<topic_partitions>> topics;
    std::int32_t timeout_ms = 60000;

    static constexpr std::int16_t key = 43;
    static constexpr schema::versions described_versions{0, 2};
    static constexpr schema::version flexible_since = 2;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"election_type", &request::type, since(1)>{},
        field<"topic_partitions", &request::topics>{},
        field<"timeout_ms", &request::timeout_ms>{});
    bool operator==(request const&) const = default;
};

struct partition_result {
    std::int32_t partition_id = 0;
    error_code error = error_code::none;
    std::optional<std::string> error_message;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"partition_id", &partition_result::partition_id>{},
        field<"error_code", &partition_result::error>{},
        field<"error_message", &partition_result::error_message>{});
    bool operator==(partition_result const&) const = default;
};

struct topic_result {
    std::string topic;
    std::vector<partition_result> partitions;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"topic", &topic_result::topic>{},
        field<"partition_result", &topic_result::partitions>{});
    bool operator==(topic_result const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    error_code error = error_code::none;
    std::vector<topic_result> results;

    static constexpr schema::versions described_versions{0, 2};
    static constexpr schema::version flexible_since = 2;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms>{},
        field<"error_code", &response::error, since(1)>{},
        field<"replica_election_results", &response::results>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::elect_leaders
