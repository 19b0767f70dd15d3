// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/posix/file.hpp>
#include <chronik/posix/side_by_side.hpp>
#include <chronik/posix/sync_together.hpp>
#include <chronik/wal/concepts.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace chronik::posix {

/// A directory of the operating system; models wal::directory. Errors are those of the system calls.
///
/// threads   any number: names are resolved by the kernel, nothing here changes
class directory {
public:
    using file_type = file;

    /// For one writer: makes the directory if need be and locks it until this object is gone, or the process.
    ///
    /// errors   std::errc::resource_unavailable_try_again while another process, or object, has the lock
    static result<directory> open_exclusive(std::string const& path) {
        if (::mkdir(path.c_str(), 0750) != 0 && errno != EEXIST) return last_error();
        auto opened = open_shared(path);
        if (!opened) return opened;
        if (::flock(opened->descriptor_.number(), LOCK_EX | LOCK_NB) != 0) return last_error();
        return opened;
    }

    /// For readers, also while somebody writes.
    static result<directory> open_shared(std::string const& path) {
        descriptor opened{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        if (opened.number() < 0) return last_error();
        return directory{std::move(opened)};
    }

    result<file> open(std::string_view name, wal::access how) {
        return open_with(name, how == wal::access::read ? O_RDONLY : O_RDWR);
    }
    /// For writes around the page cache, of whole blocks from aligned memory; through it where the file system cannot.
    result<file> open_direct(std::string_view name) {
        auto opened = open_with(name, O_RDWR | O_DIRECT);
        if (!opened && opened.error() == std::errc::invalid_argument) return open_with(name, O_RDWR);
        return opened;
    }
    /// An empty file, also where one of this name was.
    result<file> create(std::string_view name) { return open_with(name, O_RDWR | O_CREAT | O_TRUNC); }

    result<void> rename(std::string_view from, std::string_view to) {
        int const where = descriptor_.number();
        if (::renameat(where, std::string{from}.c_str(), where, std::string{to}.c_str()) != 0) return last_error();
        return {};
    }

    result<void> remove(std::string_view name) {
        if (::unlinkat(descriptor_.number(), std::string{name}.c_str(), 0) != 0) return last_error();
        return {};
    }

    /// Names of regular files, in no order.
    result<std::vector<std::string>> list() {
        // A descriptor of its own: the position of a listing belongs to the open file.
        int const own = ::openat(descriptor_.number(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (own < 0) return last_error();
        DIR* const stream = ::fdopendir(own);
        if (stream == nullptr) {
            auto const failed = last_error();
            ::close(own);
            return failed;
        }
        std::vector<std::string> names;
        errno = 0;
        while (auto const* each = ::readdir(stream)) {
            struct stat status {};
            if (::fstatat(own, each->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode))
                names.emplace_back(each->d_name);
            errno = 0;
        }
        int const error = errno;
        ::closedir(stream);
        if (error != 0) return std::unexpected(std::error_code{error, std::system_category()});
        return names;
    }

    /// See posix::sync_together().
    std::vector<result<void>> sync_all(std::span<file* const> files) { return sync_together(files); }

    /// See posix::side_by_side(): as many at once as there are processors.
    template <std::invocable<std::size_t> Each>
    void side_by_side(std::size_t count, Each&& each) {
        posix::side_by_side(count, std::thread::hardware_concurrency(), std::forward<Each>(each));
    }

    result<void> sync() {
        if (::fsync(descriptor_.number()) != 0) return last_error();
        return {};
    }

private:
    explicit directory(descriptor&& opened) : descriptor_(std::move(opened)) {}

    result<file> open_with(std::string_view name, int flags) {
        descriptor opened{
            ::openat(descriptor_.number(), std::string{name}.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0640)};
        if (opened.number() < 0) return last_error();
        return file{std::move(opened)};
    }

    descriptor descriptor_;
};

static_assert(wal::directory<directory>, "posix::directory models wal::directory");

}  // namespace chronik::posix
