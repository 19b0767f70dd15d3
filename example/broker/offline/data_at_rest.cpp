// SPDX-License-Identifier: Apache-2.0
#include <offline/data_at_rest.hpp>

#include <composition.hpp>
#include <server/identity_file.hpp>
#include <settings/settings_table.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

namespace broker {
namespace {

using chronik::posix::descriptor;

constexpr char const* lock_file_name = "lock";
constexpr std::uint64_t identity_bytes_max = 64 << 10;

/// A directory that was copied may have no lock file: then nobody can hold it.
startup<descriptor> lock_for_reading(std::string const& path) {
    descriptor file(::open((path + "/" + lock_file_name).c_str(), O_RDONLY | O_CLOEXEC));
    if (!file && errno == ENOENT) return file;
    if (file && ::flock(file.number(), LOCK_SH | LOCK_NB) == 0) return file;
    auto const error = std::error_code{errno, std::generic_category()};
    if (!file || error != std::errc::operation_would_block)
        return refuse(fmt::format("cannot lock {}/{}: {}", path, lock_file_name, error.message()));
    std::array<char, 32> holder{};
    auto const size = std::max<ssize_t>(::pread(file.number(), holder.data(), holder.size() - 1, 0), 0);
    return refuse(fmt::format("the data directory {} is in use by process {}: stop that broker first", path,
                              size == 0 ? "?" : std::string_view{holder.data(), static_cast<std::size_t>(size)}));
}

}  // namespace

startup<data_at_rest> data_at_rest::open(std::string path) {
    auto files = chronik::posix::directory::open_shared(path);
    if (!files) return refuse(fmt::format("cannot read the data directory {}: {}", path, files.error().message()));
    auto records = chronik::posix::directory::open_shared(path + "/journal");
    if (!records)
        return refuse(fmt::format("cannot read the journal {}/journal: {}", path, records.error().message()));
    auto lock = lock_for_reading(path);
    if (!lock) return std::unexpected(lock.error());
    return data_at_rest{std::move(path), std::move(*files), std::move(*records), std::move(*lock)};
}

startup<std::string> data_at_rest::identity_file() {
    auto const named = [&](std::error_code error) {
        return storage_failure(fmt::format("cannot read {}/{}: {}", path_, identity_file_name, error.message()));
    };
    auto const file = files_.open(identity_file_name, chronik::wal::access::read);
    if (!file) return named(file.error());
    auto const size = file->size();
    if (!size) return named(size.error());
    std::vector<std::byte> bytes(std::min(*size, identity_bytes_max));
    auto const got = file->read_at(0, bytes);
    if (!got) return named(got.error());
    return std::string{reinterpret_cast<char const*>(bytes.data()), *got};
}

startup<identity> data_at_rest::owner() {
    auto const text = identity_file();
    if (!text) return std::unexpected(text.error());
    return read_identity(*text, fmt::format("{}/{}", path_, identity_file_name));
}

partition_names names_of(journal_at_rest const& stored) {
    partition_names names;
    auto const image = metadata_at_rest(stored).image;
    if (image == nullptr) return names;
    image->for_each_topic([&](metadata::topic const& topic) {
        for (std::uint32_t number = 0; number < topic.groups.size(); ++number)
            names[topic.groups[number]] = {topic.name, number};
    });
    return names;
}

std::string text_of(chronik::group_id group, partition_names const& names) {
    if (group == metadata_group) return fmt::format("the metadata (group {})", group.value);
    auto const found = names.find(group);
    if (found == names.end()) return fmt::format("group {}", group.value);
    return fmt::format("{}-{} (group {})", found->second.topic, found->second.number, group.value);
}

}  // namespace broker
