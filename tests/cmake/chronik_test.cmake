# SPDX-License-Identifier: Apache-2.0

# Compiled once and shared by the tests of the library; the broker's have other definitions, so their own.
add_library(test_precompiled OBJECT "${CMAKE_CURRENT_LIST_DIR}/precompiled.cpp")
target_link_libraries(test_precompiled PRIVATE chronik_own GTest::gtest GTest::gmock)
set(chronik_precompiled_headers <gtest/gtest.h> <algorithm> <chrono> <expected> <functional> <map> <memory> <optional>
    <span> <string> <variant> <vector>)
if(CHRONIK_PRECOMPILE)
    target_precompile_headers(test_precompiled PRIVATE ${chronik_precompiled_headers})
endif()

# One GoogleTest program from a folder's *_test.cpp; nothing while the folder is empty.
function(chronik_add_tests name folder library)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*_test.cpp")
    if(NOT sources)
        return()
    endif()
    set(target test_${name})
    add_executable(${target} ${sources})
    set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name})
    target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
    target_link_libraries(${target} PRIVATE ${library} GTest::gtest_main GTest::gmock)
    if(CHRONIK_PRECOMPILE)
        if(library STREQUAL "chronik_own")
            target_precompile_headers(${target} REUSE_FROM test_precompiled)
        else()
            target_precompile_headers(${target} PRIVATE ${chronik_precompiled_headers})
        endif()
    endif()
    # What takes four seconds optimized takes five minutes with AddressSanitizer on a busy machine.
    gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 1500 LABELS ${name})
endfunction()
