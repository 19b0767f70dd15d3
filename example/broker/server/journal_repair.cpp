// SPDX-License-Identifier: Apache-2.0
#include <server/journal_repair.hpp>

#include <server/journal_text.hpp>
#include <server/known_nodes.hpp>
#include <server/metadata_at_rest.hpp>

#include <chronik/raft/membership.hpp>
#include <chronik/wal/repair.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace broker {
namespace {

namespace wal = chronik::wal;

startup_error journal_problem(std::string const& data_dir, std::error_code error, wal::recovery_report const& report,
                              std::string_view why_not_repaired) {
    std::string const path = data_dir + "/journal";
    if (error == chronik::errc::corrupt_record) {
        return startup_error_of(
            exit_code::storage,
            fmt::format("the journal in {} is damaged: {}; {}nothing was changed. Keep a copy of {}, then run "
                        "chronik-broker verify --data-dir {} to see all of it, and, if no other node has the data, "
                        "chronik-broker salvage --data-dir {} --to NEW to keep what is sound. Do not empty a voter's "
                        "directory, it would forget its votes",
                        path, describe_damage(report), why_not_repaired, data_dir, data_dir, data_dir));
    }
    std::string text = "cannot open the journal in " + path + ": " + error.message();
    text += " (" + describe(report) + ")";
    if (error == chronik::errc::wrong_owner) text += "; set data_dir to this node's own directory";
    bool const is_storage = error == chronik::errc::storage_failed;
    return startup_error_of(is_storage ? exit_code::storage : exit_code::configuration, std::move(text));
}

/// Groups of which this node is the only voter, as far as it knows: what they have lost here is nowhere else.
class only_voter {
public:
    only_voter(journal_at_rest const& from, chronik::node_id self) : from_(from), self_(self) {}

    void look_at(chronik::group_id group, chronik::raft::configuration members, std::string name) {
        auto const log = from_.groups().find(group);
        // Settled files that a start refuses do not say who came later.
        if (log != from_.groups().end() && !from_.unsettled().contains(group))
            members = chronik::raft::read_membership(std::move(members), *log->second).active();
        if (!members.is_joint() && members.voters == std::vector{self_}) names_.push_back(std::move(name));
    }

    /// Empty if there is none; otherwise a part of a sentence that names some.
    std::string text() const {
        static constexpr std::size_t named_max = 3;
        if (names_.empty()) return {};
        std::string text = "it cannot be repaired from others, since this node is the only voter of " + names_.front();
        std::size_t const named = std::min(names_.size(), named_max);
        for (std::size_t at = 1; at < named; ++at) text += ", " + names_[at];
        if (names_.size() > named) text += fmt::format(" and {} more", names_.size() - named);
        return text + "; ";
    }

private:
    journal_at_rest const& from_;
    chronik::node_id self_;
    std::vector<std::string> names_;
};

std::string why_not_repaired(journal_start const& start, journal_at_rest const& from) {
    only_voter found{from, start.config.node_id};
    found.look_at(metadata_group, founders_of(start.data.owner()), "the metadata (group 1)");
    auto const image = metadata_at_rest(from).image;
    if (image == nullptr) return found.text();
    image->for_each_topic([&](metadata::topic const& topic) {
        for (std::uint32_t number = 0; number < topic.groups.size(); ++number) {
            auto const group = topic.groups[number];
            auto const* const partition = image->find_partition(group);
            if (partition == nullptr || !partition->has_replica(start.config.node_id)) continue;
            chronik::raft::configuration members;
            members.voters = partition->is_moving() ? partition->original : partition->replicas;
            found.look_at(group, std::move(members), fmt::format("{}-{} (group {})", topic.name, number, group.value));
        }
    });
    return found.text();
}

void tell(logger const& log, std::string const& data_dir, wal::findings const& found,
          wal::repair_outcome const& done) {
    static constexpr std::size_t told_max = 100;
    std::size_t told = 0;
    for (auto const& each : found.kept()) {
        if (wal::is_fault(each.kind) && ++told <= told_max)
            log.error("the journal in {}/journal is damaged: {}", data_dir, describe_damage(each));
    }
    if (told > told_max) log.error("and {} more; chronik-broker verify says them all", told - told_max);
    for (auto const& each : done.kept.groups) {
        if (!each.is_whole())
            log.warn({.group = each.group}, "kept up to entry {}; up to {} are to come from other nodes",
                     each.last.value, each.lost_to.value);
    }
    log.warn("repaired the journal in {}/journal: {} groups are in doubt until other nodes have brought them up to "
             "date. What it was is in {} files named damaged-{}.*: remove them when nobody wants to look at them",
             data_dir, done.kept.groups.size(), done.aside.size(), done.token.value);
}

startup<journal> repaired(journal_start const& start, logger const& log, wal::recovery_report& report) {
    auto const& path = start.data.path();
    auto const refused = [&](std::string const& why) {
        return std::unexpected(journal_problem(path, make_error_code(chronik::errc::corrupt_record), report, why));
    };
    wal::findings found;
    auto const from = journal_at_rest::read(start.where, true, found);
    if (!from) return refused("it cannot be repaired: " + from.error().message() + "; ");
    if (auto const why = why_not_repaired(start, *from); !why.empty()) return refused(why);
    chronik::doubt_token const token{std::max(start.now, from->doubt().value + 1)};
    auto const done = wal::repair(*from, start.limits, start.salt + 1, token, found);
    if (!done) return refused("it cannot be repaired: " + done.error().message() + "; ");
    tell(log, path, found, *done);
    auto again = journal::open(start.where, start.limits, start.salt + 2, &report);
    if (!again) return std::unexpected(journal_problem(path, again.error(), report, "it was repaired, and is again; "));
    return std::move(*again);
}

}  // namespace

startup<journal> open_journal(journal_start const& start, logger const& log, wal::recovery_report& report) {
    auto const& path = start.data.path();
    if (auto done = wal::finish_repair(start.where); !done) {
        return storage_failure(fmt::format("cannot go on with the repair of the journal in {}/journal: {}", path,
                                           done.error().message()));
    }
    auto opened = journal::open(start.where, start.limits, start.salt, &report);
    if (opened) return std::move(*opened);
    bool const is_damaged = opened.error() == chronik::errc::corrupt_record;
    if (is_damaged && start.config.repair_from_peers) return repaired(start, log, report);
    return std::unexpected(journal_problem(path, opened.error(), report, ""));
}

}  // namespace broker
