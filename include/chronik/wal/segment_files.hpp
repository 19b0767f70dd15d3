// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/recovery_report.hpp>
#include <chronik/wal/scan.hpp>
#include <chronik/wal/segment.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace chronik::wal {

/// The files of one journal's directory, oldest sequence first.
template <directory Directory>
struct segment_files {
    using segment_ptr = std::shared_ptr<stored_segment<typename Directory::file_type>>;
    std::vector<segment_ptr> segments;
    std::vector<segment_ptr> damaged_copies;  ///< one of the two headers is not as the other
    std::vector<std::string> unfinished;

    segment_ptr find(std::uint64_t sequence) const {
        auto const found =
            std::ranges::lower_bound(segments, sequence, {}, [](auto const& each) { return each->header.sequence; });
        return found == segments.end() || (*found)->header.sequence != sequence ? nullptr : *found;
    }
};

namespace detail {

template <directory Directory>
result<typename segment_files<Directory>::segment_ptr> open_segment(Directory& where, std::string const& name,
                                                                    access how, bool& copies_agree,
                                                                    recovery_report& report) {
    auto opened = where.open(name, how);
    if (!opened) return std::unexpected(opened.error());
    std::uint32_t version = 0;
    auto const reading = read_segment_header(*opened, &version);
    if (!reading && reading.error() == errc::unsupported_version) {
        return report.refuse(errc::unsupported_version, name, 8, "segment format version " + std::to_string(version));
    }
    if (!reading && reading.error() == errc::corrupt_record) {
        return report.refuse(errc::corrupt_record, name, 0, "both copies of the segment header are damaged");
    }
    if (!reading) return std::unexpected(reading.error());
    auto const size = opened->size();
    if (!size) return std::unexpected(size.error());
    if (*size != reading->header.bytes)
        return report.refuse(errc::corrupt_record, name, *size, "the file has another size than its header says");
    auto mapped = opened->map();
    if (!mapped) return std::unexpected(mapped.error());

    copies_agree = reading->copies_agree;
    auto made = std::make_shared<stored_segment<typename Directory::file_type>>(std::move(*opened));
    made->name = name;
    made->mapping = std::make_shared<shared_bytes const>(std::move(*mapped));
    made->begin_life(reading->header);
    return made;
}

}  // namespace detail

/// Opens every segment of a directory. Changes nothing.
///
/// expected   the journal the files must belong to; nothing: any, but all of them the same
/// errors     errc::wrong_owner, errc::unsupported_version, errc::corrupt_record, described in `report`
template <directory Directory>
result<segment_files<Directory>> open_segments(Directory& where, access how, std::optional<log_uuid> expected,
                                               recovery_report& report) {
    auto names = where.list();
    if (!names) return std::unexpected(names.error());
    std::ranges::sort(*names);

    segment_files<Directory> found;
    for (auto const& name : *names) {
        if (is_unfinished_name(name)) found.unfinished.push_back(name);
        if (!is_segment_name(name)) continue;
        bool copies_agree = true;
        auto opened = detail::open_segment(where, name, how, copies_agree, report);
        if (!opened) return std::unexpected(opened.error());
        auto const& header = (*opened)->header;
        if (expected.value_or(header.log_id) != header.log_id) {
            return report.refuse(errc::wrong_owner, name, 16, "the segment belongs to another journal");
        }
        expected = header.log_id;
        if (!copies_agree) found.damaged_copies.push_back(*opened);
        found.segments.push_back(std::move(*opened));
    }
    std::ranges::sort(found.segments, {}, [](auto const& each) { return each->header.sequence; });
    auto const twice =
        std::ranges::adjacent_find(found.segments, {}, [](auto const& each) { return each->header.sequence; });
    if (twice != found.segments.end()) {
        return report.refuse(errc::corrupt_record, (*twice)->name, 32, "two segments have the same sequence number");
    }
    return found;
}

/// A segment that has been written to begins with a table.
inline bool is_started(segment const& candidate) {
    auto const first = read_record(candidate.bytes(), candidate.header.salt, segment_header_area_bytes);
    return first && first->type == record_type::table && first->flush_start == segment_header_area_bytes;
}

}  // namespace chronik::wal
