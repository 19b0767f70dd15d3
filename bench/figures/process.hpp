// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <ctime>

namespace chronik::bench {

using steady = std::chrono::steady_clock;

inline double nanoseconds(steady::duration took) { return std::chrono::duration<double, std::nano>(took).count(); }

/// What this thread has used of a processor: others that want it make a figure later, not larger.
inline double thread_nanoseconds() {
    timespec used{};
    if (::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) != 0) std::abort();
    return static_cast<double>(used.tv_sec) * 1e9 + static_cast<double>(used.tv_nsec);
}

/// Pages that this thread has touched and the kernel had to find for it.
inline double thread_page_faults() {
    rusage used{};
    if (::getrusage(RUSAGE_THREAD, &used) != 0) std::abort();
    return static_cast<double>(used.ru_minflt) + static_cast<double>(used.ru_majflt);
}

}  // namespace chronik::bench
