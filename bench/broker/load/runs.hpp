// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker/load/settings.hpp>

#include <nlohmann/json_fwd.hpp>

namespace load {

/// Each measures what its mode says; the answer has what came out, and under "failures" what makes it worthless.
///
/// throws   failure, when nothing could be measured

nlohmann::json run_producing(settings chosen);  ///< produce, and end-to-end
nlohmann::json run_consume(settings const& chosen);
nlohmann::json run_first_ack(settings const& chosen);
nlohmann::json run_disk(settings const& chosen);
nlohmann::json run_loopback(settings const& chosen);

}  // namespace load
