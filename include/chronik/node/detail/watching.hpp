// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>
#include <chronik/node/pair_watch.hpp>
#include <chronik/raft/rest.hpp>
#include <chronik/raft/shared_configurations.hpp>

#include <algorithm>
#include <variant>
#include <vector>

namespace chronik::detail {

/// Who is there: the part of chronik::host that looks after other nodes for all groups together.
///
/// Host   inherits from this; groups(), find(id), wake(group, input): input(core, effects) and what comes of it,
///        request_turn(), outgoing(), count_roused()
template <class Host>
class watching {
public:
    /// The connection to a member was lost, which a killed process shows at once; see raft::core::suspect. May be told
    /// of any node, and again; asks for a turn by itself.
    void suspect(node_id lost, time_point now) {
        for_each_group([&](auto& group) {
            host().wake(group, [&](auto& core, auto& out) {
                core.suspect(lost, now);
                core.rouse(lost, now, now, out);
            });
        });
        host().request_turn();
    }

protected:
    watching(duration interval, duration silence_max) : pairs_(interval, silence_max) {}

    time_point pairs_wake_at() const { return pairs_.wake_at(); }

    void look_at_pairs(time_point now) {
        pairs_.visit_due(
            now, [&](node_id to, pair_beat const& beat) { host().outgoing().add(to, beat); },
            [&](node_id silent, time_point heard) {
                for_each_group([&](auto& group) {
                    if (group.rest == raft::resting{}) return;
                    host().wake(group, [&](auto& core, auto& out) { core.rouse(silent, heard, now, out); });
                    if (group.rest == raft::resting{}) host().count_roused();
                });
            });
    }

    void hear(node_id from, time_point now) { pairs_.hear(from, now); }
    void hear(node_id from, pair_message const& said, time_point now) {
        if (auto const* const beat = std::get_if<pair_beat>(&said)) {
            host().outgoing().add(from, pairs_.hear(from, *beat, now));
        } else {
            pairs_.hear(from, std::get<pair_echo>(said), now);
        }
    }

    /// What the group's core says of its rest may have changed.
    template <class Group>
    void note_rest(Group& of, time_point now) {
        raft::resting const is = of.core.resting();
        if (is == of.rest) return;
        forget_rest(of);
        of.rest = is;
        if (is == raft::resting{}) return;
        of.give_back(configurations_);
        if (!of.is_leader()) return pairs_.follow(is.leader, of.id, is.term, now);
        of.rest_with = of.core.shared_members();
        for_each_follower(of, [&](node_id follower) { pairs_.lead(follower, of.id, is.term, now); });
    }
    template <class Group>
    void forget_rest(Group& of) {
        if (of.rest == raft::resting{}) return;
        if (of.rest_with) {
            for_each_follower(of, [&](node_id follower) { pairs_.lead_no_more(follower, of.id, of.rest.term); });
        } else {
            pairs_.follow_no_more(of.rest.leader, of.id, of.rest.term);
        }
        of.rest_with.reset();
        of.rest = {};
    }

private:
    Host& host() { return static_cast<Host&>(*this); }

    /// Who is on the way out keeps a group awake, so these are the members.
    template <class Group, class Visit>
    static void for_each_follower(Group const& of, Visit&& visit) {
        for (node_id const member : raft::everyone(*of.rest_with))
            if (member != of.core.self()) visit(member);
    }

    /// In order of their ids, whatever the table's: a run is repeated exactly.
    template <class Visit>
    void for_each_group(Visit&& visit) {
        std::vector<group_id> ids;
        ids.reserve(host().groups().size());
        for (auto const& [id, open] : host().groups()) ids.push_back(id);
        std::ranges::sort(ids);
        for (group_id const id : ids)
            if (auto* const group = host().find(id)) visit(*group);
    }

    pair_watch pairs_;
    raft::shared_configurations configurations_;  ///< of the groups that rest
};

}  // namespace chronik::detail
