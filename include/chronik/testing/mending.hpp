// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/raft/membership.hpp>
#include <chronik/testing/disk.hpp>
#include <chronik/wal/repair.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>

namespace chronik::testing {

/// What a node begins with a group in: what its journal says of it, or of groups that it does not know.
inline doubt_token doubt_at_start(wal::journal<disk_directory> const& journal, group_id group) {
    auto const* const log = journal.find(group);
    return log == nullptr ? journal.doubt_of_newcomers() : log->doubt();
}

/// How a simulated node opens its journal: one whose disk was damaged repairs it, and is in doubt. The part of
/// testing::cluster that a node's start is made of, as a program makes it of the same pieces.
///
/// World   the cluster, which inherits from this: options(), groups(), first_members(group), disk_of(node), observed()
template <class World>
class mending {
public:
    /// How often a node came back with less than it had, and in doubt.
    std::uint64_t repaired_count() const { return repaired_; }

protected:
    using journal_type = wal::journal<disk_directory>;

    /// errors   of the journal, if it may not be repaired, or of the repair
    result<journal_type> open_journal(node_id which, disk_directory& files, std::uint64_t seed,
                                      wal::recovery_report& report) {
        if (auto done = wal::finish_repair(files); !done) return std::unexpected(done.error());
        wal::options const& limits = world().options().journal;
        auto opened = journal_type::open(files, limits, seed, &report);
        bool const is_damaged = !opened && opened.error() == errc::corrupt_record;
        if (!is_damaged || world().disk_of(which).damage() == disk_damage::none) return opened;
        wal::findings found;
        auto const at_rest = wal::journal_at_rest<disk_directory>::read(files, true, found);
        if (!at_rest) return std::unexpected(at_rest.error());
        if (decides_alone(which, *at_rest)) return opened;
        doubt_token const token{++tokens_[which]};
        auto const done = wal::repair(*at_rest, limits, seed + 1, token, found);
        if (!done) return std::unexpected(done.error());
        return journal_type::open(files, limits, seed + 2, &report);
    }

    /// A start with a journal that was repaired since the last one: what was lost is known to whoever watches.
    bool is_told_of_repair(node_id which, journal_type const& journal) {
        doubt_token const now = journal.newest_doubt();
        if (now <= told_[which]) return false;
        told_[which] = now;
        ++repaired_;
        world().observed().repaired(which, [&](group_id group) { return journal.find(group); });
        return true;
    }

    /// The node has another disk.
    void forget_doubts(node_id which) { told_.erase(which); }

private:
    World& world() { return static_cast<World&>(*this); }

    /// Of some group, as far as it knows: then nobody can bring it what it has lost.
    bool decides_alone(node_id which, wal::journal_at_rest<disk_directory> const& from) {
        return std::ranges::any_of(world().groups(), [&](group_id group) {
            raft::configuration members = world().first_members(group);
            auto const log = from.groups().find(group);
            bool const is_read = log != from.groups().end() && !from.unsettled().contains(group);
            if (is_read) members = raft::read_membership(members, *log->second).active();
            return !members.is_joint() && members.voters.size() == 1 && members.is_voter(which);
        });
    }

    std::map<node_id, std::uint64_t> tokens_;
    std::map<node_id, doubt_token> told_;
    std::uint64_t repaired_ = 0;
};

}  // namespace chronik::testing
