# SPDX-License-Identifier: Apache-2.0

add_library(chronik_warnings INTERFACE)
target_compile_options(chronik_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Deep enough that a failed concept names the missing member.
    target_compile_options(chronik_warnings INTERFACE -fconcepts-diagnostics-depth=2)
    if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
        # GCC 12 sees overlap in every `"text" + string` when it optimizes (GCC bug 105651); may go with GCC 12.
        target_compile_options(chronik_warnings INTERFACE -Wno-restrict)
    endif()
endif()
