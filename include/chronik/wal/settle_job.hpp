// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/settled_segment.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace chronik::wal {

/// A directory that can open a file for writes around the page cache: positions, sizes and memory are multiples of
/// settled_block_bytes then. Settled bytes are written once and read late, so they would only push others out.
template <class D>
concept direct_directory = directory<D> && requires(D& target, std::string_view name) {
    { target.open_direct(name) } -> std::same_as<result<typename D::file_type>>;
};

/// Moves a run of committed entries of one group from the journal to files of their own: the last ones grow, or new
/// ones begin. Nothing is promised before the journal's record of it is durable: what a crash leaves is written again.
///
/// run()     blocks; payloads around the page cache where the directory can, one sync for each file
/// threads   run() on any thread, once; then back to the journal's owner
template <directory Directory>
class settle_job {
public:
    /// In one write; larger ones make the journal's syncs wait behind them.
    static constexpr std::size_t write_bytes_max = 256 * 1024;

    /// Where it goes: `grown` is continued, or files begin after `before`.
    struct target {
        log_uuid log_id;
        group_id group;
        log_base before;
        std::shared_ptr<settled_segment const> grown;
    };

    settle_job(Directory& where, target to, std::vector<entry> entries, timestamp_reader timestamp_of)
        : where_(&where), to_(std::move(to)), entries_(std::move(entries)), timestamp_of_(timestamp_of) {}

    void run() {
        outcome_ = write();
        if (!outcome_ && begins_files()) {
            // A full device gets its space back; what a crash leaves, recovery removes.
            (void)where_->remove(name().rows());
            (void)where_->remove(name().data());
        }
        entries_.clear();  // lets go of the journal's segments
    }

    group_id group() const { return to_.group; }
    /// Entries after this one are moved.
    log_index begins_after() const { return to_.grown ? to_.grown->last_index() : to_.before.index; }
    bool begins_files() const { return to_.grown == nullptr; }
    settled_name name() const { return {to_.group, (to_.grown ? to_.grown->before() : to_.before).index + 1}; }

    /// errors   what the directory said; std::errc::no_space_on_device harms nothing
    result<settled_segment>& outcome() { return outcome_; }

private:
    struct aligned_free {
        void operator()(std::byte* memory) const {
            ::operator delete[](memory, std::align_val_t{settled_block_bytes});
        }
    };

    result<settled_segment> write() {
        // Around the page cache the last block is written again, with the same bytes at its beginning.
        std::uint64_t const end = to_.grown ? to_.grown->data_bytes() : 0;
        std::uint64_t const block = end / settled_block_bytes * settled_block_bytes;
        auto data = begins_files() ? create() : open_data();
        if (!data) return std::unexpected(data.error());
        staged_.reset(static_cast<std::byte*>(
            ::operator new[](write_bytes_max, std::align_val_t{settled_block_bytes})));
        position_ = block;
        used_ = end - block;
        if (used_ > 0) std::memcpy(staged_.get(), to_.grown->data().data() + block, used_);

        auto const rows = write_payloads(*data, end);
        if (!rows) return std::unexpected(rows.error());
        if (auto synced = data->sync(); !synced) return std::unexpected(synced.error());
        return write_rows(*rows);
    }

    result<typename Directory::file_type> open_data() {
        if constexpr (direct_directory<Directory>) return where_->open_direct(name().data());
        return where_->open(name().data(), access::read_write);
    }

    result<typename Directory::file_type> create() {
        for (auto const& each : {name().data(), name().rows()}) {
            if (auto made = where_->create(each); !made) return made;
        }
        return open_data();
    }

    result<std::vector<std::byte>> write_payloads(typename Directory::file_type& data, std::uint64_t end) {
        std::vector<std::byte> rows(entries_.size() * settled_row_bytes);
        std::int64_t newest = to_.grown ? to_.grown->newest_ms() : no_timestamp;
        for (std::size_t at = 0; at < entries_.size(); ++at) {
            auto const& each = entries_[at];
            auto const payload = each.payload.view();
            newest = std::max(newest, timestamp_of_(each.kind, payload));
            encode({.position = end,
                    .length = static_cast<std::uint32_t>(payload.size()),
                    .record_count = each.record_count,
                    .term = each.term,
                    .base_offset = each.base_offset,
                    .newest_ms = newest,
                    .payload_crc = crc32c::value(payload),
                    .kind = each.kind},
                   each.index, rows.data() + at * settled_row_bytes);
            end += payload.size();
            if (auto done = put(data, payload); !done) return std::unexpected(done.error());
        }
        if (auto done = put_last(data); !done) return std::unexpected(done.error());
        return rows;
    }

    result<void> put(typename Directory::file_type& data, std::span<std::byte const> bytes) {
        while (!bytes.empty()) {
            std::size_t const size = std::min(bytes.size(), write_bytes_max - used_);
            std::memcpy(staged_.get() + used_, bytes.data(), size);
            used_ += size;
            bytes = bytes.subspan(size);
            if (used_ < write_bytes_max) continue;
            if (auto done = data.write_at(position_, {staged_.get(), used_}); !done) return done;
            position_ += used_;
            used_ = 0;
        }
        return {};
    }

    result<void> put_last(typename Directory::file_type& data) {
        if (used_ == 0) return {};
        std::size_t const whole = (used_ + settled_block_bytes - 1) / settled_block_bytes * settled_block_bytes;
        std::memset(staged_.get() + used_, 0, whole - used_);
        return data.write_at(position_, {staged_.get(), whole});
    }

    result<settled_segment> write_rows(std::span<std::byte const> added) {
        auto rows = where_->open(name().rows(), access::read_write);
        if (!rows) return std::unexpected(rows.error());
        std::uint64_t const count = to_.grown ? to_.grown->count() : 0;
        auto const done = [&]() -> result<void> {
            if (begins_files()) {
                auto const header = encode(settled_header{to_.log_id, to_.group, to_.before});
                if (auto written = rows->write_at(0, header); !written) return written;
            }
            if (auto written = rows->write_at(settled_header_bytes + count * settled_row_bytes, added); !written)
                return written;
            if (auto synced = rows->sync(); !synced) return synced;
            // The names, before anything is promised about what they hold.
            return begins_files() ? where_->sync() : result<void>{};
        }();
        if (!done) return std::unexpected(done.error());
        auto mapped_rows = rows->map();
        if (!mapped_rows) return std::unexpected(mapped_rows.error());
        auto data = where_->open(name().data(), access::read);
        if (!data) return std::unexpected(data.error());
        auto mapped_data = data->map();
        if (!mapped_data) return std::unexpected(mapped_data.error());
        return settled_segment::open(std::move(*mapped_rows), std::move(*mapped_data),
                                     count + added.size() / settled_row_bytes);
    }

    Directory* where_;
    target to_;
    std::vector<entry> entries_;
    timestamp_reader timestamp_of_;
    std::unique_ptr<std::byte[], aligned_free> staged_;
    std::uint64_t position_ = 0;
    std::size_t used_ = 0;
    result<settled_segment> outcome_ = failure(errc::closed);
};

/// Removes files that nothing refers to any more. Not synced: what comes back after a crash is removed by recovery.
template <directory Directory>
class remove_job {
public:
    remove_job(Directory& where, std::vector<settled_name> names) : where_(&where), names_(std::move(names)) {}

    void run() {
        outcome_ = result<void>{};
        for (auto const& each : names_) {
            for (auto const& file : {each.rows(), each.data()}) {
                auto const removed = where_->remove(file);
                if (!removed && removed.error() != std::errc::no_such_file_or_directory) outcome_ = removed;
            }
        }
    }
    result<void> const& outcome() const { return outcome_; }
    std::size_t count() const { return names_.size(); }

private:
    Directory* where_;
    std::vector<settled_name> names_;
    result<void> outcome_ = failure(errc::closed);
};

}  // namespace chronik::wal
