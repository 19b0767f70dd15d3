// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

namespace broker::handlers {

/// Produce, versions 3 to 12.
///
/// Every partition's batch is checked and proposed at once, verbatim; the answer leaves when the last of them is as
/// durable as `acks` asks, or when the request's time is over.
void handle(context& in, request_info const& info, wire::produce::request&& asked,
            answer<wire::produce::response> done);

}  // namespace broker::handlers
