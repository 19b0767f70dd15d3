// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker_world/consumer_words.hpp>
#include <broker_world/history.hpp>
#include <groups/log_records.hpp>
#include <wire/records.hpp>

#include <chronik/base/overloaded.hpp>
#include <chronik/testing/findings.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace broker::world {

/// What the coordinators of consumer groups stored, and what members heard from them, held against each other.
///
/// A generation gives each partition to one member, and is stored before anybody hears of it; generations and
/// committed offsets never go back, neither in the log nor in what a member hears. Members commit nothing less than
/// what they were told to begin with, so an offset that goes back is the coordinators' doing. That a round has one
/// leader is not promised: one that ends with its coordinator before anything of it is stored is held again, under the
/// same number.
/// threads   one
class group_history {
public:
    explicit group_history(chronik::testing::findings& found) : found_(&found) {}

    /// The partitions that each generation with members shares out.
    void share_out(std::vector<place> all) {
        all_ = std::move(all);
        std::ranges::sort(all_);
    }

    /// A record of the offsets topic is committed, in the order of its log.
    void stored(wire::record_view const& record) {
        if (!record.key) return found_->report("a record of the offsets topic has no key");
        auto const key = groups::read_key(*record.key);
        if (!key) return found_->report("a record of the offsets topic has a key that makes no sense");
        std::visit(chronik::overloaded{[&](groups::offset_key const& of) { stored(of, record.value); },
                                       [&](groups::group_key const& of) { stored(of, record.value); }},
                   *key);
    }

    /// A member has heard what it owns in a generation.
    void assigned(std::string const& group, std::int32_t generation, std::string const& member,
                  std::vector<place> const& owned) {
        ++assigned_;
        auto const share = shares_.find({group, generation, member});
        if (share == shares_.end() || share->second != owned)
            report(group, "a share of generation " + std::to_string(generation) + " is heard that is not stored");
        for (auto const& each : owned) {
            auto const [first, is_new] = owners_.try_emplace({group, generation, each}, member);
            if (first->second != member)
                report(group, to_string(each) + " has two owners in generation " + std::to_string(generation));
        }
    }

    /// A commit of a member of this generation was acknowledged.
    void committed(std::string const& group, std::int32_t generation, place const& where, std::int64_t offset) {
        ++committed_;
        auto& known = acknowledged_[{group, where}][generation];
        known = std::max(known, offset);
    }
    /// The least that a member of this generation must be told, if it asks from now on. What later ones have committed
    /// does not count: it may be told by a coordinator that they have left behind, and then commits nothing.
    std::int64_t least(std::string const& group, std::int32_t generation, place const& where) const {
        auto const found = acknowledged_.find({group, where});
        std::int64_t most = -1;
        if (found == acknowledged_.end()) return most;
        for (auto const& [of, offset] : found->second)
            if (of <= generation) most = std::max(most, offset);
        return most;
    }
    /// A member has heard where a partition goes on. offset   -1: nobody has committed any
    void told(std::string const& group, place const& where, std::int64_t offset, std::int64_t at_least) {
        if (offset >= at_least) return;
        report(group, to_string(where) + " is told to go on at " + std::to_string(offset) + ", and " +
                          std::to_string(at_least) + " was acknowledged before");
    }

    std::uint64_t assigned() const { return assigned_; }
    std::uint64_t committed() const { return committed_; }

private:
    void stored(groups::offset_key const& of, wire::optional_bytes const& value) {
        auto const where = std::pair{of.group, place{of.topic, of.partition}};
        if (!value) {
            offsets_.erase(where);
            return;
        }
        auto const read = groups::read_offset(*value);
        if (!read) return report(of.group, "a committed offset makes no sense");
        auto const [last, is_new] = offsets_.try_emplace(where, read->offset);
        if (last->second > read->offset)
            report(of.group, to_string(where.second) + " goes back from offset " + std::to_string(last->second) +
                                 " to " + std::to_string(read->offset));
        last->second = read->offset;
    }
    void stored(groups::group_key const& of, wire::optional_bytes const& value) {
        if (!value) {
            generations_.erase(of.group);
            return;
        }
        auto const read = groups::read_group(*value);
        if (!read) return report(of.group, "the members of a generation make no sense");
        auto const [last, is_new] = generations_.try_emplace(of.group, read->generation);
        if (last->second > read->generation)
            report(of.group, "goes back from generation " + std::to_string(last->second) + " to " +
                                 std::to_string(read->generation));
        last->second = read->generation;
        look_at_shares(of.group, *read);
    }
    void look_at_shares(std::string const& group, groups::group_value const& of) {
        std::vector<place> given;
        for (auto const& each : of.members) {
            auto& owned = shares_[{group, of.generation, each.member_id}];
            owned = consumer_words::owned_by(each.assignment);
            given.insert(given.end(), owned.begin(), owned.end());
        }
        std::ranges::sort(given);
        if (!of.members.empty() && given != all_)
            report(group, "generation " + std::to_string(of.generation) + " does not share out each partition once");
    }

    void report(std::string const& group, std::string const& what) { found_->report("group " + group + ": " + what); }

    chronik::testing::findings* found_;
    std::vector<place> all_;
    std::map<std::string, std::int32_t> generations_;
    std::map<std::tuple<std::string, std::int32_t, std::string>, std::vector<place>> shares_;  ///< as stored
    std::map<std::pair<std::string, place>, std::int64_t> offsets_;  ///< in the log
    std::map<std::pair<std::string, place>, std::map<std::int32_t, std::int64_t>> acknowledged_;  ///< by generation
    std::map<std::tuple<std::string, std::int32_t, place>, std::string> owners_;
    std::uint64_t assigned_ = 0;
    std::uint64_t committed_ = 0;
};

}  // namespace broker::world
