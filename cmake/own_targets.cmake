# SPDX-License-Identifier: Apache-2.0

# What our own programs and tests are built with; nothing here reaches the exported target.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

include(cmake/ccache.cmake)
include(cmake/warnings.cmake)

# Asio 1.22 asks Clang for its own coroutine switches, and its fences are not understood by ThreadSanitizer.
add_library(chronik_asio_switches INTERFACE)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    target_compile_definitions(chronik_asio_switches INTERFACE ASIO_HAS_CO_AWAIT=1 ASIO_HAS_STD_COROUTINE=1)
endif()
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=thread")
    target_compile_definitions(chronik_asio_switches INTERFACE ASIO_DISABLE_FENCED_BLOCK)
endif()

# One target to link: the library, our warnings, and the switches.
add_library(chronik_own INTERFACE)
target_link_libraries(chronik_own INTERFACE chronik::chronik chronik_warnings chronik_asio_switches)
