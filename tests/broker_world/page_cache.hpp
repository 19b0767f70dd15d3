// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <partitions/cold_reads.hpp>

#include <chronik/base/error.hpp>
#include <chronik/base/random.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <system_error>

namespace broker::world {

/// What the memory of one machine has of its files, by chance: what posix::page_cache knows of a real one.
///
/// It remembers nothing, since addresses are the allocator's and not the seed's. Who asks about the same bytes again
/// may hear something else, as when memory is short.
/// threads   one for each world
class page_cache {
public:
    /// cold_percent         of the questions are answered with no
    /// unreadable_percent   of what is to be brought, the device cannot read
    page_cache(std::uint64_t seed, unsigned cold_percent, unsigned unreadable_percent)
        : chance_(seed), cold_percent_(cold_percent), unreadable_percent_(unreadable_percent) {}
    page_cache(page_cache const&) = delete;
    page_cache& operator=(page_cache const&) = delete;

    /// For one process; this outlives it.
    partitions::file_memory seen() {
        using bytes_view = std::span<std::byte const>;
        return {.holds = [this](bytes_view) { return !chance_.chance(cold_percent_); },
                .bring = [this](bytes_view) { return bring(); },
                .cool = [](bytes_view) {}};
    }

    /// The device reads everything from now on.
    void heal() { unreadable_percent_ = 0; }

    /// Pieces that were brought from the device, or should have been.
    std::uint64_t brought() const { return brought_; }

private:
    chronik::result<void> bring() {
        ++brought_;
        if (!chance_.chance(unreadable_percent_)) return {};
        return std::unexpected(std::make_error_code(std::errc::io_error));
    }

    chronik::random chance_;
    unsigned cold_percent_;
    unsigned unreadable_percent_;
    std::uint64_t brought_ = 0;
};

}  // namespace broker::world
