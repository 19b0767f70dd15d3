// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/shared_bytes.hpp>

#include <wire/messages/common.hpp>

/// Produce, key 0, versions 3 to 13: append record batches.
///
/// Version 13 names topics by id. Records are slices of the request; nothing is copied.
namespace broker::wire::produce {

struct partition_data {
    std::int32_t index = 0;
    std::optional<chronik::shared_bytes> records;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"index", &partition_data::index>{},
        field<"records", &partition_data::records>{});
    bool operator==(partition_data const&) const = default;
};

struct topic_data {
    std::string name;
    topic_id id;
    std::vector<partition_data> partitions;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &topic_data::name, until(12), ignorable>{},
        field<"topic_id", &topic_data::id, since(13), ignorable>{},
        field<"partition_data", &topic_data::partitions>{});
    bool operator==(topic_data const&) const = default;
};

/// acks: 0 wants no answer, 1 the leader's own sync, -1 the quorum's.
struct request {
    std::optional<std::string> transactional_id;
    std::int16_t acks = 0;
    std::int32_t timeout_ms = 0;
    std::vector<topic_data> topics;

    static constexpr std::int16_t key = 0;
    static constexpr schema::versions described_versions{3, 13};
    static constexpr schema::version flexible_since = 9;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"transactional_id", &request::transactional_id, since(3)>{},
        field<"acks", &request::acks>{},
        field<"timeout_ms", &request::timeout_ms>{},
        field<"topic_data", &request::topics>{});
    bool operator==(request const&) const = default;
};

struct record_error {
    std::int32_t batch_index = 0;
    std::optional<std::string> message;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"batch_index", &record_error::batch_index>{},
        field<"batch_index_error_message", &record_error::message>{});
    bool operator==(record_error const&) const = default;
};

struct partition_response {
    std::int32_t index = 0;
    error_code error = error_code::none;
    std::int64_t base_offset = 0;
    std::int64_t log_append_time_ms = -1;
    std::int64_t log_start_offset = -1;
    std::vector<record_error> record_errors;
    std::optional<std::string> error_message;
    leader_and_epoch current_leader;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"index", &partition_response::index>{},
        field<"error_code", &partition_response::error>{},
        field<"base_offset", &partition_response::base_offset>{},
        field<"log_append_time_ms", &partition_response::log_append_time_ms, since(2), ignorable>{},
        field<"log_start_offset", &partition_response::log_start_offset, since(5), ignorable>{},
        field<"record_errors", &partition_response::record_errors, since(8), ignorable>{},
        field<"error_message", &partition_response::error_message, since(8), ignorable>{},
        // Kafka's schema does not let this one be dropped; a hint that an old client cannot read is no loss.
        field<"current_leader", &partition_response::current_leader, tagged<0>(10), ignorable>{});
    bool operator==(partition_response const&) const = default;
};

struct topic_response {
    std::string name;
    topic_id id;
    std::vector<partition_response> partitions;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &topic_response::name, until(12), ignorable>{},
        field<"topic_id", &topic_response::id, since(13), ignorable>{},
        field<"partition_responses", &topic_response::partitions>{});
    bool operator==(topic_response const&) const = default;
};

struct response {
    std::vector<topic_response> topics;
    std::int32_t throttle_time_ms = 0;
    std::vector<node_endpoint> node_endpoints;

    static constexpr schema::versions described_versions{3, 13};
    static constexpr schema::version flexible_since = 9;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"responses", &response::topics>{},
        field<"throttle_time_ms", &response::throttle_time_ms, since(1), ignorable>{},
        field<"node_endpoints", &response::node_endpoints, tagged<0>(10), ignorable>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::produce
