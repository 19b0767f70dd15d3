// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/wal/finding.hpp>
#include <chronik/wal/recovery_report.hpp>

#include <fmt/format.h>

#include <string>

namespace broker {

/// Where the damage is that recovery refuses, and of whom if that is known.
inline std::string describe_damage(chronik::wal::recovery_report const& report) {
    auto text = fmt::format("{} at byte {}", report.file, report.position);
    if (report.group) text += fmt::format(", group {}", report.group->value);
    return text + ": " + report.what;
}

/// The same of what was met while the node was running.
inline std::string describe_damage(chronik::wal::finding const& found) {
    auto text = fmt::format("{} at byte {}", found.file, found.position);
    if (found.group) text += fmt::format(", group {}", found.group->value);
    if (found.index) text += fmt::format(", entry {}", found.index->value);
    return text + ": " + found.what;
}

/// What recovery found, in one line for an operator.
inline std::string describe(chronik::wal::recovery_report const& report) {
    std::string text = fmt::format("{} records of {} groups in {} segments, {}", report.records, report.groups,
                                   report.segments, report.closed ? "closed cleanly" : "not closed");
    if (report.cut_bytes != 0)
        text += fmt::format(", cut a torn tail of {} bytes that were never synced", report.cut_bytes);
    if (!report.file.empty()) text += fmt::format(", {} at byte {}: {}", report.file, report.position, report.what);
    if (report.group) text += fmt::format(", group {}", report.group->value);
    return text;
}

}  // namespace broker
