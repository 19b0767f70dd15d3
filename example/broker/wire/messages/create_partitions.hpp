// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// CreatePartitions, key 37, versions 0 to 3.
namespace broker::wire::create_partitions {

struct assignment {
    std::vector<std::int32_t> broker_ids;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"broker_ids", &assignment::broker_ids>{});
    bool operator==(assignment const&) const = default;
};

/// count         how many partitions the topic is to have, the old ones included
/// assignments   null: the broker decides; else one for each new partition
struct topic {
    std::string name;
    std::int32_t count = 0;
    std::optional<std::vector<assignment>> assignments;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &topic::name>{},
        field<"count", &topic::count>{},
        field<"assignments", &topic::assignments>{});
    bool operator==(topic const&) const = default;
};

struct request {
    std::vector<topic> topics;
    std::int32_t timeout_ms = 0;
    bool validate_only = false;

    static constexpr std::int16_t key = 37;
    static constexpr schema::versions described_versions{0, 3};
    static constexpr schema::version flexible_since = 2;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"topics", &request::topics>{},
        field<"timeout_ms", &request::timeout_ms>{},
        field<"validate_only", &request::validate_only>{});
    bool operator==(request const&) const = default;
};

struct result {
    std::string name;
    error_code error = error_code::none;
    std::optional<std::string> error_message;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &result::name>{},
        field<"error_code", &result::error>{},
        field<"error_message", &result::error_message>{});
    bool operator==(result const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    std::vector<result> results;

    static constexpr schema::versions described_versions{0, 3};
    static constexpr schema::version flexible_since = 2;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms>{},
        field<"results", &response::results>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::create_partitions
