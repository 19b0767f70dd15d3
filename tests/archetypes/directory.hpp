// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "file.hpp"

namespace chronik::archetypes {

/// The smallest wal::directory: cannot be copied or moved.
class directory {
public:
    using file_type = file;

    directory() = default;
    directory(directory const&) = delete;
    directory& operator=(directory const&) = delete;

    result<file> open(std::string_view, wal::access) { return file{}; }
    result<file> create(std::string_view) { return file{}; }
    result<void> rename(std::string_view, std::string_view) { return {}; }
    result<void> remove(std::string_view) { return {}; }
    result<std::vector<std::string>> list() { return std::vector<std::string>{}; }
    result<void> sync() { return {}; }
};

}  // namespace chronik::archetypes
