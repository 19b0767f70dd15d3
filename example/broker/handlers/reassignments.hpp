// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

namespace broker::handlers {

/// AlterPartitionReassignments, versions 0 and 1; any node takes it. Answered when the wish is committed, which is when
/// the move begins; unlike in Kafka, a move that is cancelled is listed until it is undone.
void handle(context& in, request_info const& info, wire::alter_partition_reassignments::request&& asked,
            answer<wire::alter_partition_reassignments::response> done);

/// ListPartitionReassignments, version 0: what moves, as this node has applied it.
void handle(context& in, request_info const& info, wire::list_partition_reassignments::request&& asked,
            answer<wire::list_partition_reassignments::response> done);

}  // namespace broker::handlers
