// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/node/concepts.hpp>

namespace chronik::archetypes {

/// The smallest chronik::host_observer: it counts what it is told.
struct host_observer {
    std::size_t told = 0;
    void event(group_id, raft::event const&) { ++told; }
    void applied(group_id, log_index) { ++told; }
    void failed(std::error_code) { ++told; }
};

/// The smallest chronik::tracing_observer.
struct tracing_observer : host_observer {
    void traced(trace_event const&) { ++told; }
};

/// The smallest chronik::bringing_observer.
struct bringing_observer : host_observer {
    void wanted(group_id, log_index) { ++told; }
};

}  // namespace chronik::archetypes
