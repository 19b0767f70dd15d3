// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

namespace broker::handlers {

/// ListOffsets, versions 1 to 10: beginning, end, the first record not older than a time, the newest record.
void handle(context& in, request_info const& info, wire::list_offsets::request&& asked,
            answer<wire::list_offsets::response> done);

}  // namespace broker::handlers
