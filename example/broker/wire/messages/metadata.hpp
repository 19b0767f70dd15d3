// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// Metadata, key 3, versions 0 to 13: brokers, topics, and who leads which partition.
namespace broker::wire::metadata {

struct topic_request {
    topic_id id;
    std::optional<std::string> name;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"topic_id", &topic_request::id, since(10), ignorable>{},
        field<"name", &topic_request::name, nullable_since(10)>{});
    bool operator==(topic_request const&) const = default;
};

struct request {
    /// Null asks for all topics; so does an empty list in version 0. See wants_all_topics().
    std::optional<std::vector<topic_request>> topics;
    bool allow_auto_topic_creation = true;
    bool include_cluster_authorized_operations = false;
    bool include_topic_authorized_operations = false;

    static constexpr std::int16_t key = 3;
    static constexpr schema::versions described_versions{0, 13};
    static constexpr schema::version flexible_since = 9;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"topics", &request::topics, nullable_since(1)>{},
        field<"allow_auto_topic_creation", &request::allow_auto_topic_creation, since(4)>{},
        field<"include_cluster_authorized_operations", &request::include_cluster_authorized_operations, since(8),
              until(10)>{},
        field<"include_topic_authorized_operations", &request::include_topic_authorized_operations, since(8)>{});
    bool operator==(request const&) const = default;
};

inline bool wants_all_topics(request const& asked, schema::version at) {
    return !asked.topics || (at == 0 && asked.topics->empty());
}

struct broker_node {
    std::int32_t node_id = 0;
    std::string host;
    std::int32_t port = 0;
    std::optional<std::string> rack;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"node_id", &broker_node::node_id>{},
        field<"host", &broker_node::host>{},
        field<"port", &broker_node::port>{},
        field<"rack", &broker_node::rack, since(1), ignorable>{});
    bool operator==(broker_node const&) const = default;
};

struct partition {
    error_code error = error_code::none;
    std::int32_t partition_index = 0;
    std::int32_t leader_id = 0;
    std::int32_t leader_epoch = -1;
    std::vector<std::int32_t> replica_nodes;
    std::vector<std::int32_t> isr_nodes;
    std::vector<std::int32_t> offline_replicas;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"error_code", &partition::error>{},
        field<"partition_index", &partition::partition_index>{},
        field<"leader_id", &partition::leader_id>{},
        field<"leader_epoch", &partition::leader_epoch, since(7), ignorable>{},
        field<"replica_nodes", &partition::replica_nodes>{},
        field<"isr_nodes", &partition::isr_nodes>{},
        field<"offline_replicas", &partition::offline_replicas, since(5), ignorable>{});
    bool operator==(partition const&) const = default;
};

struct topic {
    error_code error = error_code::none;
    std::optional<std::string> name;
    topic_id id;
    bool is_internal = false;
    std::vector<partition> partitions;
    std::int32_t topic_authorized_operations = operations_not_requested;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"error_code", &topic::error>{},
        field<"name", &topic::name, nullable_since(12)>{},
        field<"topic_id", &topic::id, since(10), ignorable>{},
        field<"is_internal", &topic::is_internal, since(1), ignorable>{},
        field<"partitions", &topic::partitions>{},
        field<"topic_authorized_operations", &topic::topic_authorized_operations, since(8)>{});
    bool operator==(topic const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    std::vector<broker_node> brokers;
    std::optional<std::string> cluster_id;
    std::int32_t controller_id = -1;
    std::vector<topic> topics;
    std::int32_t cluster_authorized_operations = operations_not_requested;
    error_code error = error_code::none;

    static constexpr schema::versions described_versions{0, 13};
    static constexpr schema::version flexible_since = 9;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms, since(3), ignorable>{},
        field<"brokers", &response::brokers>{},
        field<"cluster_id", &response::cluster_id, since(2), ignorable>{},
        field<"controller_id", &response::controller_id, since(1), ignorable>{},
        field<"topics", &response::topics>{},
        field<"cluster_authorized_operations", &response::cluster_authorized_operations, since(8), until(10)>{},
        field<"error_code", &response::error, since(13), ignorable>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::metadata
