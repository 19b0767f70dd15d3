// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

namespace broker::handlers {

/// CreateTopics, versions 0 to 7; any node takes it and the metadata leader decides.
void handle(context& in, request_info const& info, wire::create_topics::request&& asked,
            answer<wire::create_topics::response> done);

}  // namespace broker::handlers
