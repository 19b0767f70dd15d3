// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <malloc.h>

namespace broker {

/// Keeps the memory of requests that were answered for those that come next.
///
/// By default glibc gives large blocks back to the kernel at once, and a new block costs a page fault and 4 KiB of
/// zeros for each page that is received into it. What is kept is bounded by what was in use at one time, and so by
/// `inflight_bytes_max`.
/// threads   call it before there are others
inline void keep_freed_memory() {
#ifdef __GLIBC__
    constexpr int heap_blocks_max = 32 << 20;  // the most that glibc takes
    constexpr int kept_bytes = 512 << 20;
    constexpr int step_bytes = 16 << 20;
    ::mallopt(M_MMAP_THRESHOLD, heap_blocks_max);
    ::mallopt(M_TRIM_THRESHOLD, kept_bytes);
    ::mallopt(M_TOP_PAD, step_bytes);
#endif
}

}  // namespace broker
