// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

namespace broker::handlers {

/// ApiVersions, versions 0 to 4; any other version is answered by dispatch with the ranges and error 35.
void handle(context& in, request_info const& info, wire::api_versions::request&& asked,
            answer<wire::api_versions::response> done);

}  // namespace broker::handlers
