// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

/// Committed offsets, at the group's coordinator.
namespace broker::handlers {

/// OffsetCommit, versions 2 to 9; answered when the offsets are committed on a quorum.
void handle(context& in, request_info const& info, wire::offset_commit::request&& asked,
            answer<wire::offset_commit::response> done);
/// OffsetFetch, versions 1 to 9; an offset of -1 is none.
void handle(context& in, request_info const& info, wire::offset_fetch::request&& asked,
            answer<wire::offset_fetch::response> done);
/// OffsetDelete, version 0; of topics that no member reads.
void handle(context& in, request_info const& info, wire::offset_delete::request&& asked,
            answer<wire::offset_delete::response> done);

}  // namespace broker::handlers
