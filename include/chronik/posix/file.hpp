// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/posix/descriptor.hpp>
#include <chronik/wal/concepts.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <system_error>
#include <utility>

namespace chronik::posix {

/// What the operating system said last, as a result.
[[nodiscard]] inline std::unexpected<std::error_code> last_error() {
    return std::unexpected(std::error_code{errno, std::system_category()});
}

/// A file of the operating system; models wal::file. Errors are those of the system calls.
///
/// threads   one thread at a time; a mapping may be read by any
class file {
public:
    explicit file(descriptor&& opened) : descriptor_(std::move(opened)) {}

    result<void> write_at(std::uint64_t position, std::span<std::byte const> bytes) {
        while (!bytes.empty()) {
            auto const written =
                ::pwrite(descriptor_.number(), bytes.data(), bytes.size(), static_cast<off_t>(position));
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) return last_error();
            bytes = bytes.subspan(static_cast<std::size_t>(written));
            position += static_cast<std::uint64_t>(written);
        }
        return {};
    }

    result<std::size_t> read_at(std::uint64_t position, std::span<std::byte> into) const {
        std::size_t total = 0;
        while (total < into.size()) {
            auto const got = ::pread(descriptor_.number(), into.data() + total, into.size() - total,
                                     static_cast<off_t>(position + total));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) return last_error();
            if (got == 0) break;
            total += static_cast<std::size_t>(got);
        }
        return total;
    }

    /// Space for `size` bytes from the start, so that later writes cannot fail for want of it.
    result<void> allocate(std::uint64_t size) {
        if (::fallocate(descriptor_.number(), 0, 0, static_cast<off_t>(size)) == 0) return {};
        // A file system without it allocates when the zeros are written, which happens before the file is used.
        if (errno == EOPNOTSUPP) return {};
        return last_error();
    }

    /// Never repeated after an error: the pages are then marked clean, and a second call would claim success.
    result<void> sync() {
        if (::fdatasync(descriptor_.number()) != 0) return last_error();
        return {};
    }

    /// What was written goes to the device soon, and has its place there already; sync() says whether it has arrived.
    void begin_write_back() { (void)::sync_file_range(descriptor_.number(), 0, 0, SYNC_FILE_RANGE_WRITE); }

    result<std::uint64_t> size() const {
        struct stat status {};
        if (::fstat(descriptor_.number(), &status) != 0) return last_error();
        return static_cast<std::uint64_t>(status.st_size);
    }

    /// The file's bytes for reading, later writes included. The size must not shrink while the view lives.
    result<shared_bytes> map() const {
        auto const bytes = size();
        if (!bytes) return std::unexpected(bytes.error());
        if (*bytes == 0) return shared_bytes{};
        std::size_t const length = *bytes;
        void* const start = ::mmap(nullptr, length, PROT_READ, MAP_SHARED, descriptor_.number(), 0);
        if (start == MAP_FAILED) return last_error();
        std::shared_ptr<void const> owner{
            start, [length](void const* mapped) { ::munmap(const_cast<void*>(mapped), length); }};
        return shared_bytes{std::move(owner), {static_cast<std::byte const*>(start), length}};
    }

    /// The file's bytes to be changed in memory: no call for a write, and nothing durable before sync(). Every block
    /// must have been written before: in a hole, or where the file system puts what is changed elsewhere, a full device
    /// is a signal.
    result<wal::file_memory> map_to_store() {
        auto const bytes = size();
        if (!bytes) return std::unexpected(bytes.error());
        std::size_t const length = *bytes;
        void* const start = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_.number(), 0);
        if (start == MAP_FAILED) return last_error();
        return wal::file_memory{{start, [length](void* mapped) { ::munmap(mapped, length); }},
                                {static_cast<std::byte*>(start), length}};
    }

    /// Brings all of it in, so that no store waits for the device. What the device does not give is an error here. For
    /// touch::store, no store meets a page that it may not write to either, before the next sync.
    result<void> bring(wal::file_memory const& memory, wal::touch how) {
        int const advice = how == wal::touch::store ? MADV_POPULATE_WRITE : MADV_POPULATE_READ;
        if (::madvise(memory.bytes.data(), memory.bytes.size(), advice) == 0) return {};
        // A kernel before 5.14 brings it in when it is used.
        if (errno == EINVAL) return {};
        return last_error();
    }

private:
    descriptor descriptor_;
};

static_assert(wal::storable_file<file>, "posix::file models wal::file, and can be stored into");

}  // namespace chronik::posix
