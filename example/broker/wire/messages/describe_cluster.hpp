// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// DescribeCluster, key 60, versions 0 to 2: who is in the cluster, without its topics.
namespace broker::wire::describe_cluster {

enum class endpoint_type : std::int8_t { brokers = 1, controllers = 2 };

struct request {
    bool include_cluster_authorized_operations = false;
    describe_cluster::endpoint_type endpoint_type = describe_cluster::endpoint_type::brokers;
    bool include_fenced_brokers = false;

    static constexpr std::int16_t key = 60;
    static constexpr schema::versions described_versions{0, 2};
    static constexpr schema::version flexible_since = 0;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"include_cluster_authorized_operations", &request::include_cluster_authorized_operations>{},
        field<"endpoint_type", &request::endpoint_type, since(1)>{},
        field<"include_fenced_brokers", &request::include_fenced_brokers, since(2)>{});
    bool operator==(request const&) const = default;
};

struct broker {
    std::int32_t broker_id = 0;
    std::string host;
    std::int32_t port = 0;
    std::optional<std::string> rack;
    bool is_fenced = false;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"broker_id", &broker::broker_id>{},
        field<"host", &broker::host>{},
        field<"port", &broker::port>{},
        field<"rack", &broker::rack>{},
        field<"is_fenced", &broker::is_fenced, since(2)>{});
    bool operator==(broker const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    error_code error = error_code::none;
    std::optional<std::string> error_message;
    describe_cluster::endpoint_type endpoint_type = describe_cluster::endpoint_type::brokers;
    std::string cluster_id;
    std::int32_t controller_id = -1;
    std::vector<broker> brokers;
    std::int32_t cluster_authorized_operations = operations_not_requested;

    static constexpr schema::versions described_versions{0, 2};
    static constexpr schema::version flexible_since = 0;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms>{},
        field<"error_code", &response::error>{},
        field<"error_message", &response::error_message>{},
        field<"endpoint_type", &response::endpoint_type, since(1)>{},
        field<"cluster_id", &response::cluster_id>{},
        field<"controller_id", &response::controller_id>{},
        field<"brokers", &response::brokers>{},
        field<"cluster_authorized_operations", &response::cluster_authorized_operations>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::describe_cluster
