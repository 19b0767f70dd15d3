// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/answer.hpp>
#include <handlers/context.hpp>

namespace broker::handlers {

/// InitProducerId, versions 0 to 5, for idempotent producers. Transactional ids are refused: there are no transactions.
void handle(context& in, request_info const& info, wire::init_producer_id::request&& asked,
            answer<wire::init_producer_id::response> done);

}  // namespace broker::handlers
