// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>

namespace chronik::detail {

[[noreturn]] inline void assertion_failed(char const* expression, char const* file, int line) {
    std::fprintf(stderr, "chronik: assertion failed: %s (%s:%d)\n", expression, file, line);
    std::abort();
}

}  // namespace chronik::detail

/// Our own mistakes stop the process, in release builds too: a wrong answer is worse than none.
/// One fact per line, so that the line number is the diagnosis. Never for bytes from outside.
#define CHRONIK_ASSERT(condition) \
    ((condition) ? static_cast<void>(0) : ::chronik::detail::assertion_failed(#condition, __FILE__, __LINE__))
