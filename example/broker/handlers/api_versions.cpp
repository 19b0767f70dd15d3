// SPDX-License-Identifier: Apache-2.0
#include <handlers/api_versions.hpp>

namespace broker::handlers {

void handle(context&, request_info const&, wire::api_versions::request&&, answer<wire::api_versions::response> done) {
    done(wire::supported_apis());
}

}  // namespace broker::handlers
