// SPDX-License-Identifier: Apache-2.0
#include <handlers/describe_cluster.hpp>

#include <handlers/nodes.hpp>

namespace broker::handlers {

namespace {

using wire::error_code;
namespace message = wire::describe_cluster;

/// Everyone may do everything: describe, alter, create, idempotent write, describe and alter configurations, and act
/// for the cluster. The bits are those of Kafka's AclOperation.
constexpr std::int32_t all_cluster_operations = 1 << 5 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 12;

}  // namespace

void handle(context& in, request_info const&, message::request&& asked, answer<message::response> done) {
    message::response response;
    response.endpoint_type = asked.endpoint_type;
    if (asked.endpoint_type != message::endpoint_type::brokers) {
        // The metadata group has no listeners of its own: clients reach it through any broker.
        bool const known = asked.endpoint_type == message::endpoint_type::controllers;
        response.error = known ? error_code::mismatched_endpoint_type : error_code::unsupported_endpoint_type;
        response.error_message = "This is a broker's listener.";
        return done(response);
    }
    auto const image = in.cluster.image();
    response.cluster_id = image->cluster_id;
    auto const controller = in.cluster.controller_node();
    response.controller_id = reachable(*image, controller) ? number(controller) : -1;
    for (auto const& [node, broker] : image->brokers()) {
        bool const fenced = !reachable(*image, node);
        if (fenced && !asked.include_fenced_brokers) continue;
        auto& one = response.brokers.emplace_back();
        one.broker_id = number(node);
        one.host = broker.host;
        one.port = broker.kafka_port;
        if (!broker.rack.empty()) one.rack = broker.rack;
        one.is_fenced = fenced;
    }
    if (asked.include_cluster_authorized_operations) response.cluster_authorized_operations = all_cluster_operations;
    done(response);
}

}  // namespace broker::handlers
