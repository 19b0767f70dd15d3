// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/settled_payloads.hpp>
#include <chronik/wal/settled_segment.hpp>
#include <chronik/wal/stored_entry.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace chronik::wal {

/// A run of committed entries of one group on its way from the journal to files of their own: the last ones grow, or
/// new ones begin. Nothing is promised before the journal's record of it is durable: what a crash leaves is written
/// again. Each record is checked as its payload is copied: nothing that has rotted gets a checksum that says otherwise.
///
///     write(), synced() with what the syncs of its files() said, open() with what the directory's said
/// errors    outcome() has them
/// threads   one at a time, any
template <directory Directory>
class settle_run {
public:
    using file_type = typename Directory::file_type;

    /// Where it goes: `grown` is continued, or files begin after `before`.
    struct target {
        log_uuid log_id;
        group_id group;
        log_base before;
        std::shared_ptr<settled_segment const> grown;
    };

    settle_run(target to, std::vector<stored_entry> entries) : to_(std::move(to)), entries_(std::move(entries)) {}
    /// Moves nothing: an entry of the group is known to be damaged, and the owner is to hear of it as of all others.
    settle_run(group_id of, stored_entry changed)
        : to_{.log_id = {}, .group = of, .before = {}, .grown = nullptr}, damaged_(std::move(changed)),
          outcome_(failure(errc::corrupt_record)) {}

    group_id group() const { return to_.group; }
    /// Entries after this one are moved.
    log_index begins_after() const { return to_.grown ? to_.grown->last_index() : to_.before.index; }
    bool begins_files() const { return to_.grown == nullptr; }
    /// The files that it continues, as they were.
    std::shared_ptr<settled_segment const> const& grown() const { return to_.grown; }
    settled_name name() const { return {to_.group, (to_.grown ? to_.grown->before() : to_.before).index + 1, 0}; }

    /// errors   what the directory said; what is a shortage harms nothing; errc::corrupt_record: damaged()
    result<settled_segment>& outcome() { return outcome_; }
    /// The entry whose record is not what was written, if that has ended the run.
    std::optional<stored_entry> const& damaged() const { return damaged_; }

    /// Payloads around the page cache where the directory can. Nothing is waited for but room in the device's queue.
    void write(Directory& where, timestamp_reader timestamp_of) {
        if (damaged_) return;
        moved_ = entries_.size();
        if (auto done = write_both(where, timestamp_of); !done) fail(done.error());
        entries_.clear();  // lets go of the journal's segments
    }

    /// To be synced: two, or none if the run has failed.
    std::vector<file_type*> files() {
        if (!is_under_way()) return {};
        return {&data_->file(), &*rows_};
    }
    /// said   by each of its files
    void synced(std::span<result<void> const> said) {
        for (auto const& each : said) {
            if (!each) return fail(each.error());
        }
    }

    /// named   what the directory's sync said, if names are new
    void open(Directory& where, result<void> const& named) {
        if (!is_under_way()) return;
        if (begins_files() && !named) return fail(named.error());
        data_.reset();
        rows_.reset();
        outcome_ = open_settled(where, name(), begins_after() + moved_);
    }

    /// Of a run that has failed: a full device gets its space back. What a crash leaves, recovery removes.
    void tidy(Directory& where) {
        if (is_under_way() || outcome_ || !begins_files() || std::exchange(moved_, 0) == 0) return;
        (void)where.remove(name().rows());
        (void)where.remove(name().data());
    }

private:
    bool is_under_way() const { return data_ && rows_; }

    void fail(std::error_code cause) {
        outcome_ = std::unexpected(cause);
        data_.reset();
        rows_.reset();
    }

    result<void> write_both(Directory& where, timestamp_reader timestamp_of) {
        if (begins_files()) {
            for (auto const& each : {name().data(), name().rows()}) {
                if (auto made = where.create(each); !made) return std::unexpected(made.error());
            }
        }
        auto data = settled_payloads<Directory>::open(where, name().data(), to_.grown ? to_.grown->data_bytes() : 0);
        if (!data) return std::unexpected(data.error());
        auto const added = write_payloads(*data, timestamp_of);
        if (!added) return std::unexpected(added.error());
        if (auto written = data->write_rest(); !written) return written;
        auto rows = where.open(name().rows(), access::read_write);
        if (!rows) return std::unexpected(rows.error());
        if (auto written = write_rows(*rows, *added); !written) return written;
        data_.emplace(std::move(*data));
        rows_.emplace(std::move(*rows));
        return {};
    }

    result<std::vector<std::byte>> write_payloads(settled_payloads<Directory>& data, timestamp_reader timestamp_of) {
        std::vector<std::byte> rows(entries_.size() * settled_row_bytes);
        std::int64_t newest = to_.grown ? to_.grown->newest_ms() : no_timestamp;
        std::uint32_t configurations = to_.grown ? to_.grown->configurations() : 0;
        for (std::size_t at = 0; at < entries_.size(); ++at) {
            auto const& each = entries_[at].what;
            auto const position = data.end();
            auto const crc = data.put(each.payload.view());
            if (!crc) return std::unexpected(crc.error());
            if (!entries_[at].is_sound(to_.group, *crc)) {
                damaged_ = std::move(entries_[at]);
                return failure(errc::corrupt_record);
            }
            newest = std::max(newest, timestamp_of(each.kind, each.payload.view()));
            configurations += each.kind == entry_kind::configuration ? 1U : 0U;
            encode(settled_row_of(each, position, *crc, newest, configurations), rows.data() + at * settled_row_bytes);
        }
        return rows;
    }

    result<void> write_rows(file_type& rows, std::span<std::byte const> added) {
        std::uint64_t const count = to_.grown ? to_.grown->rows() : 0;
        if (begins_files()) {
            auto const header =
                encode(settled_header{.log_id = to_.log_id, .group = to_.group, .before = to_.before});
            if (auto written = rows.write_at(0, header); !written) return written;
        }
        if (auto written = rows.write_at(settled_header_bytes + count * settled_row_bytes, added); !written)
            return written;
        // Else its blocks are chosen at its own sync, which then waits for a commit of the file system of its own.
        if constexpr (write_behind_file<file_type>) rows.begin_write_back();
        return {};
    }

    target to_;
    std::vector<stored_entry> entries_;
    std::size_t moved_ = 0;
    std::optional<settled_payloads<Directory>> data_;
    std::optional<file_type> rows_;
    std::optional<stored_entry> damaged_;
    result<settled_segment> outcome_ = failure(errc::closed);
};

}  // namespace chronik::wal
