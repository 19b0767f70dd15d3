// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/group_log.hpp>
#include <chronik/wal/recovery_report.hpp>
#include <chronik/wal/replay.hpp>
#include <chronik/wal/settled_segment.hpp>

#include <cstdint>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace chronik::wal {

/// Finds the settled files of the groups that a journal was replayed to. Changes nothing.
///
/// What is promised is what the journal says: from each log's base to its floor. Files outside, and rows beyond, are
/// what an interrupted settling or removal has left: `orphans`.
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
        for (auto& [id, log] : groups) {
            if (auto attached = attach(*log); !attached) return attached;
        }
        orphans.assign(found_.begin(), found_.end());
        return {};
    }

    std::vector<settled_name> orphans;

private:
    result<void> attach(group_log& log) {
        std::vector<group_log::settled_ptr> chain;
        log_base end = log.floor();
        // Backwards from the floor: each file ends where the next one begins.
        while (end.index > log.base().index) {
            auto const after = found_.upper_bound({log.id(), end.index});
            if (after == found_.begin() || std::prev(after)->group != log.id()) return missing(log, end);
            auto const name = *std::prev(after);
            auto opened = open(name, end);
            if (!opened) return std::unexpected(opened.error());
            end = opened->before();
            chain.insert(chain.begin(), std::make_shared<settled_segment const>(std::move(*opened)));
            found_.erase(name);
        }
        log.attach(std::move(chain));
        return {};
    }

    result<settled_segment> open(settled_name const& name, log_base const& end) {
        shared_bytes mapped[2];
        std::string const files[] = {name.rows(), name.data()};
        for (std::size_t which = 0; which < 2; ++which) {
            auto opened = where_.open(files[which], access::read);
            if (!opened) return refuse(files[which], name.group, "settled entries are missing");
            auto bytes = opened->map();
            if (!bytes) return std::unexpected(bytes.error());
            mapped[which] = std::move(*bytes);
        }
        auto made = settled_segment::open(mapped[0], mapped[1], end.index - name.first + 1);
        if (!made && made.error() == errc::unsupported_version)
            return report_.refuse(errc::unsupported_version, files[0], 8, "the format of settled entries", name.group);
        if (!made) return refuse(files[0], name.group, "the rows of settled entries are damaged");
        auto const& header = made->header();
        if (header.log_id != log_id_)
            return report_.refuse(errc::wrong_owner, files[0], 16, "settled entries of another journal");
        if (made->name() != name || made->end() != end)
            return refuse(files[0], name.group, "settled entries contradict the journal");
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
};

}  // namespace chronik::wal
