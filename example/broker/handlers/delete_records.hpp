// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

namespace broker::handlers {

/// DeleteRecords, versions 0 to 2: answered when the partition's new beginning is committed on a quorum and applied
/// here.
void handle(context& in, request_info const& info, wire::delete_records::request&& asked,
            answer<wire::delete_records::response> done);

}  // namespace broker::handlers
