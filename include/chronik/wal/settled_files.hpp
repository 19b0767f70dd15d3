// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/group_log.hpp>
#include <chronik/wal/recovery_report.hpp>
#include <chronik/wal/replay.hpp>
#include <chronik/wal/settled_payloads.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace chronik::wal {

/// Finds the settled files of the groups that a journal was replayed to. Changes nothing.
///
/// What is promised is what the journal says: from each log's base to its floor. Where a cleaned run ends, it counts,
/// the one cleaned most often if there are several; elsewhere the run that grew. Files outside, rows beyond, cleaned
/// runs that were never finished and those that newer ones have replaced are what a crash has left: `orphans`.
template <directory Directory>
class settled_files {
public:
    settled_files(Directory& where, log_uuid log_id, recovery_report& report)
        : where_(where), log_id_(log_id), report_(report) {}

    /// errors   errc::corrupt_record, errc::wrong_owner, errc::unsupported_version, described in the report
    result<void> attach(group_map& groups) {
        auto const names = where_.list();
        if (!names) return std::unexpected(names.error());
        for (auto const& each : *names) {
            if (auto const parsed = parse_settled_name(each)) found_.insert(*parsed);
        }
        if (auto looked = find_cleaned({names->begin(), names->end()}); !looked) return looked;
        for (auto& [id, log] : groups) {
            if (auto attached = attach(*log); !attached) return attached;
        }
        orphans.assign(found_.begin(), found_.end());
        return {};
    }

    std::vector<settled_name> orphans;
    /// Cleaned runs that count. They were whole when they were read; before what they replace goes, they are synced.
    std::vector<settled_name> cleaned;

private:
    /// Where each finished cleaned run ends: both files are there, and the header.
    result<void> find_cleaned(std::set<std::string> const& names) {
        for (auto const& name : found_) {
            if (name.generation == 0 || !names.contains(name.rows()) || !names.contains(name.data())) continue;
            auto const header = header_of(name);
            if (!header && header.error() != errc::corrupt_record) return std::unexpected(header.error());
            if (!header || !header->is_cleaned()) continue;
            auto& newest = ends_[{name.group, header->last}];
            if (name.generation > newest.generation) newest = name;
        }
        return {};
    }

    result<settled_header> header_of(settled_name const& name) {
        auto opened = where_.open(name.rows(), access::read);
        if (!opened) return std::unexpected(opened.error());
        settled_header_block block{};
        auto const got = opened->read_at(0, block);
        if (!got) return std::unexpected(got.error());
        return decode_settled_header(std::span{block}.first(*got));
    }

    result<void> attach(group_log& log) {
        std::vector<group_log::settled_ptr> chain;
        log_base end = log.floor();
        // Backwards from the floor: each file ends where the next one begins.
        while (end.index > log.base().index) {
            auto const name = name_before(log.id(), end.index);
            if (!name) return missing(log, end);
            auto opened = open(*name, end);
            if (!opened) return std::unexpected(opened.error());
            end = opened->before();
            chain.push_back(std::make_shared<settled_segment const>(std::move(*opened)));
            found_.erase(*name);
            if (name->generation > 0) cleaned.push_back(*name);
        }
        std::ranges::reverse(chain);
        log.attach(std::move(chain));
        return {};
    }

    std::optional<settled_name> name_before(group_id group, log_index end) const {
        if (auto const exact = ends_.find({group, end}); exact != ends_.end()) return exact->second;
        auto after = found_.upper_bound({group, end, settled_generation_max});
        while (after != found_.begin() && std::prev(after)->group == group) {
            --after;
            if (after->generation == 0) return *after;
        }
        return std::nullopt;
    }

    result<settled_segment> open(settled_name const& name, log_base const& end) {
        auto made = open_settled(where_, name, end.index);
        if (!made && made.error() == std::errc::no_such_file_or_directory)
            return refuse(name.rows(), name.group, "settled entries are missing");
        if (!made && made.error() == errc::unsupported_version)
            return report_.refuse(errc::unsupported_version, name.rows(), 8, "the format of settled entries",
                                  name.group);
        if (!made && made.error() == errc::corrupt_record)
            return refuse(name.rows(), name.group, "the rows of settled entries are damaged");
        if (!made) return made;
        if (made->header().log_id != log_id_)
            return report_.refuse(errc::wrong_owner, name.rows(), 16, "settled entries of another journal");
        if (made->end() != end) return refuse(name.rows(), name.group, "settled entries contradict the journal");
        return made;
    }

    std::unexpected<std::error_code> missing(group_log const& log, log_base const& end) {
        return refuse(settled_name{log.id(), end.index}.rows(), log.id(),
                      "no file has settled entry " + std::to_string(end.index.value));
    }
    std::unexpected<std::error_code> refuse(std::string file, group_id group, std::string why) {
        return report_.refuse(errc::corrupt_record, std::move(file), 0, std::move(why), group);
    }

    Directory& where_;
    log_uuid log_id_;
    recovery_report& report_;
    std::set<settled_name> found_;
    std::map<std::pair<group_id, log_index>, settled_name> ends_;
};

}  // namespace chronik::wal
