// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

namespace broker::handlers {

/// DescribeTopicPartitions, version 0, from this node's own image: topics by name, and as many partitions as the client
/// or the broker wants in one answer; a cursor says where the next one begins.
void handle(context& in, request_info const& info, wire::describe_topic_partitions::request&& asked,
            answer<wire::describe_topic_partitions::response> done);

}  // namespace broker::handlers
