# SPDX-License-Identifier: Apache-2.0

# Builds and runs consumer.cpp the way a user would. Arguments: way (find_package, add_subdirectory, pkg_config),
# source, build (of the project), work, compiler.
include("${CMAKE_CURRENT_LIST_DIR}/run.cmake")

file(REMOVE_RECURSE "${work}")
file(MAKE_DIRECTORY "${work}")
set(prefix "${work}/prefix")
set(common -G Ninja -DCMAKE_CXX_COMPILER=${compiler} -DCMAKE_CXX_STANDARD=23 -DCMAKE_BUILD_TYPE=Debug)

if(NOT way STREQUAL "add_subdirectory")
    run("${CMAKE_COMMAND}" -S "${source}" -B "${work}/library" ${common} -DCMAKE_INSTALL_PREFIX=${prefix}
        -DCHRONIK_BUILD_TESTS=OFF -DCHRONIK_BUILD_BROKER=OFF -DCHRONIK_BUILD_BENCH=OFF -DCHRONIK_BUILD_EXAMPLES=OFF)
    run("${CMAKE_COMMAND}" --install "${work}/library")
    # A moved tree must work as well.
    file(RENAME "${prefix}" "${work}/moved")
    set(prefix "${work}/moved")
endif()

if(way STREQUAL "pkg_config")
    set(ENV{PKG_CONFIG_PATH} "${prefix}/share/pkgconfig")
    execute_process(COMMAND pkg-config --cflags --libs chronik OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE
                    COMMAND_ERROR_IS_FATAL ANY)
    separate_arguments(flags UNIX_COMMAND "${flags}")
    run("${compiler}" -std=c++2b "${CMAKE_CURRENT_LIST_DIR}/consumer.cpp" ${flags} -o "${work}/consumer")
    run("${work}/consumer")
else()
    run("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}/by_${way}" -B "${work}/build" ${common}
        -DCMAKE_PREFIX_PATH=${prefix} -DCHRONIK_SOURCE=${source})
    run("${CMAKE_COMMAND}" --build "${work}/build")
    run("${work}/build/consumer")
endif()
