// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/wal/recovery_report.hpp>
#include <chronik/wal/scan.hpp>
#include <chronik/wal/segment_files.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chronik::wal {

/// One record of a journal at rest, with its place. The payload keeps the file mapped.
struct inspected_record {
    std::string_view file;
    std::uint64_t sequence = 0;
    std::uint32_t position = 0;
    record_header header;
    shared_bytes payload;
};

/// What an inspection saw besides records.
struct inspection {
    struct damage {
        std::string file;
        std::uint64_t position = 0;
        tail_state state = tail_state::clean;
    };
    log_uuid log_id;
    std::uint64_t segments = 0;  ///< with records
    std::uint64_t records = 0;
    std::vector<damage> damaged;  ///< torn or corrupt ends, oldest first
};

/// Walks a journal's directory without changing anything and calls `visit(inspected_record const&)` for every record,
/// in the order of the journal: an entry at or below its group's last cuts that group's log first, as in recovery.
///
/// The directory may be a copy of a live journal's: a torn tail ends its segment, and the next one is still visited.
/// Segments that were released but not yet recycled are visited too; their entries are compacted or cut by what
/// follows. errors   errc::unsupported_version, errc::corrupt_record (a header), described in `report`; the directory's
/// own
template <directory Directory, class Visit>
result<inspection> inspect(Directory& where, Visit&& visit, recovery_report* report = nullptr) {
    recovery_report own_report;
    auto opened = open_segments(where, access::read, std::nullopt, report != nullptr ? *report : own_report);
    if (!opened) return std::unexpected(opened.error());

    inspection seen;
    for (auto const& each : opened->segments) {
        seen.log_id = each->header.log_id;
        auto const end = scan(each->bytes(), each->header, [&](record_view const& record) {
            ++seen.records;
            visit(inspected_record{.file = each->name,
                                   .sequence = each->header.sequence,
                                   .position = record.position,
                                   .header = record.header,
                                   .payload = each->view(record.position + record_header_bytes, record.header.length)});
        });
        if (end.records > 0) ++seen.segments;
        if (end.sealed) continue;
        auto const state = judge_tail(each->bytes(), each->header, end.position);
        // A recycled spare is full of its former life: without a record of this one, that says nothing.
        if (state == tail_state::corrupt || (state == tail_state::torn && end.records > 0)) {
            seen.damaged.push_back({each->name, end.position, state});
        }
    }
    return seen;
}

}  // namespace chronik::wal
