# SPDX-License-Identifier: Apache-2.0

# Reads the three numbers of version.hpp, so that the version is written once.
function(chronik_read_version result header)
    file(READ "${header}" text)
    foreach(part MAJOR MINOR PATCH)
        if(NOT text MATCHES "#define CHRONIK_VERSION_${part} ([0-9]+)")
            message(FATAL_ERROR "${header} does not define CHRONIK_VERSION_${part}")
        endif()
        list(APPEND parts ${CMAKE_MATCH_1})
    endforeach()
    list(JOIN parts "." parts)
    set(${result} ${parts} PARENT_SCOPE)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${header}")
endfunction()
