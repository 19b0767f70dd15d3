# SPDX-License-Identifier: Apache-2.0
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(chronik_package_dir "${CMAKE_INSTALL_DATADIR}/cmake/chronik")

install(TARGETS chronik EXPORT chronik-targets FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT chronik-targets NAMESPACE chronik:: DESTINATION "${chronik_package_dir}")

configure_package_config_file(cmake/chronik-config.cmake.in "${CMAKE_CURRENT_BINARY_DIR}/chronik-config.cmake"
    INSTALL_DESTINATION "${chronik_package_dir}")
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/chronik-config-version.cmake"
    COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES
    "${CMAKE_CURRENT_BINARY_DIR}/chronik-config.cmake"
    "${CMAKE_CURRENT_BINARY_DIR}/chronik-config-version.cmake"
    cmake/Findasio.cmake
    DESTINATION "${chronik_package_dir}")

# The pkg-config file finds its own prefix, so that an installed tree can be moved.
string(REGEX REPLACE "[^/]+" ".." chronik_pc_to_prefix "${CMAKE_INSTALL_DATADIR}/pkgconfig")
configure_file(cmake/chronik.pc.in "${CMAKE_CURRENT_BINARY_DIR}/chronik.pc" @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/chronik.pc" DESTINATION "${CMAKE_INSTALL_DATADIR}/pkgconfig")
