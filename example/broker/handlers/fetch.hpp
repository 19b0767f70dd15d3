// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

namespace broker::handlers {

/// Fetch, versions 4 to 17, without fetch sessions: every answer says session 0, so every request names its partitions.
///
/// Answers at once when min_bytes are there or a partition has an error; else when they have come, or after
/// max_wait_ms with what there is. Batches leave from where they lie in the journal, without a copy.
void handle(context& in, request_info const& info, wire::fetch::request&& asked, answer<wire::fetch::response> done);

}  // namespace broker::handlers
