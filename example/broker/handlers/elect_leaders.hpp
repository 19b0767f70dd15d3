// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

namespace broker::handlers {

/// ElectLeaders, versions 0 to 2; any node takes it, and asks the partitions' leaders to hand over. Answered when the
/// metadata name the preferred replicas, or after ten seconds. Only replicas that hold all that is committed can lead:
/// an unclean election is refused.
void handle(context& in, request_info const& info, wire::elect_leaders::request&& asked,
            answer<wire::elect_leaders::response> done);

}  // namespace broker::handlers
