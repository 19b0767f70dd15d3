// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/context.hpp>
#include <handlers/reply.hpp>
#include <wire/api_table.hpp>

#include <chronik/base/duration_histogram.hpp>

#include <array>
#include <cstdint>

namespace broker::handlers {

/// Requests by API, for metrics; indexes as wire::api_infos.
struct dispatch_metrics {
    std::array<std::uint64_t, wire::api_infos.size()> requests{};
    /// From a whole request to its answer, the time that it was asked to wait included.
    std::array<chronik::duration_histogram, wire::api_infos.size()> durations{};
    std::uint64_t malformed = 0;
    std::uint64_t unsupported = 0;
};

/// Takes one request apart and starts its handler.
///
/// Bytes that make no sense close the connection, and so does a version that was never advertised; ApiVersions alone
/// is answered in any version.
void dispatch(context& in, caller const& from, chronik::shared_bytes const& body, reply to, dispatch_metrics& counted);

}  // namespace broker::handlers
