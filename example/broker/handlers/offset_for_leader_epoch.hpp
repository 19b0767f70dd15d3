// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

namespace broker::handlers {

/// OffsetForLeaderEpoch, versions 2 to 4: the end of what a leader of that epoch, or of the last one before it, wrote.
void handle(context& in, request_info const& info, wire::offset_for_leader_epoch::request&& asked,
            answer<wire::offset_for_leader_epoch::response> done);

}  // namespace broker::handlers
