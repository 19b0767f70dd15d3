// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

/// What members of a group say to its coordinator. Every other node answers NOT_COORDINATOR.
namespace broker::handlers {

/// JoinGroup, versions 0 to 9; answered when the round ends.
void handle(context& in, request_info const& info, wire::join_group::request&& asked,
            answer<wire::join_group::response> done);
/// SyncGroup, versions 0 to 5; answered when the leader's assignment is committed.
void handle(context& in, request_info const& info, wire::sync_group::request&& asked,
            answer<wire::sync_group::response> done);
/// Heartbeat, versions 0 to 4.
void handle(context& in, request_info const& info, wire::heartbeat::request&& asked,
            answer<wire::heartbeat::response> done);
/// LeaveGroup, versions 0 to 5.
void handle(context& in, request_info const& info, wire::leave_group::request&& asked,
            answer<wire::leave_group::response> done);

}  // namespace broker::handlers
