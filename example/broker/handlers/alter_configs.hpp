// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

/// Topics' configurations, changed from any node; answered when the change is committed and applied here. Two clients
/// at once do not undo each other's changes. A broker's configurations are set when it starts, and refused here.
namespace broker::handlers {

/// IncrementalAlterConfigs, versions 0 and 1.
void handle(context& in, request_info const& info, wire::incremental_alter_configs::request&& asked,
            answer<wire::incremental_alter_configs::response> done);
/// AlterConfigs, versions 0 to 2.
void handle(context& in, request_info const& info, wire::alter_configs::request&& asked,
            answer<wire::alter_configs::response> done);

}  // namespace broker::handlers
