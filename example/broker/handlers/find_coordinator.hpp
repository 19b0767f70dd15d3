// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

namespace broker::handlers {

/// FindCoordinator, versions 0 to 5, for groups: any node answers. The first one that asks makes the offsets topic.
/// There are no transactions and no share groups: INVALID_REQUEST, because clients would ask again for ever else.
void handle(context& in, request_info const& info, wire::find_coordinator::request&& asked,
            answer<wire::find_coordinator::response> done);

}  // namespace broker::handlers
