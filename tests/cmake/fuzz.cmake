# SPDX-License-Identifier: Apache-2.0

# Each fuzz/*_fuzz.cpp is a libFuzzer program; wire* and broker* link the broker. CTest runs a fixed number of inputs,
# the same ones every time; to search longer, run the program itself: build/clang/tests/fuzz_<name> -max_total_time=600
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    file(GLOB fuzz_sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/fuzz/*_fuzz.cpp")
    foreach(source IN LISTS fuzz_sources)
        cmake_path(GET source STEM name)
        string(REGEX REPLACE "_fuzz$" "" name "${name}")
        add_executable(fuzz_${name} "${source}")
        target_include_directories(fuzz_${name} PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
        target_compile_options(fuzz_${name} PRIVATE -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all)
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer,address,undefined)
        if(TARGET broker AND name MATCHES "^(wire|broker)")
            target_link_libraries(fuzz_${name} PRIVATE broker)
        else()
            target_link_libraries(fuzz_${name} PRIVATE chronik_own)
        endif()
        add_test(NAME fuzz.${name} COMMAND fuzz_${name} -runs=50000 -seed=1 -max_len=4096 -rss_limit_mb=1024)
        set_tests_properties(fuzz.${name} PROPERTIES TIMEOUT 300 LABELS fuzz)
    endforeach()
endif()
