// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

namespace broker::handlers {

/// CreatePartitions, versions 0 to 3; any node takes it and the metadata leader decides where they go. Answered when
/// they are committed, and led or soon to be.
void handle(context& in, request_info const& info, wire::create_partitions::request&& asked,
            answer<wire::create_partitions::response> done);

}  // namespace broker::handlers
