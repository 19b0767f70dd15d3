// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace chronik::bench {

/// Bytes written, from what Linux tells of a block device in one line: the seventh number counts sectors of 512 bytes,
/// whatever the device's own are. Nothing if it is no such line.
/// source   Documentation/block/stat.rst of the kernel
inline std::optional<std::uint64_t> written_bytes_in(std::string_view line) {
    constexpr int sectors_written = 7;
    constexpr std::uint64_t sector_bytes = 512;
    std::uint64_t value = 0;
    for (int field = 0; field < sectors_written; ++field) {
        auto const start = line.find_first_not_of(' ');
        if (start == std::string_view::npos) return std::nullopt;
        line.remove_prefix(start);
        auto const [end, ec] = std::from_chars(line.data(), line.data() + line.size(), value);
        if (ec != std::errc{}) return std::nullopt;
        line.remove_prefix(static_cast<std::size_t>(end - line.data()));
    }
    return value * sector_bytes;
}

/// The block device under a path. It counts for everybody who uses it, so only a quiet machine's figures are ours.
class device_of {
public:
    explicit device_of(std::string const& path) {
        struct stat status {};
        if (::stat(path.c_str(), &status) != 0) return;
        stat_path_ = "/sys/dev/block/" + std::to_string(major(status.st_dev)) + ":" +
                     std::to_string(minor(status.st_dev)) + "/stat";
    }

    /// Since the machine started; nothing where no device counts: on a file system in memory, or laid over others.
    std::optional<std::uint64_t> written_bytes() const {
        std::ifstream file(stat_path_);
        std::string line;
        if (stat_path_.empty() || !std::getline(file, line)) return std::nullopt;
        return written_bytes_in(line);
    }

private:
    std::string stat_path_;
};

}  // namespace chronik::bench
