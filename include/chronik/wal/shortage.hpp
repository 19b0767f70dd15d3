// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>

#include <optional>
#include <system_error>

namespace chronik::wal {

/// What the device or the system is short of, if that is why a directory has failed: errc::out_of_space or
/// errc::out_of_descriptors. Nothing is lost with it: whatever was begun can be begun again.
inline std::optional<errc> shortage_of(std::error_code from_directory) {
    if (from_directory == std::errc::no_space_on_device) return errc::out_of_space;
    if (from_directory == std::errc::too_many_files_open) return errc::out_of_descriptors;
    if (from_directory == std::errc::too_many_files_open_in_system) return errc::out_of_descriptors;
    return std::nullopt;
}

}  // namespace chronik::wal
