// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/overloaded.hpp>
#include <chronik/raft/effects.hpp>
#include <chronik/raft/election.hpp>
#include <chronik/raft/message.hpp>
#include <chronik/testing/model/appends.hpp>
#include <chronik/testing/model/commits.hpp>
#include <chronik/testing/model/elections.hpp>
#include <chronik/testing/model/states.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace chronik::testing::model {

/// Raft once more, as an executable specification that is no implementation: it is shown every step of a run and says
/// which of them it does not allow. It shares messages and entries with the core, and no decision.
///
/// A node's state is in memory (what it shows of itself), written (given to its disk), or durable (synced): the model
/// keeps the three apart, and a crash leaves the last. The network may lose, repeat and delay, and whatever a node may
/// do it may also leave: the model says what is allowed, and never what must happen.
/// In this order: started(), then for each input arrives(); what follows from it as it comes, writes before the events
/// of the same step; look() after each step, turn_ended() after each turn.
/// source   Raft paper (extended) figure 2, sections 5 to 7; thesis 3.10, 4, 6.4 and 9.6; docs/concepts/raft_core.md
class specification {
public:
    /// leases   leaders answer reads by their clocks, and ask nobody
    specification(durable_logs& disks, bool leases, findings& found)
        : disks_(&disks), leases_(leases), found_(&found) {}

    /// The node is a witness wherever it votes.
    void is_witness(node_id node) { witnesses_.insert(node); }

    /// A node has read its disk, and begins with the group.
    ///
    /// first   the members that it knows from outside: those that the group began with, or none for a newcomer
    /// doubt   the one that it is in
    void started(node_id node, group_id id, raft::configuration const& first, doubt_token doubt = no_doubt) {
        group_state& group = groups_[id];
        if (group.configured.all.empty() || group.configured.all.front().members->is_blank())
            group.configured.all = {{log_index{}, std::make_shared<raft::configuration const>(first)}};
        places_.erase({id, node});  // its disk was read anew
        scene const at = scene_of(node, id);
        member fresh;
        static_cast<lasting&>(fresh) = std::move(at.own);
        at.own = std::move(fresh);
        member& own = at.own;
        raft::hard_state const found = at.written.state;
        if (found.term < own.promised)
            at.deny("comes back in " + name(found.term) + ", and was in " + name(own.promised));
        auto const given = own.votes_given.find(found.term);
        if (given != own.votes_given.end() && given->second != found.vote)
            at.deny("comes back without its vote of " + name(found.term));
        own.doubt = doubt;
        own.term = found.term;
        own.told = group.last_committed();
        own.end_before = end_of(at.written);
        log_index const base = at.written.base;
        auto begun = std::make_shared<raft::configuration const>(first);
        own.members.append(base, base == log_index{} ? std::move(begun) : group.configured.at(base)->members);
        for (log_index each = base + 1; each <= at.written.last_index(); ++each) {
            if (auto members = group.entries.members_at(each, *at.written.term_at(each)))
                own.members.append(each, std::move(members));
        }
        own.members_before = own.members.newest().index;
    }

    /// It learns from outside that the group has reached a term, as a member does that comes back without its log.
    void hears_of(node_id node, group_id id, log_term term) { scene_of(node, id).own.heard.insert(term); }

    /// The newest committed configuration of a group, where it is without this node, and no log that the model knows
    /// has a newer one with it: nobody can count on the node any more who could still commit anything.
    std::optional<raft::log_position> left_at(node_id node, group_id id) {
        group_state const& group = groups_[id];
        if (group.configured.all.empty()) return std::nullopt;
        auto const& newest = group.configured.newest();
        auto const has_it = [&](versions::version const& each) {
            return each.index >= newest.index && each.members->contains(node);
        };
        if (has_it(newest)) return std::nullopt;
        for (auto const& [other, knows] : group.members) {
            if (other != node && std::ranges::any_of(knows.members.all, has_it)) return std::nullopt;
        }
        log_term const term = newest.index == log_index{} ? log_term{} : group.committed[newest.index.value - 1];
        return raft::log_position{term, newest.index};
    }
    /// How many voted in each committed configuration of a group, oldest first.
    std::vector<std::size_t> voters_over_time(group_id id) {
        std::vector<std::size_t> sizes;
        for (auto const& each : groups_[id].configured.all) sizes.push_back(each.members->voters.size());
        return sizes;
    }
    /// The node has repaired its disk, and may have forgotten what it promised.
    void repaired(node_id node) {
        for (auto& [id, group] : groups_) {
            group.members[node].promised = {};
            group.members[node].votes_given.clear();
        }
    }
    /// The node has an empty disk, and is one that was never there. A leader that has not heard that it left goes on
    /// counting what it said when it was there.
    void forgets(node_id node) {
        for (auto& [id, group] : groups_) {
            group.members.erase(node);
            for (auto& [term, leader] : group.leaders) {
                auto const knows = group.members.find(leader.node);
                bool const counts = knows != group.members.end() && !knows->second.members.all.empty() &&
                                    knows->second.members.newest().members->contains(node);
                if (!counts) leader.forget(node);
            }
        }
        std::erase_if(places_, [node](auto const& each) { return each.first.second == node; });
    }

    /// What a node gives to its disk, in this order. `durable_logs` is told here.
    template <class State>
    void staged(node_id node, group_id id, std::optional<State> const& state, std::span<entry const> entries) {
        scene const at = scene_of(node, id);
        if (state) {
            writes_state(at, {state->term, state->vote});
            disks_->staged(node, id, state, std::span<entry const>{});
        }
        for (entry const& each : entries) {
            writes_entry(at, each);
            disks_->staged(node, id, std::optional<State>{}, std::span<entry const>{&each, 1});
        }
    }
    void replaced(node_id node, group_id id, log_index last, log_term term) {
        replaces_log(scene_of(node, id), last, term);
        disks_->replaced(node, id, last, term);
    }
    void compacted(node_id node, group_id id, log_index base, log_term term) {
        compacts_log(scene_of(node, id), base);
        disks_->compacted(node, id, base, term);
    }
    void removed(node_id node, group_id id) {
        places_.erase({id, node});
        groups_[id].members.erase(node);
        disks_->removed(node, id);
    }

    /// memory   what the node shows of itself, before it hears of the message
    template <class View>
    void arrives(node_id node, group_id id, node_id from, raft::message const& what, View const& memory) {
        scene const at = scene_of(node, id);
        std::visit([&](auto const& body) { model::arrives(at, from, body, memory); }, what);
    }

    /// A message is about to leave; look() came before.
    template <class View>
    void leaves(node_id node, group_id id, node_id to, raft::message const& what, View const& memory) {
        scene const at = scene_of(node, id);
        bool const only_asks = std::holds_alternative<raft::pre_vote_request>(what) ||
                               std::holds_alternative<raft::pre_vote_response>(what);
        log_term const term = raft::term_of(what);
        if (!only_asks && term > at.durable.state.term) at.deny("shows " + name(term) + " before that is durable");
        if (!only_asks) at.own.promised = std::max(at.own.promised, term);
        std::visit(overloaded{[&](raft::read_response const& body) { answers_read(at, to, body, !leases_); },
                              [&](auto const& body) { model::leaves(at, to, body, memory); }},
                   what);
    }

    /// A core has told that something changed.
    void event(node_id node, group_id id, raft::event const& happened) {
        scene const at = scene_of(node, id);
        if (auto const* const led = std::get_if<raft::became_leader>(&happened)) {
            at.own.now = member::role::leader;
            return model::leads(at, led->term);
        }
        if (auto const* const ended = std::get_if<raft::doubt_ended>(&happened)) return is_sound(at, ended->token);
        if (std::holds_alternative<raft::became_candidate>(happened)) at.own.now = member::role::candidate;
        if (std::holds_alternative<raft::became_pre_candidate>(happened)) at.own.now = member::role::pre_candidate;
        auto const* const follows = std::get_if<raft::became_follower>(&happened);
        if (follows == nullptr) return;
        at.own.now = member::role::follower;
        if (follows->leader != no_node && !at.led_by(follows->leader, follows->term))
            at.deny("follows " + name(follows->leader) + ", which was not elected in " + name(follows->term));
    }

    /// A configuration has come into force at a node. When the turn ends it may be gone again, and on no disk.
    void has_members(node_id node, group_id id, raft::configuration const& members) {
        scene_of(node, id).own.meanwhile.push_back(std::make_shared<raft::configuration const>(members));
    }

    /// After a step: what the node shows of itself.
    template <class View>
    void look(node_id node, group_id id, View const& memory) {
        look_at_memory(scene_of(node, id), memory);
    }
    template <class View>
    void turn_ended(node_id node, group_id id, View const& memory) {
        end_turn(scene_of(node, id), memory);
    }

    /// What a read has to see that begins now at a node, and what it has seen.
    log_index last_committed(group_id id) { return groups_[id].last_committed(); }
    void has_read(node_id node, group_id id, log_index floor, log_index applied) {
        if (applied < floor)
            scene_of(node, id).deny("reads at " + name(applied) + ", and " + name(floor) + " was committed before");
    }

private:
    /// Where to find what belongs together; each step needs all of it.
    struct place {
        group_state* group;
        member* own;
        durable_log const* written;
        durable_log const* durable;
    };

    scene scene_of(node_id node, group_id id) {
        auto found = places_.find({id, node});
        if (found == places_.end()) {
            group_state& group = groups_[id];
            place const fresh{&group, &group.members[node], &disks_->written(node, id), &disks_->of(node, id)};
            found = places_.emplace(std::pair{id, node}, fresh).first;
        }
        auto const& [group, own, written, durable] = found->second;
        return {*group, *own, node, id, *written, *durable, witnesses_, *found_};
    }

    durable_logs* disks_;
    bool leases_;
    findings* found_;
    std::set<node_id> witnesses_;
    std::map<group_id, group_state> groups_;
    std::map<std::pair<group_id, node_id>, place> places_;
};

}  // namespace chronik::testing::model
