// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

namespace broker::handlers {

/// DescribeConfigs, versions 1 to 4, of topics (from this node's own image) and of this broker.
///
/// A broker's configurations are its settings under Kafka's names, and what holds for topics that say nothing; they are
/// read-only, because they are set when it starts.
void handle(context& in, request_info const& info, wire::describe_configs::request&& asked,
            answer<wire::describe_configs::response> done);

}  // namespace broker::handlers
