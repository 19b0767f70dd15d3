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
#include <string>
#include <utility>
#include <vector>

namespace chronik::wal {

/// Moves a run of committed entries of one group from the journal to files of their own: the last ones grow, or new
/// ones begin. Nothing is promised before the journal's record of it is durable: what a crash leaves is written again.
/// Each record is checked as its payload is copied: nothing that has rotted gets a checksum that says otherwise.
///
/// run()     blocks; payloads around the page cache where the directory can, one sync for each file
/// threads   run() on any thread, once; then back to the journal's owner
template <directory Directory>
class settle_job {
public:
    /// Where it goes: `grown` is continued, or files begin after `before`.
    struct target {
        log_uuid log_id;
        group_id group;
        log_base before;
        std::shared_ptr<settled_segment const> grown;
    };

    settle_job(Directory& where, target to, std::vector<stored_entry> entries, timestamp_reader timestamp_of)
        : where_(&where), to_(std::move(to)), entries_(std::move(entries)), timestamp_of_(timestamp_of) {}
    /// Moves nothing: an entry of the group is known to be damaged, and the owner is to hear of it as of all others.
    settle_job(Directory& where, group_id of, stored_entry changed)
        : where_(&where), to_{.log_id = {}, .group = of, .before = {}, .grown = nullptr},
          timestamp_of_(no_timestamps), damaged_(std::move(changed)), outcome_(failure(errc::corrupt_record)) {}

    void run() {
        if (damaged_) return;
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
    settled_name name() const { return {to_.group, (to_.grown ? to_.grown->before() : to_.before).index + 1, 0}; }

    /// errors   what the directory said; std::errc::no_space_on_device harms nothing; errc::corrupt_record: damaged()
    result<settled_segment>& outcome() { return outcome_; }
    /// The entry whose record is not what was written, if that has ended the job.
    std::optional<stored_entry> const& damaged() const { return damaged_; }

private:
    result<settled_segment> write() {
        if (begins_files()) {
            for (auto const& each : {name().data(), name().rows()}) {
                if (auto made = where_->create(each); !made) return std::unexpected(made.error());
            }
        }
        std::uint64_t const kept = to_.grown ? to_.grown->data_bytes() : 0;
        auto data = settled_payloads<Directory>::open(*where_, name().data(), kept);
        if (!data) return std::unexpected(data.error());
        auto const rows = write_payloads(*data);
        if (!rows) return std::unexpected(rows.error());
        if (auto synced = data->finish(); !synced) return std::unexpected(synced.error());
        return write_rows(*rows);
    }

    result<std::vector<std::byte>> write_payloads(settled_payloads<Directory>& data) {
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
            newest = std::max(newest, timestamp_of_(each.kind, each.payload.view()));
            configurations += each.kind == entry_kind::configuration ? 1U : 0U;
            encode(settled_row_of(each, position, *crc, newest, configurations), rows.data() + at * settled_row_bytes);
        }
        return rows;
    }

    result<settled_segment> write_rows(std::span<std::byte const> added) {
        auto rows = where_->open(name().rows(), access::read_write);
        if (!rows) return std::unexpected(rows.error());
        std::uint64_t const count = to_.grown ? to_.grown->rows() : 0;
        auto const done = [&]() -> result<void> {
            if (begins_files()) {
                auto const header =
                    encode(settled_header{.log_id = to_.log_id, .group = to_.group, .before = to_.before});
                if (auto written = rows->write_at(0, header); !written) return written;
            }
            if (auto written = rows->write_at(settled_header_bytes + count * settled_row_bytes, added); !written)
                return written;
            if (auto synced = rows->sync(); !synced) return synced;
            // The names, before anything is promised about what they hold.
            return begins_files() ? where_->sync() : result<void>{};
        }();
        if (!done) return std::unexpected(done.error());
        return open_settled(*where_, name(), begins_after() + added.size() / settled_row_bytes);
    }

    Directory* where_;
    target to_;
    std::vector<stored_entry> entries_;
    timestamp_reader timestamp_of_;
    std::optional<stored_entry> damaged_;
    result<settled_segment> outcome_ = failure(errc::closed);
};

}  // namespace chronik::wal
