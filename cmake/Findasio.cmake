# SPDX-License-Identifier: Apache-2.0

# Finds standalone Asio, for which distributions ship headers but no package file.
# Target: asio::asio. Result: asio_FOUND, asio_VERSION. To point at another copy: asio_INCLUDE_DIR.

find_path(asio_INCLUDE_DIR NAMES asio/version.hpp)
mark_as_advanced(asio_INCLUDE_DIR)

if(asio_INCLUDE_DIR)
    file(STRINGS "${asio_INCLUDE_DIR}/asio/version.hpp" asio_version_line REGEX "#define ASIO_VERSION [0-9]+")
    string(REGEX MATCH "[0-9]+$" asio_version_number "${asio_version_line}")
    if(asio_version_number)
        # ASIO_VERSION is major * 100000 + minor * 100 + patch.
        math(EXPR asio_version_major "${asio_version_number} / 100000")
        math(EXPR asio_version_minor "${asio_version_number} / 100 % 1000")
        math(EXPR asio_version_patch "${asio_version_number} % 100")
        set(asio_VERSION "${asio_version_major}.${asio_version_minor}.${asio_version_patch}")
    endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(asio REQUIRED_VARS asio_INCLUDE_DIR VERSION_VAR asio_VERSION
    REASON_FAILURE_MESSAGE "install libasio-dev, or set asio_INCLUDE_DIR to the folder that holds asio/version.hpp")

if(asio_FOUND AND NOT TARGET asio::asio)
    find_package(Threads REQUIRED)
    add_library(asio::asio INTERFACE IMPORTED)
    target_include_directories(asio::asio SYSTEM INTERFACE "${asio_INCLUDE_DIR}")
    target_compile_definitions(asio::asio INTERFACE ASIO_STANDALONE)
    target_link_libraries(asio::asio INTERFACE Threads::Threads)
endif()
