// SPDX-License-Identifier: Apache-2.0
#include <server/identity.hpp>
#include <server/identity_file.hpp>
#include <settings/settings_table.hpp>

#include <chronik/wal/shortage.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

namespace broker {
namespace {

using chronik::posix::descriptor;

constexpr char const* lock_file_name = "lock";
constexpr char const* new_file_name = "node.toml.new";
constexpr std::size_t identity_bytes_max = 64 << 10;

std::string reason(int error) { return std::generic_category().message(error); }

std::unexpected<startup_error> unwritable(std::string const& path, int error) {
    auto why = startup_error_of(
        exit_code::configuration,
        fmt::format("cannot write to the data directory {}: {}: make it writable for this user, or set {}", path,
                    reason(error), places("data_dir")));
    why.passes = chronik::wal::shortage_of({error, std::generic_category()}).has_value();
    return std::unexpected(std::move(why));
}

std::unexpected<startup_error> sync_failed(std::string const& path) {
    return storage_failure(fmt::format("cannot make {} durable: {}: look at the disk", path, reason(errno)));
}

descriptor open_directory(std::string const& path) {
    return descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/// A new directory is durable only when its parent is: else a power failure takes it with everything that was synced.
startup<void> create_durably(std::filesystem::path const& path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error)) return {};
    auto const absolute = std::filesystem::absolute(path, error).lexically_normal();
    auto const trimmed = absolute.has_filename() ? absolute : absolute.parent_path();
    auto const parent = trimmed.parent_path();
    if (parent != trimmed) {
        if (auto made = create_durably(parent); !made) return made;
    }
    if (::mkdir(trimmed.c_str(), 0750) != 0 && errno != EEXIST) {
        return refuse(fmt::format("cannot create the data directory {}: {}: create it for this user, or set {}",
                                  trimmed.string(), reason(errno), places("data_dir")));
    }
    descriptor const directory = open_directory(parent.string());
    if (!directory || ::fsync(directory.number()) != 0) return sync_failed(parent.string());
    return {};
}

/// flock belongs to the open file, so it ends with the process however that ends.
startup<descriptor> lock_directory(descriptor const& directory, std::string const& path) {
    descriptor file(::openat(directory.number(), lock_file_name, O_RDWR | O_CREAT | O_CLOEXEC, 0640));
    if (!file) return unwritable(path, errno);
    if (::flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) return unwritable(path, errno);
        std::array<char, 32> holder{};
        auto const size = std::max<ssize_t>(::pread(file.number(), holder.data(), holder.size() - 1, 0), 0);
        std::string_view const process(holder.data(), static_cast<std::size_t>(size));
        return refuse(fmt::format("the data directory {} is in use by process {}: stop that one, or set {}", path,
                                  process.empty() ? "?" : process, places("data_dir")));
    }
    // Only for the message above; a lock without it is as good.
    std::string const process = std::to_string(::getpid());
    if (::ftruncate(file.number(), 0) == 0) {
        [[maybe_unused]] auto const written = ::pwrite(file.number(), process.data(), process.size(), 0);
    }
    return file;
}

startup<std::optional<std::string>> read_whole_file(descriptor const& directory, std::string const& path) {
    descriptor const file(::openat(directory.number(), std::string(identity_file_name).c_str(), O_RDONLY | O_CLOEXEC));
    if (!file && errno == ENOENT) return std::nullopt;
    std::string text(identity_bytes_max, '\0');
    auto const size = file ? ::read(file.number(), text.data(), text.size()) : -1;
    if (size < 0) {
        return refuse(fmt::format("cannot read {}/{}: {}: make it readable for this user, or set {}", path,
                                  identity_file_name, reason(errno), places("data_dir")));
    }
    text.resize(static_cast<std::size_t>(size));
    return text;
}

/// Somebody's home, or a data directory that lost its identity: in both we must not start a new history.
std::optional<std::string> foreign_entry(std::string const& path) {
    std::error_code error;
    for (auto const& entry : std::filesystem::directory_iterator(path, error)) {
        std::string const name = entry.path().filename().string();
        bool const expected = name == lock_file_name || name == new_file_name || name == "lost+found";
        if (!expected && !name.starts_with('.')) return name;
    }
    return std::nullopt;
}

startup<void> write_durably(descriptor const& directory, std::string const& path, std::string_view text) {
    descriptor const file(::openat(directory.number(), new_file_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    if (!file) return unwritable(path, errno);
    while (!text.empty()) {
        auto const size = ::write(file.number(), text.data(), text.size());
        if (size < 0) return unwritable(path, errno);
        text.remove_prefix(static_cast<std::size_t>(size));
    }
    if (::fsync(file.number()) != 0) return sync_failed(path);
    std::string const name(identity_file_name);
    if (::renameat(directory.number(), new_file_name, directory.number(), name.c_str()) != 0) {
        return unwritable(path, errno);
    }
    if (::fsync(directory.number()) != 0) return sync_failed(path);
    return {};
}

}  // namespace

identity identity_of(settings const& values) {
    identity wanted{values.node_id, values.cluster_id, values.single_node, {}, values.join, false};
    for (peer const& each : values.peers) wanted.peers.push_back(each.id);
    return wanted;
}

startup<data_directory> data_directory::open(std::string path, identity wanted) {
    if (auto made = create_durably(path); !made) return std::unexpected(std::move(made.error()));
    data_directory opened;
    opened.path_ = std::move(path);
    opened.directory_ = open_directory(opened.path_);
    if (!opened.directory_) return unwritable(opened.path_, errno);
    auto lock = lock_directory(opened.directory_, opened.path_);
    if (!lock) return std::unexpected(std::move(lock.error()));
    opened.lock_ = std::move(*lock);
    opened.configured_cluster_ = wanted.cluster_id;

    auto const text = read_whole_file(opened.directory_, opened.path_);
    if (!text) return std::unexpected(text.error());
    opened.is_new_ = !text->has_value();
    if (opened.is_new_) {
        if (auto const name = foreign_entry(opened.path_)) {
            return refuse(
                fmt::format("{} is not a data directory: it has '{}' but no {}: set {} to an empty or new one",
                            opened.path_, *name, identity_file_name, places("data_dir")));
        }
        opened.owner_ = std::move(wanted);
        if (auto written = opened.write_identity(); !written) return std::unexpected(std::move(written.error()));
        return opened;
    }
    auto owner = read_identity(**text, fmt::format("{}/{}", opened.path_, identity_file_name));
    if (!owner) return std::unexpected(std::move(owner.error()));
    if (auto same = check_identity(*owner, wanted, opened.path_); !same)
        return std::unexpected(std::move(same.error()));
    opened.owner_ = std::move(*owner);
    if (opened.owner_.cluster_id.empty() && !wanted.cluster_id.empty()) {
        if (auto kept = opened.remember_cluster(wanted.cluster_id); !kept)
            return std::unexpected(std::move(kept.error()));
    }
    return opened;
}

startup<void> data_directory::remember_cluster(std::string cluster_id, bool synced) {
    synced = synced || owner_.synced;
    if (cluster_id == owner_.cluster_id && synced == owner_.synced) return {};
    identity wanted = owner_;
    wanted.cluster_id = std::move(cluster_id);
    wanted.synced = synced;
    if (auto same = check_identity(owner_, wanted, path_); !same) return same;
    std::swap(owner_, wanted);
    auto written = write_identity();
    if (!written) owner_ = std::move(wanted);
    return written;
}

startup<void> data_directory::forget_cluster() {
    if (owner_.cluster_id == configured_cluster_) return {};
    owner_.cluster_id = configured_cluster_;
    return write_identity();
}

startup<void> data_directory::sync() const {
    if (::fsync(directory_.number()) != 0) return sync_failed(path_);
    return {};
}

startup<void> data_directory::check_peers(std::vector<chronik::node_id> const& wanted,
                                          std::vector<chronik::node_id> const& since) const {
    return broker::check_peers(owner_, wanted, since, path_);
}

startup<void> data_directory::write_identity() const { return write_durably(directory_, path_, identity_text(owner_)); }

}  // namespace broker
