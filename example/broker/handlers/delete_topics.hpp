// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

namespace broker::handlers {

/// DeleteTopics, versions 0 to 6, by name or by id; from any node.
void handle(context& in, request_info const& info, wire::delete_topics::request&& asked,
            answer<wire::delete_topics::response> done);

}  // namespace broker::handlers
