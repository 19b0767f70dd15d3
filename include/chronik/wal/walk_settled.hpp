// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/crc32c.hpp>
#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/finding.hpp>
#include <chronik/wal/settled_format.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace chronik::wal {

/// What a walk through a run of settled entries has come to.
///
/// end      of the last sound entry; what is before the run without one
/// bytes    of sound payloads
/// fault    the first entry that is not sound; nothing if the run is sound up to its last entry
struct settled_walk {
    log_base end;
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
    std::optional<finding> fault;

    bool is_whole() const { return !fault; }
};

namespace detail {

/// One walk: header, then row by row with the payload of each.
class settled_walker {
public:
    settled_walker(settled_name const& name, log_uuid owner, log_index last, findings& found)
        : name_(name), owner_(owner), last_(last), found_(found) {}

    template <directory Directory, class Visit>
    result<settled_walk> run(Directory& where, Visit& visit) {
        walk_.end.index = name_.first - 1;
        auto const rows = map(where, name_.rows());
        auto const data = map(where, name_.data());
        if (!rows || !data || !read_header(*rows)) return walk_;
        for (std::uint64_t number = 0; walk_.end.index < last_; ++number) {
            auto const row = read_row(*rows, number);
            if (!row || !check_payload(*row, *data)) return walk_;
            for (auto at = row->index; at <= std::min(row->last_index(), last_); ++at) {
                if (auto done = visit(entry_of(row->only(at), *data)); !done) return std::unexpected(done.error());
            }
            walk_.end = {std::min(row->last_index(), last_), row->term, row->next_offset()};
            walk_.bytes += row->length;
            ++walk_.rows;
        }
        return walk_;
    }

private:
    template <directory Directory>
    std::optional<shared_bytes> map(Directory& where, std::string const& file) {
        auto const opened = where.open(file, access::read);
        auto mapped = opened ? opened->map() : std::unexpected(opened.error());
        if (mapped) return std::move(*mapped);
        bool const gone = mapped.error() == std::errc::no_such_file_or_directory;
        say(gone ? finding_kind::missing : finding_kind::corrupt, file, 0,
            gone ? "settled entries are missing" : mapped.error().message());
        return std::nullopt;
    }

    bool read_header(shared_bytes const& rows) {
        auto const header = decode_settled_header(rows.view());
        if (!header && header.error() == errc::unsupported_version)
            return say(finding_kind::unknown, name_.rows(), 8, "the format of settled entries");
        if (!header) return say(finding_kind::corrupt, name_.rows(), 0, "the header of settled entries is damaged");
        if (header->log_id != owner_)
            return say(finding_kind::foreign, name_.rows(), 16, "settled entries of another journal");
        if (header->group != name_.group || header->before.index + 1 != name_.first)
            return say(finding_kind::contradiction, name_.rows(), 32, "the header contradicts the name of the file");
        if (header->is_cleaned() && header->last != last_)
            return say(finding_kind::contradiction, name_.rows(), 64, "the run ends elsewhere than the log says");
        grows_ = !header->is_cleaned();
        walk_.end = header->before;
        return true;
    }

    std::optional<settled_row> read_row(shared_bytes const& rows, std::uint64_t number) {
        std::uint64_t const position = settled_header_bytes + number * settled_row_bytes;
        auto const wrong = [&](finding_kind kind, char const* why) -> std::optional<settled_row> {
            say(kind, name_.rows(), position, why, settled_row_bytes);
            return std::nullopt;
        };
        if (rows.size() < position + settled_row_bytes)
            return wrong(finding_kind::corrupt, "the rows of settled entries end early");
        auto const row = decode_settled_row(rows.data() + position);
        if (!row) return wrong(finding_kind::corrupt, "a row of settled entries is damaged");
        bool const continues = row->index == walk_.end.index + 1 && (!grows_ || row->entries == 1) &&
                               row->term >= walk_.end.term && row->base_offset >= walk_.end.next_offset &&
                               row->position == walk_.bytes;
        if (!continues) return wrong(finding_kind::contradiction, "a row contradicts the ones before it");
        return *row;
    }

    bool check_payload(settled_row const& row, shared_bytes const& data) {
        if (data.size() < row.position || data.size() - row.position < row.length)
            return say(finding_kind::corrupt, name_.data(), data.size(), "the payloads of settled entries end early");
        if (crc32c::value(data.view().subspan(row.position, row.length)) == row.payload_crc) return true;
        return say(finding_kind::corrupt, name_.data(), row.position, "the payload of a settled entry has changed",
                   row.length);
    }

    static entry entry_of(settled_row const& row, shared_bytes const& data) {
        return {.term = row.term,
                .index = row.index,
                .kind = row.kind,
                .base_offset = row.base_offset,
                .record_count = row.record_count,
                .payload = row.length == 0 ? shared_bytes{} : data.slice(row.position, row.length)};
    }

    bool say(finding_kind kind, std::string file, std::uint64_t position, std::string what, std::uint64_t bytes = 0) {
        walk_.fault = {.kind = kind,
                       .file = std::move(file),
                       .position = position,
                       .bytes = bytes,
                       .group = name_.group,
                       .index = walk_.end.index + 1,
                       .what = std::move(what)};
        found_.add(*walk_.fault);
        return false;
    }

    settled_name name_;
    log_uuid owner_;
    log_index last_;
    findings& found_;
    settled_walk walk_;
    bool grows_ = true;
};

}  // namespace detail

/// Reads a run of settled entries from its first one on and checks every byte of it, until the first that is not as it
/// was written: that is a finding. Changes nothing.
///
/// last      the last entry that the run promises
/// visit     (entry const&) -> result<void>, for each sound entry; a payload keeps the file mapped
/// errors    those of visit, and no other
template <directory Directory, class Visit>
result<settled_walk> walk_settled(Directory& where, settled_name const& name, log_uuid owner, log_index last,
                                  findings& found, Visit&& visit) {
    return detail::settled_walker{name, owner, last, found}.run(where, visit);
}

}  // namespace chronik::wal
