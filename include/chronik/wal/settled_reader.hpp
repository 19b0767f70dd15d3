// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/wal/settled_segment.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace chronik::wal {

using settled_run_ptr = std::shared_ptr<settled_segment const>;

/// Where a reader begins: with the entry that has this record, or with this entry.
using settled_start = std::variant<log_offset, log_index>;

/// Reads the payloads of settled runs in their order, and looks at no byte of a file before `ready` has said so: a
/// mapped page that is not in memory makes whoever looks at it wait for the device.
///
///     settled_reader reader{log.settled_from(offset), offset, ready};
///     for (auto row = reader.next(bytes_left); row && *row; row = reader.next(bytes_left))
///         auto const item = reader.read(**row);
///
/// Ready     (std::span<std::byte const>) -> result<void>. errc::busy: not yet; the reader may be asked again
/// threads   one; any number of readers of the same runs
template <class Ready>
class settled_reader {
public:
    /// runs          they continue each other, and outlive this; the first has what is at `from`
    /// piece_bytes   of payloads about which `ready` is asked at once, where one alone is not larger
    settled_reader(std::span<settled_run_ptr const> runs, settled_start from, Ready ready,
                   std::size_t piece_bytes = std::size_t{64} << 10)
        : runs_(runs), from_(from), ready_(std::forward<Ready>(ready)), piece_bytes_(piece_bytes) {}

    /// The next row with a payload; both may be looked at. Nothing behind the last run.
    ///
    /// bytes_left   of payloads that are wanted yet: `ready` is not asked about many more
    /// errors       those of `ready`, the same row comes next; errc::corrupt_record
    result<std::optional<settled_row>> next(std::size_t bytes_left) {
        for (; at_ < runs_.size(); enter_next_run()) {
            if (!found_) {
                if (auto const found = find_first(); !found) return std::unexpected(found.error());
            }
            for (; number_ < run().rows(); ++number_) {
                auto const row = look_at(number_);
                if (!row) return std::unexpected(row.error());
                if (row->length == 0) continue;
                if (auto const ready = payload_ready(*row, bytes_left); !ready) return std::unexpected(ready.error());
                ++number_;
                return std::optional{*row};
            }
        }
        return std::optional<settled_row>{};
    }

    /// The entry of the row that next() has just given.
    ///
    /// errors   errc::corrupt_record
    result<entry> read(settled_row const& given) const { return run().read(given); }

    /// The run that the last row is of, or the one that failed. Not behind the last run.
    settled_segment const& run() const { return *runs_[at_]; }
    bool at_end() const { return at_ == runs_.size(); }
    /// The file that was asked about last.
    std::string file() const { return in_data_ ? run().name().data() : run().name().rows(); }

private:
    static constexpr std::uint64_t no_block = std::numeric_limits<std::uint64_t>::max();

    /// The first row of the first run that does not end before `from`.
    result<void> find_first() {
        std::uint64_t low = 0;
        std::uint64_t high = run().rows();
        while (low < high) {
            std::uint64_t const middle = low + (high - low) / 2;
            auto const row = look_at(middle);
            if (!row) return std::unexpected(row.error());
            if (reaches_start(*row)) high = middle; else low = middle + 1;
        }
        number_ = low;
        found_ = true;
        return {};
    }

    bool reaches_start(settled_row const& row) const {
        if (auto const* const entry_at = std::get_if<log_index>(&from_)) return row.last_index() >= *entry_at;
        return row.next_offset() > std::get<log_offset>(from_);
    }

    void enter_next_run() {
        ++at_;
        number_ = 0;
        ready_block_ = no_block;
        ready_to_ = 0;
    }

    result<settled_row> look_at(std::uint64_t number) {
        std::uint64_t const block = number / settled_segment::rows_in_block;
        if (block != ready_block_) {
            in_data_ = false;
            if (auto const ready = ready_(run().block_of_row(number)); !ready) return std::unexpected(ready.error());
            ready_block_ = block;
        }
        return run().row_number(number);
    }

    result<void> payload_ready(settled_row const& row, std::size_t bytes_left) {
        std::uint64_t const size = run().data_bytes();
        if (row.position > size || row.length > size - row.position) return failure(errc::corrupt_record);
        std::uint64_t const end = row.position + row.length;
        if (end <= ready_to_) return {};
        std::uint64_t const begin = std::max(ready_to_, row.position);
        std::uint64_t const piece = std::min<std::uint64_t>(std::min(piece_bytes_, bytes_left), size - begin);
        std::uint64_t const to = std::max(end, begin + piece);
        in_data_ = true;
        if (auto const ready = ready_(run().data().view().subspan(begin, to - begin)); !ready) return ready;
        ready_to_ = to;
        return {};
    }

    std::span<settled_run_ptr const> runs_;
    settled_start from_;
    Ready ready_;
    std::size_t piece_bytes_;
    std::size_t at_ = 0;        ///< the run
    std::uint64_t number_ = 0;  ///< the row that is looked at next
    bool found_ = false;
    std::uint64_t ready_block_ = no_block;  ///< of rows
    std::uint64_t ready_to_ = 0;            ///< in the file of payloads
    bool in_data_ = false;
};

/// A part of a settled log that somebody wants to read. It keeps what its runs map, whatever becomes of log and files.
///
/// runs    the first has what is at `from`
/// bytes   of payloads; the last one may go beyond
struct settled_range {
    std::vector<settled_run_ptr> runs;
    settled_start from;
    std::size_t bytes = 0;
};

/// That part of `runs`, and not more of them than it needs.
inline settled_range settled_range_of(std::span<settled_run_ptr const> runs, settled_start from, std::size_t bytes) {
    settled_range made{.runs = {}, .from = from, .bytes = bytes};
    // Of the first, only the end may be meant.
    std::uint64_t behind_the_first = 0;
    for (auto const& each : runs) {
        if (!made.runs.empty() && behind_the_first >= bytes) break;
        if (!made.runs.empty()) behind_the_first += each->data_bytes();
        made.runs.push_back(each);
    }
    return made;
}

/// What became of a range: how much of it was made ready, and if not all, why, and which file.
///
/// last   the last entry, with a payload or without, that can be read; zero if none can
struct settled_visit {
    std::uint64_t bytes = 0;
    log_index last;
    std::error_code error;
    std::string file;
};

/// Asks `ready` about all that a reader of the range looks at, in as large pieces as there are. Where one is refused it
/// asks once more, for one payload at a time: what comes before the damage can be read.
template <class Ready>
settled_visit visit_settled(settled_range const& what, Ready&& ready) {
    auto const visit = [&](std::size_t piece_bytes) {
        settled_reader<Ready&> reader{what.runs, what.from, ready, piece_bytes};
        settled_visit made;
        while (made.bytes < what.bytes) {
            auto const row = reader.next(what.bytes - static_cast<std::size_t>(made.bytes));
            if (!row) {
                made.error = row.error();
                made.file = reader.file();
            }
            if (row && !*row) made.last = what.runs.empty() ? log_index{} : what.runs.back()->last_index();
            if (!row || !*row) break;
            made.bytes += (*row)->length;
            made.last = (*row)->index;
        }
        return made;
    };
    settled_visit whole = visit(what.bytes);
    return whole.error ? visit(0) : whole;
}

}  // namespace chronik::wal
