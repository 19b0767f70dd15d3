// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace load {

/// What processes have used since they started, from /proc; of several, the sum.
struct process_use {
    double cpu_s = 0;
    std::uint64_t voluntary_switches = 0;
    std::uint64_t involuntary_switches = 0;
    std::uint64_t written_bytes = 0;  ///< handed to the block device, or to be handed to it
    std::uint64_t resident_bytes = 0;
    std::uint64_t anonymous_bytes = 0;  ///< of these, what is the process's own: not pages of mapped files
    std::uint64_t peak_bytes = 0;       ///< the most that was ever resident

    /// What came on since `before`; memory is that of now.
    process_use since(process_use const& before) const;
};

/// throws   failure, for a process that is gone: a broker that ended is no figure
process_use use_of(std::vector<int> const& pids);

/// Seconds of processor time that the whole machine has spent since it started, on anything.
double machine_busy_s();
/// The same of this process.
double own_cpu_s();

}  // namespace load
