// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

namespace broker::handlers {

/// DescribeLogDirs, versions 0 to 5: the one data directory of this node, and what each partition held here takes in
/// it.
void handle(context& in, request_info const& info, wire::describe_log_dirs::request&& asked,
            answer<wire::describe_log_dirs::response> done);

}  // namespace broker::handlers
