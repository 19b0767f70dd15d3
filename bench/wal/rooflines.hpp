// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../figures/must.hpp"
#include "../figures/process.hpp"
#include "../figures/quantile.hpp"

#include <chronik/base/crc32c.hpp>
#include <chronik/posix/directory.hpp>
#include <chronik/wal/journal.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <new>
#include <span>
#include <string>
#include <vector>

/// What this machine can do at best: measured in the same run, so that a benchmark says how far it is from it.
namespace chronik::bench {

/// A directory on the disk that TMPDIR names, gone afterwards.
struct scratch {
    std::string path = make();
    posix::directory where = must("a scratch directory", posix::directory::open_exclusive(path));
    ~scratch() { std::filesystem::remove_all(path); }

    static std::string make() {
        auto made = (std::filesystem::temp_directory_path() / "chronik-bench-XXXXXX").string();
        if (::mkdtemp(made.data()) == nullptr) give_up("a scratch directory", std::strerror(errno));
        return made;
    }
};

/// Nanoseconds for a copy of `size` bytes to the next place of a target of `target_bytes`; the best of three passes.
inline double copy_ns(std::size_t size, std::size_t target_bytes) {
    std::vector<std::byte> target(target_bytes);
    std::vector<std::byte> const source(size, std::byte{7});
    std::memset(target.data(), 1, target.size());
    std::size_t const stride = wal::record_bytes(size);
    double best = 1e18;
    for (int pass = 0; pass < 3; ++pass) {
        std::size_t copies = 0;
        double const begin = thread_nanoseconds();
        for (std::size_t at = 0; at + stride <= target.size(); at += stride, ++copies) {
            std::memcpy(target.data() + at, source.data(), size);
            benchmark::ClobberMemory();
        }
        double const took = thread_nanoseconds() - begin;
        best = std::min(best, took / static_cast<double>(std::max<std::size_t>(copies, 1)));
    }
    return best;
}
inline double memcpy_dram_ns(std::size_t size) { return copy_ns(size, std::size_t{256} << 20); }
inline double memcpy_l2_ns(std::size_t size) { return copy_ns(size, std::size_t{1} << 20); }

/// A file whose blocks have been written before, as the journal's segments have: a sync then changes no metadata.
class written_file {
public:
    explicit written_file(posix::directory& where, std::string const& name = "bare", std::size_t bytes = 64U << 20)
        : bytes_(bytes), file_(must("a file", where.create(name))) {
        must("a file of zeros", file_.allocate(bytes));
        must("a file of zeros", wal::detail::fill_with_zeros(file_, 0, bytes));
        must("a file of zeros", file_.sync());
    }

    /// Nanoseconds for a write of `block` at the next place and its sync.
    double write_and_sync_ns(std::span<std::byte const> block) {
        if (next_ + block.size() > bytes_) next_ = 0;
        auto const begin = steady::now();
        must("a write", file_.write_at(next_, block));
        must("a sync", file_.sync());
        next_ += block.size();
        return nanoseconds(steady::now() - begin);
    }
    /// A flush of the device with nothing to write.
    double flush_ns() {
        auto const begin = steady::now();
        must("a sync", file_.sync());
        return nanoseconds(steady::now() - begin);
    }

private:
    std::size_t bytes_;
    posix::file file_;
    std::size_t next_ = 0;
};

/// Memory that writes around the page cache take.
class aligned_block {
public:
    explicit aligned_block(std::size_t bytes)
        : bytes_(bytes), memory_(static_cast<std::byte*>(::operator new[](bytes, std::align_val_t{4096}))) {
        std::memset(memory_, 7, bytes);
    }
    ~aligned_block() { ::operator delete[](memory_, std::align_val_t{4096}); }
    aligned_block(aligned_block const&) = delete;
    aligned_block& operator=(aligned_block const&) = delete;
    std::span<std::byte const> view() const { return {memory_, bytes_}; }

    std::span<std::byte> room() { return {memory_, bytes_}; }

private:
    std::size_t bytes_;
    std::byte* memory_;
};

/// Bytes in a second of checksums over so many bytes, again and again: the best of some.
inline double crc_bytes_per_second(std::size_t bytes) {
    std::vector<std::byte> const data(bytes, std::byte{7});
    double best = 1e18;
    for (int nth = 0; nth < 20; ++nth) {
        double const begin = thread_nanoseconds();
        benchmark::DoNotOptimize(crc32c::value(data));
        best = std::min(best, thread_nanoseconds() - begin);
    }
    return static_cast<double>(data.size()) / best * 1e9;
}
inline double crc_cached_bytes_per_second() { return crc_bytes_per_second(std::size_t{1} << 20); }
/// Of what is in memory, and in no cache.
inline double crc_memory_bytes_per_second() { return crc_bytes_per_second(std::size_t{256} << 20); }

/// Bytes in a second that the device takes in writes of `size`, around the page cache, over blocks written before.
inline double direct_bytes_per_second(std::size_t size, std::size_t writes) {
    scratch place;
    { written_file const made{place.where, "direct"}; }
    auto file = *place.where.open_direct("direct");
    aligned_block const block{size};
    std::size_t const places = (std::size_t{64} << 20) / size;
    auto const begin = steady::now();
    for (std::size_t nth = 0; nth < writes; ++nth) {
        if (!file.write_at(nth % places * size, block.view())) std::abort();
    }
    if (!file.sync()) std::abort();
    return static_cast<double>(size * writes) / nanoseconds(steady::now() - begin) * 1e9;
}

/// The same for reads of `size` from the start of files in turn, of which the page cache has nothing.
inline double direct_read_bytes_per_second(posix::directory& where, std::vector<std::string> const& names,
                                           std::size_t size) {
    aligned_block block{size};
    std::uint64_t bytes = 0;
    auto const begin = steady::now();
    for (std::string const& name : names) {
        auto file = *where.open_direct(name);
        std::uint64_t const end = *file.size() / size * size;
        for (std::uint64_t at = 0; at < end; at += size, bytes += size) {
            if (file.read_at(at, block.room()).value_or(0) != size) std::abort();
        }
    }
    return static_cast<double>(bytes) / nanoseconds(steady::now() - begin) * 1e9;
}

/// Measured once in a run and then the same for all.
struct disk_rooflines {
    double fdatasync_4k_ns;
    double flush_ns;
    double stream_bytes_per_second;
};
inline disk_rooflines const& rooflines_of_disk() {
    static disk_rooflines const measured = [] {
        scratch place;
        written_file file{place.where};
        std::vector<std::byte> const block(4096, std::byte{1});
        std::vector<double> syncs;
        std::vector<double> flushes;
        for (int nth = 0; nth < 400; ++nth) {
            syncs.push_back(file.write_and_sync_ns(block));
            flushes.push_back(file.flush_ns());
        }
        return disk_rooflines{quantile(syncs, 0.5), quantile(flushes, 0.5),
                              direct_bytes_per_second(std::size_t{1} << 20, 512)};
    }();
    return measured;
}

}  // namespace chronik::bench
