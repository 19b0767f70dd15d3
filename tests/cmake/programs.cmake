# SPDX-License-Identifier: Apache-2.0

# Tests that drive brokers as processes, each with the machine to itself on two cores. They run under the system's
# Python, for which Debian packages the Kafka clients; another Python that comes first in PATH would not see them.
find_program(CHRONIK_SYSTEM_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(TARGET chronik-broker AND CHRONIK_SYSTEM_PYTHON)
    foreach(folder broker cluster clients)
        file(GLOB scripts CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*_test.py")
        foreach(script IN LISTS scripts)
            cmake_path(GET script STEM name)
            set(labels ${folder} clients)
            if(name MATCHES "_long_test$")
                list(APPEND labels long)
            endif()
            add_test(NAME ${folder}.${name} COMMAND "${CHRONIK_SYSTEM_PYTHON}" "${script}")
            set_tests_properties(${folder}.${name} PROPERTIES
                ENVIRONMENT "CHRONIK_BROKER=$<TARGET_FILE:chronik-broker>;PYTHONDONTWRITEBYTECODE=1"
                TIMEOUT 600 PROCESSORS 2 LABELS "${labels}")
        endforeach()
    endforeach()
endif()
