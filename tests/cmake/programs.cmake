# SPDX-License-Identifier: Apache-2.0

# Tests that drive the broker as a process. They run under the system's Python, for which Debian packages the
# Kafka clients; another Python that comes first in PATH would not see them.
find_program(CHRONIK_SYSTEM_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(TARGET chronik-broker AND CHRONIK_SYSTEM_PYTHON)
    foreach(folder broker clients)
        file(GLOB scripts CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*_test.py")
        foreach(script IN LISTS scripts)
            cmake_path(GET script STEM name)
            set(labels ${folder})
            if(name MATCHES "_long_test$")
                list(APPEND labels long)
            endif()
            add_test(NAME ${folder}.${name} COMMAND "${CHRONIK_SYSTEM_PYTHON}" "${script}")
            set_tests_properties(${folder}.${name} PROPERTIES
                ENVIRONMENT "CHRONIK_BROKER=$<TARGET_FILE:chronik-broker>;PYTHONDONTWRITEBYTECODE=1"
                TIMEOUT 600 LABELS "${labels}")
        endforeach()
    endforeach()
endif()
