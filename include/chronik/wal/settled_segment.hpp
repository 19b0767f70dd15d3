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
#include <iterator>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace chronik::wal {

/// A run of settled entries of one group, mapped: never changes. When the files grow, a longer one takes its place;
/// when they are cleaned, others do.
///
/// Rows and payloads are checked as they are read: what has rotted is errc::corrupt_record, never a wrong entry.
/// threads   any
class settled_segment {
public:
    /// rows    the file of rows, header included; data: the file of payloads
    /// last    the last entry that is promised; what is beyond was never finished
    /// errors  errc::corrupt_record, errc::unsupported_version
    static result<settled_segment> open(settled_name const& name, shared_bytes rows, shared_bytes data,
                                        log_index last) {
        auto const header = decode_settled_header(rows.view());
        if (!header) return std::unexpected(header.error());
        if (header->group != name.group || header->before.index + 1 != name.first || last < name.first)
            return failure(errc::corrupt_record);
        if (header->is_cleaned() && header->last != last) return failure(errc::corrupt_record);
        std::uint64_t const count = header->is_cleaned() ? header->rows : last - header->before.index;
        if ((rows.size() - settled_header_bytes) / settled_row_bytes < count) return failure(errc::corrupt_record);
        settled_segment made{*header, name.generation, std::move(rows), std::move(data), count};
        auto const first_row = made.row_number(0);
        auto const last_row = made.row_number(count - 1);
        if (!last_row || !first_row) return failure(errc::corrupt_record);
        if (first_row->index != made.first_index() || last_row->last_index() != last)
            return failure(errc::corrupt_record);
        made.data_bytes_ = last_row->position + last_row->length;
        made.end_ = {.index = last, .term = last_row->term, .next_offset = last_row->next_offset()};
        made.newest_ms_ = last_row->newest_ms;
        made.oldest_ms_ = first_row->newest_ms;
        made.configurations_ = last_row->configurations;
        if (made.data_.size() < made.data_bytes_) return failure(errc::corrupt_record);
        if (auto known = made.find_epochs(); !known) return std::unexpected(known.error());
        if (auto known = made.find_dirty(); !known) return std::unexpected(known.error());
        return made;
    }

    settled_name name() const { return {header_.group, first_index(), generation_}; }
    settled_header const& header() const { return header_; }
    log_index first_index() const { return header_.before.index + 1; }
    log_index last_index() const { return end_.index; }
    log_base const& before() const { return header_.before; }
    log_base const& end() const { return end_; }
    std::uint64_t rows() const { return count_; }
    /// The row in this place of the file, counted from 0.
    result<settled_row> row_number(std::uint64_t number) const { return decode_settled_row(at_row(number)); }
    /// The block of the file that this row stands in: what looking at it touches.
    std::span<std::byte const> block_of_row(std::uint64_t number) const {
        std::uint64_t const first = number / rows_in_block * rows_in_block;
        std::uint64_t const number_of_rows = std::min(rows_in_block, count_ - first);
        return {at_row(first), static_cast<std::size_t>(number_of_rows * settled_row_bytes)};
    }
    static constexpr std::uint64_t rows_in_block = settled_block_bytes / settled_row_bytes;
    std::uint64_t data_bytes() const { return data_bytes_; }
    std::uint32_t configurations() const { return configurations_; }
    /// The largest timestamp of all; no_timestamp if no payload has one.
    std::int64_t newest_ms() const { return newest_ms_; }
    /// Of the first entry.
    std::int64_t oldest_ms() const { return oldest_ms_; }
    shared_bytes const& data() const { return data_; }

    /// Of payloads that no cleaning has looked at for newer versions of older ones.
    std::uint64_t dirty_bytes() const { return dirty_bytes_; }
    log_index first_dirty() const { return std::max(header_.cleaned_to + 1, first_index()); }

    /// The row of this entry alone.
    result<settled_row> row(log_index at) const {
        auto const found = row_with(at);
        if (!found) return found;
        return found->only(at);
    }
    /// The row that this entry is in, which may stand for others besides.
    result<settled_row> row_with(log_index at) const {
        CHRONIK_ASSERT(at >= first_index());
        CHRONIK_ASSERT(at <= last_index());
        auto const found = row_number(number_of(at));
        if (!found) return found;
        if (at < found->index || at > found->last_index()) return failure(errc::corrupt_record);
        return found;
    }

    /// Known without touching the files.
    log_term term_at(log_index at) const { return epoch_of(at).term; }
    /// Of the entry with this record, which is in this run: known likewise.
    log_term term_of(log_offset record) const {
        auto const later =
            std::ranges::upper_bound(std::next(epochs_.begin()), epochs_.end(), record, {}, &epoch::offset);
        return std::prev(later)->term;
    }
    /// The offset of the first record at `at` or behind it: known without touching the files where a term begins.
    result<log_offset> offset_at(log_index at) const {
        if (auto const& known = epoch_of(at); known.first == at) return known.offset;
        auto const found = row(at);
        return found ? result<log_offset>{found->base_offset} : std::unexpected(found.error());
    }

    /// Whether read() of it would look at nothing that `holds`, (span) -> bool, does not have.
    template <class Holds>
    bool is_at_hand(log_index at, Holds const& holds) const {
        std::uint64_t low = header_.is_cleaned() ? 0 : at - first_index();
        std::uint64_t high = header_.is_cleaned() ? count_ : low + 1;
        // As number_of() searches.
        while (high - low > 1) {
            std::uint64_t const middle = low + (high - low) / 2;
            if (!holds(block_of_row(middle))) return false;
            if (index_of_settled_row(at_row(middle)) <= at) low = middle; else high = middle;
        }
        if (!holds(block_of_row(low))) return false;
        auto const found = row_number(low);
        // What is wrong with it, read() says.
        if (!found || found->position > data_bytes_ || found->length > data_bytes_ - found->position) return true;
        return found->length == 0 || holds(data_.view().subspan(found->position, found->length));
    }

    result<entry> read(log_index at) const {
        auto const found = row(at);
        if (!found) return std::unexpected(found.error());
        return read(*found);
    }
    /// The entry of a row that stands for one.
    result<entry> read(settled_row const& found) const {
        if (found.position + found.length > data_bytes_) return failure(errc::corrupt_record);
        auto payload = found.length == 0 ? shared_bytes{} : data_.slice(found.position, found.length);
        if (crc32c::value(payload.view()) != found.payload_crc) return failure(errc::corrupt_record);
        return entry{.term = found.term,
                     .index = found.index,
                     .kind = found.kind,
                     .base_offset = found.base_offset,
                     .record_count = found.record_count,
                     .payload = std::move(payload)};
    }

    /// The entry that carries the record with this offset, which is below end().next_offset.
    result<log_index> index_of_offset(log_offset offset) const {
        auto const found = first_where([=](settled_row const& each) { return each.next_offset() > offset; });
        if (!found) return std::unexpected(found.error());
        if (!*found) return last_index() + 1;
        auto const& row = **found;
        if (row.entries == 1) return row.index;
        return row.index + (offset - row.base_offset) / row.record_count;
    }

    /// The first entry that is not older; beyond last_index() if all are.
    result<log_index> first_reaching(std::int64_t timestamp_ms) const {
        auto const found = first_where([=](settled_row const& each) { return each.newest_ms >= timestamp_ms; });
        if (!found) return std::unexpected(found.error());
        return *found ? (*found)->index : last_index() + 1;
    }

    /// The first configuration at `from` or after it; beyond last_index() if there is none.
    result<log_index> next_configuration(log_index from) const {
        std::uint32_t before = 0;
        if (configurations_ == 0) return last_index() + 1;
        if (from > first_index()) {
            auto const earlier = row_with(from - 1);
            if (!earlier) return std::unexpected(earlier.error());
            before = earlier->configurations;
        }
        auto const found = first_where([=](settled_row const& each) { return each.configurations > before; });
        if (!found) return std::unexpected(found.error());
        return *found ? (*found)->index : last_index() + 1;
    }

private:
    struct epoch {
        log_index first;
        log_term term;
        log_offset offset;
    };
    epoch const& epoch_of(log_index at) const {
        return *std::prev(std::ranges::upper_bound(epochs_, at, {}, &epoch::first));
    }

    settled_segment(settled_header header, std::uint64_t generation, shared_bytes rows, shared_bytes data,
                    std::uint64_t count)
        : header_(header), generation_(generation), rows_(std::move(rows)), data_(std::move(data)), count_(count) {}

    std::byte const* at_row(std::uint64_t number) const {
        return rows_.data() + settled_header_bytes + number * settled_row_bytes;
    }

    /// The last row that begins at the entry or before it.
    std::uint64_t number_of(log_index at) const {
        if (!header_.is_cleaned()) return at - first_index();
        std::uint64_t low = 0;
        std::uint64_t high = count_;
        while (high - low > 1) {
            std::uint64_t const middle = low + (high - low) / 2;
            if (index_of_settled_row(at_row(middle)) <= at) low = middle; else high = middle;
        }
        return low;
    }

    /// The first row for which `is_beyond` holds; it holds for all after it. Nothing if there is none.
    template <class Predicate>
    result<std::optional<settled_row>> first_where(Predicate is_beyond, std::uint64_t low = 0) const {
        std::uint64_t high = count_;
        std::optional<settled_row> best;
        while (low < high) {
            std::uint64_t const middle = low + (high - low) / 2;
            auto const found = row_number(middle);
            if (!found) return std::unexpected(found.error());
            if (is_beyond(*found)) {
                best = *found;
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return best;
    }

    /// Terms never fall, so each is found by halves.
    result<void> find_epochs() {
        auto next = first_where([](settled_row const&) { return true; });
        while (next && *next) {
            auto const& row = **next;
            if (!epochs_.empty() && row.term <= epochs_.back().term) return failure(errc::corrupt_record);
            epochs_.push_back({row.index, row.term, row.base_offset});
            next = first_where([term = row.term](settled_row const& each) { return each.term > term; });
        }
        return next ? result<void>{} : std::unexpected(next.error());
    }

    result<void> find_dirty() {
        dirty_bytes_ = data_bytes_;
        if (first_dirty() > last_index()) dirty_bytes_ = 0;
        if (first_dirty() == first_index() || dirty_bytes_ == 0) return {};
        auto const found = row_with(first_dirty());
        if (!found) return std::unexpected(found.error());
        if (found->position > data_bytes_) return failure(errc::corrupt_record);
        dirty_bytes_ -= found->position;
        return {};
    }

    settled_header header_;
    std::uint64_t generation_;
    shared_bytes rows_;
    shared_bytes data_;
    std::uint64_t count_ = 0;
    std::uint64_t data_bytes_ = 0;
    std::uint64_t dirty_bytes_ = 0;
    std::uint32_t configurations_ = 0;
    std::int64_t newest_ms_ = no_timestamp;
    std::int64_t oldest_ms_ = no_timestamp;
    log_base end_;
    std::vector<epoch> epochs_;
};

}  // namespace chronik::wal
