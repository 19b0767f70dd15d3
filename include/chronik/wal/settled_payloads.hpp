// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/crc32c.hpp>
#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/settled_segment.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace chronik::wal {

/// A directory that can open a file for writes around the page cache: positions, sizes and memory are multiples of
/// settled_block_bytes then. Settled bytes are written once and read late, so they would only push others out.
template <class D>
concept direct_directory = directory<D> && requires(D& target, std::string_view name) {
    { target.open_direct(name) } -> std::same_as<result<typename D::file_type>>;
};

/// A file of payloads that is being written, to the end of what it has already: around the page cache where the
/// directory can, so in whole blocks.
///
/// threads   one
template <directory Directory>
class settled_payloads {
public:
    using file_type = typename Directory::file_type;

    /// In one write; larger ones make the journal's syncs wait behind them.
    static constexpr std::size_t write_bytes_max = 256 * 1024;

    /// name         of a file that is there
    /// bytes_kept   of what it has: the last block of them is written again, with the same bytes at its beginning
    /// errors       the directory's; errc::corrupt_record: it does not have so many
    static result<settled_payloads> open(Directory& where, std::string const& name, std::uint64_t bytes_kept) {
        auto opened = open_file(where, name);
        if (!opened) return std::unexpected(opened.error());
        settled_payloads made{std::move(*opened)};
        made.position_ = bytes_kept / settled_block_bytes * settled_block_bytes;
        made.used_ = static_cast<std::size_t>(bytes_kept - made.position_);
        if (made.used_ == 0) return made;
        // Read, and not looked at in a mapping: that would bring a hundred kilobytes around it into the page cache.
        auto const got = made.file_.read_at(made.position_, {made.staged_.get(), settled_block_bytes});
        if (!got) return std::unexpected(got.error());
        if (*got < made.used_) return failure(errc::corrupt_record);
        return made;
    }

    /// Where the next payload will stand.
    std::uint64_t end() const { return position_ + used_; }

    /// returns   CRC-32C of the bytes, summed as they are copied: they come from a mapping, and are touched once
    result<std::uint32_t> put(std::span<std::byte const> bytes) {
        std::uint32_t crc = 0;
        while (!bytes.empty()) {
            std::size_t const size = std::min(bytes.size(), write_bytes_max - used_);
            crc = crc32c::copy_extend(crc, staged_.get() + used_, bytes.first(size));
            used_ += size;
            bytes = bytes.subspan(size);
            if (used_ < write_bytes_max) continue;
            if (auto done = file_.write_at(position_, {staged_.get(), used_}); !done)
                return std::unexpected(done.error());
            position_ += used_;
            used_ = 0;
        }
        return crc;
    }

    /// The rest of it, with zeros up to a whole block. Nothing is put after it.
    result<void> write_rest() {
        auto const staged = std::exchange(staged_, nullptr);
        if (used_ == 0) return {};
        std::size_t const whole = (used_ + settled_block_bytes - 1) / settled_block_bytes * settled_block_bytes;
        std::memset(staged.get() + used_, 0, whole - used_);
        return file_.write_at(position_, {staged.get(), whole});
    }
    /// To be synced then.
    file_type& file() { return file_; }

private:
    struct aligned_free {
        void operator()(std::byte* memory) const {
            ::operator delete[](memory, std::align_val_t{settled_block_bytes});
        }
    };

    explicit settled_payloads(file_type&& opened)
        : file_(std::move(opened)),
          staged_(static_cast<std::byte*>(::operator new[](write_bytes_max, std::align_val_t{settled_block_bytes}))) {}

    static result<file_type> open_file(Directory& where, std::string const& name) {
        if constexpr (direct_directory<Directory>) return where.open_direct(name);
        else return where.open(name, access::read_write);
    }

    file_type file_;
    std::unique_ptr<std::byte[], aligned_free> staged_;
    std::uint64_t position_ = 0;
    std::size_t used_ = 0;
};

/// The row of an entry whose payload stands at `position`.
///
/// payload_crc   as settled_payloads::put() said
inline settled_row settled_row_of(entry const& of, std::uint64_t position, std::uint32_t payload_crc,
                                  std::int64_t newest_ms, std::uint32_t configurations) {
    return {.index = of.index,
            .position = position,
            .length = static_cast<std::uint32_t>(of.payload.size()),
            .record_count = of.record_count,
            .term = of.term,
            .base_offset = of.base_offset,
            .newest_ms = newest_ms,
            .payload_crc = payload_crc,
            .configurations = configurations,
            .kind = of.kind};
}

/// Both files of a run, mapped.
///
/// last     the last entry that they promise
/// errors   as settled_segment::open(); the directory's
template <directory Directory>
result<settled_segment> open_settled(Directory& where, settled_name const& name, log_index last) {
    shared_bytes mapped[2];
    std::string const files[] = {name.rows(), name.data()};
    for (std::size_t which = 0; which < 2; ++which) {
        auto opened = where.open(files[which], access::read);
        if (!opened) return std::unexpected(opened.error());
        auto bytes = opened->map();
        if (!bytes) return std::unexpected(bytes.error());
        mapped[which] = std::move(*bytes);
    }
    return settled_segment::open(name, std::move(mapped[0]), std::move(mapped[1]), last);
}

}  // namespace chronik::wal
