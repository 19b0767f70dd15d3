// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/wal/settled_format.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace chronik::wal {

/// A run of settled entries of one group, mapped: never changes. When the files grow, a longer one takes its place.
///
/// Rows and payloads are checked as they are read: what has rotted is errc::corrupt_record, never a wrong entry.
/// threads   any
class settled_segment {
public:
    /// rows    the file of rows, header included; data: the file of payloads
    /// count   rows that are promised; what is beyond was never finished
    /// errors  errc::corrupt_record, errc::unsupported_version
    static result<settled_segment> open(shared_bytes rows, shared_bytes data, std::uint64_t count) {
        auto const header = decode_settled_header(rows.view());
        if (!header) return std::unexpected(header.error());
        if (count == 0 || (rows.size() - settled_header_bytes) / settled_row_bytes < count)
            return failure(errc::corrupt_record);
        settled_segment made{*header, std::move(rows), std::move(data), count};
        auto const last = made.row(made.last_index());
        auto const first = made.row(made.first_index());
        if (!last || !first) return failure(errc::corrupt_record);
        made.data_bytes_ = last->position + last->length;
        made.end_ = {.index = made.last_index(), .term = last->term, .next_offset = last->next_offset()};
        made.newest_ms_ = last->newest_ms;
        made.oldest_ms_ = first->newest_ms;
        if (made.data_.size() < made.data_bytes_) return failure(errc::corrupt_record);
        if (auto known = made.find_epochs(); !known) return std::unexpected(known.error());
        return made;
    }

    settled_name name() const { return {header_.group, first_index()}; }
    settled_header const& header() const { return header_; }
    log_index first_index() const { return header_.before.index + 1; }
    log_index last_index() const { return header_.before.index + count_; }
    log_base const& before() const { return header_.before; }
    log_base const& end() const { return end_; }
    std::uint64_t count() const { return count_; }
    std::uint64_t data_bytes() const { return data_bytes_; }
    /// The largest timestamp of all; no_timestamp if no payload has one.
    std::int64_t newest_ms() const { return newest_ms_; }
    /// Of the first entry.
    std::int64_t oldest_ms() const { return oldest_ms_; }
    shared_bytes const& data() const { return data_; }

    result<settled_row> row(log_index at) const {
        CHRONIK_ASSERT(at >= first_index());
        CHRONIK_ASSERT(at <= last_index());
        return decode_settled_row(rows_.data() + settled_header_bytes + (at - first_index()) * settled_row_bytes, at);
    }

    /// Known without touching the files.
    log_term term_at(log_index at) const {
        auto const next = std::ranges::upper_bound(epochs_, at, {}, &epoch::first);
        return std::prev(next)->term;
    }

    result<entry> read(log_index at) const {
        auto const found = row(at);
        if (!found) return std::unexpected(found.error());
        if (found->position + found->length > data_bytes_) return failure(errc::corrupt_record);
        auto payload = found->length == 0 ? shared_bytes{} : data_.slice(found->position, found->length);
        if (crc32c::value(payload.view()) != found->payload_crc) return failure(errc::corrupt_record);
        return entry{.term = found->term,
                     .index = at,
                     .kind = found->kind,
                     .base_offset = found->base_offset,
                     .record_count = found->record_count,
                     .payload = std::move(payload)};
    }

    /// The entry that carries the record with this offset, which is below end().next_offset.
    result<log_index> index_of_offset(log_offset offset) const {
        return first_where([=](settled_row const& each) { return each.next_offset() > offset; });
    }

    /// The first entry that is not older; beyond last_index() if all are.
    result<log_index> first_reaching(std::int64_t timestamp_ms) const {
        return first_where([=](settled_row const& each) { return each.newest_ms >= timestamp_ms; });
    }

private:
    struct epoch {
        log_index first;
        log_term term;
    };

    settled_segment(settled_header header, shared_bytes rows, shared_bytes data, std::uint64_t count)
        : header_(header), rows_(std::move(rows)), data_(std::move(data)), count_(count) {}

    /// The first entry for which `is_beyond` holds; it holds for all after it.
    template <class Predicate>
    result<log_index> first_where(Predicate is_beyond, log_index low) const {
        log_index high = last_index() + 1;
        while (low < high) {
            log_index const middle = low + (high - low) / 2;
            auto const found = row(middle);
            if (!found) return std::unexpected(found.error());
            if (is_beyond(*found)) high = middle; else low = middle + 1;
        }
        return low;
    }
    template <class Predicate>
    result<log_index> first_where(Predicate is_beyond) const { return first_where(is_beyond, first_index()); }

    /// Terms never fall, so each is found by halves.
    result<void> find_epochs() {
        for (log_index at = first_index(); at <= last_index();) {
            auto const found = row(at);
            if (!found) return std::unexpected(found.error());
            if (!epochs_.empty() && found->term <= epochs_.back().term) return failure(errc::corrupt_record);
            epochs_.push_back({at, found->term});
            auto const next = first_where([&](settled_row const& each) { return each.term > found->term; }, at);
            if (!next) return std::unexpected(next.error());
            at = *next;
        }
        return {};
    }

    settled_header header_;
    shared_bytes rows_;
    shared_bytes data_;
    std::uint64_t count_ = 0;
    std::uint64_t data_bytes_ = 0;
    std::int64_t newest_ms_ = no_timestamp;
    std::int64_t oldest_ms_ = no_timestamp;
    log_base end_;
    std::vector<epoch> epochs_;
};

}  // namespace chronik::wal
