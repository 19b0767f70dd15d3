# SPDX-License-Identifier: Apache-2.0

add_library(chronik_warnings INTERFACE)
target_compile_options(chronik_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Deep enough that a failed concept names the missing member.
    target_compile_options(chronik_warnings INTERFACE -fconcepts-diagnostics-depth=2)
    if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
        # When it optimizes, GCC 12 sees overlap in `"text" + string` (GCC bug 105651) and overruns in the growth of
        # any vector of bytes. The sanitizers look for the real ones. May go with GCC 12.
        target_compile_options(chronik_warnings INTERFACE -Wno-restrict -Wno-array-bounds -Wno-stringop-overflow)
        if(CMAKE_CXX_FLAGS MATCHES "-fsanitize")
            # Under the sanitizers' instrumentation it takes an empty std::optional's value for one that is read.
            target_compile_options(chronik_warnings INTERFACE -Wno-maybe-uninitialized)
        endif()
    endif()
endif()
