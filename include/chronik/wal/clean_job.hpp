// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/error.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/settled_payloads.hpp>
#include <chronik/wal/settled_segment.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace chronik::wal {

/// Writes settled runs of one group anew, as one run, without the payloads that nobody needs any more.
///
/// Every entry keeps index, term, base offset and count. One without its payload is a marker, and markers in a row that
/// are alike share a row. What was there stays, and counts, until the new files are whole and durable: their header is
/// written last.
///
///     while (!*job.step(1 << 20, rewrite)) {}      // each a little I/O: the caller paces
///     job.finish(cleaned_to);
/// threads   one at a time, any; then back to the journal's owner
template <directory Directory>
class clean_job {
public:
    /// What an entry says from now on: its payload or a smaller one; nothing: only where it was.
    using rewritten = result<std::optional<shared_bytes>>;

    /// sources   neighbours, oldest first
    clean_job(Directory& where, std::vector<std::shared_ptr<settled_segment const>> sources,
              timestamp_reader timestamp_of)
        : where_(&where), sources_(std::move(sources)), timestamp_of_(timestamp_of) {
        CHRONIK_ASSERT(!sources_.empty());
        next_ = sources_.front()->first_index();
        for (auto const& each : sources_) generation_ = std::max(generation_, each->name().generation + 1);
    }

    group_id group() const { return sources_.front()->header().group; }
    std::vector<std::shared_ptr<settled_segment const>> const& sources() const { return sources_; }
    settled_name name() const { return {group(), sources_.front()->first_index(), generation_}; }

    /// Goes on until `bytes` have been read.
    ///
    /// rewrite   (entry const&) -> rewritten; not asked about markers, nor about configurations, which Raft needs
    /// returns   true when all is written
    /// errors    the directory's; errc::corrupt_record if what was settled has changed; rewrite's
    template <class Rewrite>
    result<bool> step(std::uint64_t bytes, Rewrite&& rewrite) {
        if (!payloads_) {
            if (auto begun = begin(); !begun) return std::unexpected(begun.error());
        }
        std::uint64_t read = 0;
        while (next_ <= sources_.back()->last_index() && read < bytes) {
            while (next_ > sources_[at_]->last_index()) ++at_;
            auto const row = sources_[at_]->row_with(next_);
            if (!row) return std::unexpected(row.error());
            read += settled_row_bytes + row->length;
            next_ = row->last_index() + 1;
            if (auto done = take(*row, rewrite); !done) return std::unexpected(done.error());
        }
        return next_ > sources_.back()->last_index();
    }

    /// Makes it whole and durable.
    ///
    /// cleaned_to   see settled_header
    result<void> finish(log_index cleaned_to) {
        CHRONIK_ASSERT(next_ > sources_.back()->last_index());
        if (auto done = put_row(); !done) return done;
        if (auto done = write_rows(); !done) return done;
        if (auto done = payloads_->write_rest(); !done) return done;
        if (auto done = payloads_->file().sync(); !done) return done;
        if (auto done = rows_->sync(); !done) return done;
        auto const& first = sources_.front()->header();
        log_index const last = sources_.back()->last_index();
        auto const header = encode(settled_header{.log_id = first.log_id,
                                                  .group = first.group,
                                                  .before = first.before,
                                                  .last = last,
                                                  .rows = row_count_,
                                                  .cleaned_to = cleaned_to});
        if (auto done = rows_->write_at(0, header); !done) return done;
        if (auto done = rows_->sync(); !done) return done;
        // What it replaces is removed when this is known, so its names must be there to stay.
        if (auto done = where_->sync(); !done) return done;
        auto opened = open_settled(*where_, name(), last);
        if (!opened) return std::unexpected(opened.error());
        made_ = std::make_shared<settled_segment const>(std::move(*opened));
        return {};
    }

    /// Nothing before finish() has succeeded.
    std::shared_ptr<settled_segment const> const& made() const { return made_; }

    /// Gives the space back after an error, or when the log has moved on.
    void abandon() {
        rows_.reset();
        payloads_.reset();
        (void)where_->remove(name().rows());
        (void)where_->remove(name().data());
    }

private:
    static constexpr std::size_t rows_bytes_max = settled_row_bytes * 1024;

    result<void> begin() {
        auto rows = where_->create(name().rows());
        if (!rows) return std::unexpected(rows.error());
        rows_.emplace(std::move(*rows));
        if (auto made = where_->create(name().data()); !made) return std::unexpected(made.error());
        auto payloads = settled_payloads<Directory>::open(*where_, name().data(), 0);
        if (!payloads) return std::unexpected(payloads.error());
        payloads_.emplace(std::move(*payloads));
        // Not a header: what is interrupted must not look finished.
        return rows_->write_at(0, settled_header_block{});
    }

    template <class Rewrite>
    result<void> take(settled_row const& row, Rewrite& rewrite) {
        if (row.is_marker()) return add(marker_of(row));
        auto found = sources_[at_]->read(row);
        if (!found) return std::unexpected(found.error());
        if (row.kind == entry_kind::configuration) {
            ++configurations_;
        } else {
            auto kept = rewrite(std::as_const(*found));
            if (!kept) return std::unexpected(kept.error());
            if (!*kept) return add(marker_of(row));
            found->payload = std::move(**kept);
            newest_ms_ = std::max(newest_ms_, timestamp_of_(found->kind, found->payload.view()));
        }
        auto const position = payloads_->end();
        auto const crc = payloads_->put(found->payload.view());
        if (!crc) return std::unexpected(crc.error());
        return add(settled_row_of(*found, position, *crc, newest_ms_, configurations_));
    }

    settled_row marker_of(settled_row const& row) const {
        settled_row marker = row;
        marker.position = payloads_->end();
        marker.length = 0;
        marker.newest_ms = newest_ms_;
        marker.payload_crc = crc32c::value({});
        marker.configurations = configurations_;
        marker.kind = entry_kind::no_op;
        return marker;
    }

    /// A row is written when it is known that the next one does not join it.
    result<void> add(settled_row const& row) {
        bool const joins = waiting_ && waiting_->is_marker() && row.is_marker() && waiting_->term == row.term &&
                           waiting_->record_count == row.record_count &&
                           row.entries <= std::numeric_limits<std::uint32_t>::max() - waiting_->entries;
        if (joins) {
            waiting_->entries += row.entries;
            return {};
        }
        auto const done = put_row();
        waiting_ = row;
        return done;
    }

    result<void> put_row() {
        if (!waiting_) return {};
        std::size_t const used = encoded_.size();
        encoded_.resize(used + settled_row_bytes);
        encode(*std::exchange(waiting_, std::nullopt), encoded_.data() + used);
        return encoded_.size() < rows_bytes_max ? result<void>{} : write_rows();
    }

    result<void> write_rows() {
        if (auto done = rows_->write_at(settled_header_bytes + row_count_ * settled_row_bytes, encoded_); !done)
            return done;
        row_count_ += encoded_.size() / settled_row_bytes;
        encoded_.clear();
        return {};
    }

    Directory* where_;
    std::vector<std::shared_ptr<settled_segment const>> sources_;
    timestamp_reader timestamp_of_;
    std::uint64_t generation_ = 1;
    std::size_t at_ = 0;  ///< of the source that has `next_`
    log_index next_;
    std::optional<typename Directory::file_type> rows_;
    std::optional<settled_payloads<Directory>> payloads_;
    std::optional<settled_row> waiting_;
    std::vector<std::byte> encoded_;
    std::uint64_t row_count_ = 0;
    std::int64_t newest_ms_ = no_timestamp;
    std::uint32_t configurations_ = 0;
    std::shared_ptr<settled_segment const> made_;
};

}  // namespace chronik::wal
