# SPDX-License-Identifier: Apache-2.0

# Only when we are the top project and nobody chose a launcher. The sloppiness is what precompiled headers need.
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    find_program(CHRONIK_CCACHE ccache)
    mark_as_advanced(CHRONIK_CCACHE)
    if(CHRONIK_CCACHE)
        set(chronik_sloppiness pch_defines,time_macros,include_file_mtime,include_file_ctime)
        set(CMAKE_CXX_COMPILER_LAUNCHER
            "${CMAKE_COMMAND};-E;env;CCACHE_SLOPPINESS=${chronik_sloppiness};${CHRONIK_CCACHE}")
    endif()
endif()
