// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>

namespace chronik::posix {

/// The pages behind a mapping of a file: which of them are in memory, and how others get there.
///
/// Whoever looks at a page that is not in memory waits for the device, and is killed by SIGBUS if it cannot read.
/// threads   any
class page_cache {
public:
    /// Whether all of it can be looked at without waiting for a device. One system call for each 4 MiB. What is not
    /// known is not there.
    ///
    /// bytes   of one mapping
    bool holds(std::span<std::byte const> bytes) const {
        std::array<unsigned char, pages_in_call> there;
        auto left = whole_pages(bytes);
        while (!left.empty()) {
            auto const part = left.first(std::min(left.size(), pages_in_call * page_bytes()));
            if (::mincore(address(part), part.size(), there.data()) != 0) return false;
            auto const pages = std::span{there}.first((part.size() + page_bytes() - 1) / page_bytes());
            if (!std::ranges::all_of(pages, [](unsigned char page) { return (page & 1U) != 0; })) return false;
            left = left.subspan(part.size());
        }
        return true;
    }

    /// Brings all of it into memory: asks for the whole, then waits for it. Blocks.
    ///
    /// errors   std::errc::io_error: the device cannot read it, or the file has become shorter; the system's otherwise.
    ///          Kernels before 5.14 cannot say so: there its pages are looked at, and one that is damaged is a SIGBUS
    result<void> bring(std::span<std::byte const> bytes) const {
        auto const pages = whole_pages(bytes);
        if (pages.empty()) return {};
        // Only hints, so that the device has all of it to do at once: what they miss, the call behind them waits for,
        // and whatever is wrong with the bytes, it says. Of one hint the kernel takes as much as it reads ahead.
        for (std::size_t at = 0; at < pages.size(); at += hint_bytes) {
            auto const part = pages.subspan(at, std::min(hint_bytes, pages.size() - at));
            static_cast<void>(::madvise(address(part), part.size(), MADV_WILLNEED));
        }
        while (::madvise(address(pages), pages.size(), populate_read) != 0) {
            if (errno == EINTR) continue;
            if (errno == EINVAL) return look_at(pages);
            if (errno == EFAULT) return std::unexpected(std::make_error_code(std::errc::io_error));
            return std::unexpected(std::error_code{errno, std::system_category()});
        }
        return {};
    }

    /// Nobody is expected to want it again soon: it goes before other pages when memory is short. A hint.
    void cool(std::span<std::byte const> bytes) const {
        auto const pages = whole_pages(bytes);
        // A kernel that does not know the hint keeps the pages for as long as any.
        if (!pages.empty()) static_cast<void>(::madvise(address(pages), pages.size(), MADV_COLD));
    }

private:
    static constexpr std::size_t pages_in_call = 1024;
    static constexpr std::size_t hint_bytes = std::size_t{128} << 10;
    /// MADV_POPULATE_READ, which not every C library names.
    static constexpr int populate_read = 22;

    static std::size_t page_bytes() {
        static auto const bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
        return bytes;
    }

    /// From the beginning of its first page to its own end; the kernel takes the last page for a whole one.
    static std::span<std::byte const> whole_pages(std::span<std::byte const> bytes) {
        if (bytes.empty()) return {};
        std::size_t const before = reinterpret_cast<std::uintptr_t>(bytes.data()) % page_bytes();
        return {bytes.data() - before, bytes.size() + before};
    }

    static void* address(std::span<std::byte const> pages) { return const_cast<std::byte*>(pages.data()); }

    static result<void> look_at(std::span<std::byte const> pages) {
        for (std::size_t at = 0; at < pages.size(); at += page_bytes()) {
            std::byte const volatile& first = pages[at];
            static_cast<void>(static_cast<std::byte>(first));
        }
        return {};
    }
};

}  // namespace chronik::posix
