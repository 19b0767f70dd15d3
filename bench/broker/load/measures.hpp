// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker/load/clock.hpp>
#include <broker/load/histogram.hpp>
#include <broker/load/process_use.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace load {

/// Counters at one moment; the difference of two is what a window has seen.
struct snapshot {
    nanoseconds at = 0;
    std::uint64_t records = 0;
    process_use broker;
    double machine_busy_s = 0;
    double own_cpu_s = 0;
};

snapshot look(std::uint64_t records, std::vector<int> const& pids);

/// What happened between two looks: throughput, what the broker took for it, and who else was busy.
nlohmann::json describe(snapshot const& from, snapshot const& to, std::uint32_t record_bytes, bool with_broker);

/// Percentiles in microseconds.
nlohmann::json describe(histogram const& of);

/// A line on the terminal that replaces the one before; nothing when standard error is not one.
void show_progress(std::string const& text);
void end_progress();

}  // namespace load
