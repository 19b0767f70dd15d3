# SPDX-License-Identifier: Apache-2.0

# Tests that drive the broker as a process. They run under the system's Python, for which Debian packages the
# Kafka clients; another Python that comes first in PATH would not see them.
find_program(CHRONIK_SYSTEM_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)

# Their bounds of time are those of what users run; a start alone takes many times as long with ThreadSanitizer.
set(chronik_slowness 1)
if("${CMAKE_CXX_FLAGS}" MATCHES "-fsanitize")
    set(chronik_slowness 5)
endif()

# chronik_add_program(<label> <script>): runs it with CHRONIK_BROKER naming the broker.
function(chronik_add_program label script)
    cmake_path(GET script STEM name)
    set(labels ${label})
    if(name MATCHES "_long_test$")
        list(APPEND labels long)
    endif()
    add_test(NAME ${label}.${name} COMMAND "${CHRONIK_SYSTEM_PYTHON}" "${script}")
    set_tests_properties(${label}.${name} PROPERTIES
        ENVIRONMENT "CHRONIK_BROKER=$<TARGET_FILE:chronik-broker>;CHRONIK_SLOWNESS=${chronik_slowness}"
        ENVIRONMENT_MODIFICATION PYTHONDONTWRITEBYTECODE=set:1
        TIMEOUT 900 LABELS "${labels}")
endfunction()

if(TARGET chronik-broker AND CHRONIK_SYSTEM_PYTHON)
    foreach(folder broker cluster clients)
        file(GLOB scripts CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*_test.py")
        foreach(script IN LISTS scripts)
            chronik_add_program(${folder} "${script}")
        endforeach()
    endforeach()
    file(GLOB scripts CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/fuzz/*_fuzz.py")
    foreach(script IN LISTS scripts)
        chronik_add_program(fuzz "${script}")
    endforeach()
    # Three brokers, and figures that are times: nothing else beside them. The client programs each compile something.
    get_property(programs DIRECTORY PROPERTY TESTS)
    foreach(program IN LISTS programs)
        if(program MATCHES "^(cluster|clients)\\." OR program STREQUAL "broker.fsync_count_test")
            set_tests_properties(${program} PROPERTIES RUN_SERIAL TRUE)
        endif()
        if(program MATCHES "^clients\\.")
            set_tests_properties(${program} PROPERTIES TIMEOUT 1800)
        endif()
    endforeach()
endif()
