// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

namespace broker::handlers {

/// Metadata, versions 0 to 13, from this node's own image. Creates missing topics where client and broker allow it.
void handle(context& in, request_info const& info, wire::metadata::request&& asked,
            answer<wire::metadata::response> done);

}  // namespace broker::handlers
