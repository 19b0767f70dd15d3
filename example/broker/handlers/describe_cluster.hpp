// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

namespace broker::handlers {

/// DescribeCluster, versions 0 to 2, from this node's own image. Brokers that have failed are the fenced ones.
void handle(context& in, request_info const& info, wire::describe_cluster::request&& asked,
            answer<wire::describe_cluster::response> done);

}  // namespace broker::handlers
