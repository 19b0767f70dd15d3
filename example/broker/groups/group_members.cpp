// SPDX-License-Identifier: Apache-2.0
#include <groups/group.hpp>
#include <groups/subscription.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

/// Who may join, sync and commit, and how members come and go.
namespace broker::groups {

using wire::error_code;

namespace {

bool same_protocols(member const& one, wire::join_group::request const& asked) {
    return one.protocols == asked.protocols;
}

/// A copy: a subscription must not hold on to the whole request that it came with.
std::vector<wire::join_group::protocol> own(std::vector<wire::join_group::protocol> const& offered) {
    std::vector<wire::join_group::protocol> out;
    for (auto const& each : offered) {
        out.push_back({each.name, chronik::shared_bytes::copy_of(each.metadata.view())});
    }
    return out;
}

}  // namespace

bool group::accepts(std::string const& member_id, turn const& in) const {
    auto const known = members_.find(member_id);
    switch (state_) {
        case group_state::empty:
        case group_state::dead: return pending_.size() < pending_members_max;
        case group_state::preparing_rebalance: {
            if (known != members_.end() && known->second.joining) return true;
            auto const waiting =
                std::ranges::count_if(members_, [](auto const& each) { return each.second.joining.has_value(); });
            return static_cast<std::size_t>(waiting) < in.options.members_max && pending_.size() < pending_members_max;
        }
        case group_state::completing_rebalance:
        case group_state::stable: break;
    }
    return known != members_.end() ||
           (members_.size() < in.options.members_max && pending_.size() < pending_members_max);
}

bool group::supports(wire::join_group::request const& asked) const {
    if (state_ == group_state::empty) return !asked.protocol_type.empty() && !asked.protocols.empty();
    if (asked.protocol_type != protocol_type_) return false;
    return std::ranges::any_of(asked.protocols, [&](auto const& offered) {
        return std::ranges::all_of(members_, [&](auto const& each) { return each.second.supports(offered.name); });
    });
}

error_code group::check_member(std::string const& id, std::optional<std::string> const& instance) const {
    if (instance) {
        auto const current = static_ids_.find(*instance);
        if (current == static_ids_.end()) return error_code::unknown_member_id;
        if (current->second != id) return error_code::fenced_instance_id;
    }
    return members_.contains(id) ? error_code::none : error_code::unknown_member_id;
}

void group::join(wire::join_group::request const& asked, joiner const& who, ticket to, turn& in) {
    if (!accepts(asked.member_id, in)) {
        remove(asked.member_id, in);
        return in.tell(to, refused_join({}, error_code::group_max_size_reached));
    }
    if (!supports(asked)) {
        in.tell(to, refused_join(asked.member_id, error_code::inconsistent_group_protocol));
    } else if (asked.member_id.empty()) {
        join_new(asked, who, to, in);
    } else {
        join_known(asked, who, to, in);
    }
    finish_round_if_all_joined(in);
}

void group::join_new(wire::join_group::request const& asked, joiner const& who, ticket to, turn& in) {
    auto id = new_member_id(asked.group_instance_id ? *asked.group_instance_id : who.client_id, in.chance);
    if (asked.group_instance_id) {
        auto const earlier = static_ids_.find(*asked.group_instance_id);
        if (earlier == static_ids_.end()) return add_member(std::move(id), asked, who, to, in);
        return come_back(std::string{earlier->second}, std::move(id), asked, who, to, in);
    }
    if (!who.needs_id) return add_member(std::move(id), asked, who, to, in);
    auto const until = in.now + std::chrono::milliseconds{asked.session_timeout_ms};
    pending_.emplace(id, until);
    wake(until);
    in.tell(to, refused_join(std::move(id), error_code::member_id_required));
}

void group::join_known(wire::join_group::request const& asked, joiner const& who, ticket to, turn& in) {
    if (auto const given = pending_.find(asked.member_id); given != pending_.end() && !asked.group_instance_id) {
        pending_.erase(given);
        return add_member(asked.member_id, asked, who, to, in);
    }
    if (auto const problem = check_member(asked.member_id, asked.group_instance_id); problem != error_code::none)
        return in.tell(to, refused_join(asked.member_id, problem));
    auto& one = members_.at(asked.member_id);
    bool const leads = leader_ == one.id;
    switch (state_) {
        case group_state::preparing_rebalance: return update(one, asked, who, to, in);
        case group_state::completing_rebalance:
            // The answer to its first try may have been lost: what it was told then still holds.
            if (same_protocols(one, asked)) return in.tell(to, joined(one, leads));
            return update(one, asked, who, to, in);
        case group_state::stable:
            // A leader that joins again has seen something that changes the assignment, new partitions for example.
            if (leads || !same_protocols(one, asked)) return update(one, asked, who, to, in);
            return in.tell(to, joined(one, false));
        case group_state::empty:
        case group_state::dead: return in.tell(to, refused_join(asked.member_id, error_code::unknown_member_id));
    }
}

void group::add_member(std::string id, wire::join_group::request const& asked, joiner const& who, ticket to,
                       turn& in) {
    if (members_.empty()) protocol_type_ = asked.protocol_type;
    if (!leader_) leader_ = id;
    if (initial_) somebody_came_ = true;
    auto& one = members_[id];
    one.id = id;
    one.instance = asked.group_instance_id;
    one.is_new = true;
    if (one.instance) static_ids_.insert_or_assign(*one.instance, id);
    update(one, asked, who, to, in);
}

/// Takes over what a member offers now, and lets it wait for the end of a round.
void group::update(member& one, wire::join_group::request const& asked, joiner const& who, ticket to, turn& in) {
    std::chrono::milliseconds const session{asked.session_timeout_ms};
    one.client_id = who.client_id;
    one.client_host = who.client_host;
    one.session_timeout = session;
    // Version 0 does not say how long a round may last; what a member may be silent for holds then.
    one.rebalance_timeout =
        asked.rebalance_timeout_ms < 0 ? session : std::chrono::milliseconds{asked.rebalance_timeout_ms};
    one.protocols = own(asked.protocols);
    one.can_skip = who.can_skip;
    // Of two requests of one member the client has given up the earlier one.
    if (one.joining) in.tell(*one.joining, refused_join(one.id, error_code::rebalance_in_progress));
    one.joining = to;
    one.expires = in.now + (one.is_new ? new_member_time_max : one.session_timeout);
    wake(one.expires);
    if (state_ == group_state::preparing_rebalance) return;
    prepare_rebalance(fmt::format("member {} {}", one.id, one.is_new ? "joins" : "joins again"), in);
}

/// A static member starts again: it takes its old place under a new id, and the others need not notice.
void group::come_back(std::string const& old_id, std::string new_id, wire::join_group::request const& asked,
                      joiner const& who, ticket to, turn& in) {
    auto const former_leader = leader_.value_or("");
    auto& one = replace_static(old_id, std::move(new_id), in);
    if (state_ != group_state::stable) return update(one, asked, who, to, in);

    auto const former = one.protocols;
    one.protocols = own(asked.protocols);
    if (choose_protocol(members_) != protocol_) {
        one.protocols = former;
        return update(one, asked, who, to, in);
    }
    one.client_id = who.client_id;
    one.client_host = who.client_host;
    one.session_timeout = std::chrono::milliseconds{asked.session_timeout_ms};
    one.rebalance_timeout = asked.rebalance_timeout_ms < 0 ? one.session_timeout
                                                           : std::chrono::milliseconds{asked.rebalance_timeout_ms};
    one.can_skip = who.can_skip;
    one.joining = to;
    heard(one, in);
    std::map<std::string, chronik::shared_bytes, std::less<>> assignments;
    for (auto const& [id, each] : members_) assignments.emplace(id, each.assignment);
    store({write_kind::static_member, generation_, std::move(assignments), one.id, former_leader}, in);
}

member& group::replace_static(std::string const& old_id, std::string new_id, turn& in) {
    auto moved = members_.extract(members_.find(old_id));
    auto& one = moved.mapped();
    // Whoever still speaks under the old id is a second process with the same instance id.
    if (one.joining) in.tell(*one.joining, refused_join(one.id, error_code::fenced_instance_id));
    if (one.syncing) in.tell(*one.syncing, refused_sync(error_code::fenced_instance_id));
    one.joining.reset();
    one.syncing.reset();
    if (leader_ == old_id) leader_ = new_id;
    if (not_synced_.erase(old_id) > 0) not_synced_.insert(new_id);
    one.id = new_id;
    static_ids_.insert_or_assign(*one.instance, new_id);
    moved.key() = std::move(new_id);
    return members_.insert(std::move(moved)).position->second;
}

error_code group::leave(wire::leave_group::member_request const& who, turn& in) {
    if (who.member_id.empty()) {
        // An administrator names static members by instance alone.
        auto const current = who.group_instance_id ? static_ids_.find(*who.group_instance_id) : static_ids_.end();
        if (current == static_ids_.end()) return error_code::unknown_member_id;
        remove_and_rebalance(std::string{current->second}, "was removed by an administrator", in);
        return error_code::none;
    }
    if (pending_.erase(who.member_id) > 0) {
        finish_round_if_all_joined(in);
        return error_code::none;
    }
    if (auto const problem = check_member(who.member_id, who.group_instance_id); problem != error_code::none)
        return problem;
    remove_and_rebalance(who.member_id, "left", in);
    return error_code::none;
}

void group::remove(std::string const& id, turn& in) {
    pending_.erase(id);
    not_synced_.erase(id);
    auto const found = members_.find(id);
    if (found == members_.end()) return;
    // Told that it is unknown, a member that is still there joins again.
    if (found->second.joining) in.tell(*found->second.joining, refused_join({}, error_code::unknown_member_id));
    if (found->second.syncing) in.tell(*found->second.syncing, refused_sync(error_code::unknown_member_id));
    if (found->second.instance) static_ids_.erase(*found->second.instance);
    members_.erase(found);
    if (leader_ != id) return;
    leader_.reset();
    if (!members_.empty()) leader_ = members_.begin()->first;
}

void group::remove_and_rebalance(std::string const& id, std::string_view why, turn& in) {
    auto const what = fmt::format("member {} {}", id, why);
    remove(id, in);
    if (state_ == group_state::stable || state_ == group_state::completing_rebalance) prepare_rebalance(what, in);
    else in.note(id_, what);
    finish_round_if_all_joined(in);
}

error_code group::heartbeat(wire::heartbeat::request const& asked, turn& in) {
    if (state_ == group_state::dead) return error_code::coordinator_not_available;
    if (auto const problem = check_member(asked.member_id, asked.group_instance_id); problem != error_code::none)
        return problem;
    if (asked.generation_id != generation_) return error_code::illegal_generation;
    heard(members_.at(asked.member_id), in);
    return state_ == group_state::preparing_rebalance ? error_code::rebalance_in_progress : error_code::none;
}

error_code group::check_commit(wire::offset_commit::request const& asked, turn& in) {
    auto const generation = asked.generation_id_or_member_epoch;
    if (generation < 0 && state_ == group_state::empty) return error_code::none;
    if (generation >= 0 || !asked.member_id.empty() || asked.group_instance_id) {
        if (auto const problem = check_member(asked.member_id, asked.group_instance_id); problem != error_code::none)
            return problem;
        if (generation != generation_) return error_code::illegal_generation;
    } else if (state_ != group_state::empty) {
        // Beside members, nobody else commits.
        return error_code::unknown_member_id;
    }
    if (state_ == group_state::completing_rebalance) return error_code::rebalance_in_progress;
    heard(members_.at(asked.member_id), in);
    return error_code::none;
}

std::optional<std::set<std::string>> group::subscribed_topics() const {
    if (members_.empty()) return std::set<std::string>{};
    if (protocol_type_ != consumer_protocol_type) return std::nullopt;
    std::set<std::string> topics;
    for (auto const& [id, one] : members_) {
        for (auto const& offered : one.protocols) {
            auto const read = read_subscription(offered.metadata);
            if (!read) return std::nullopt;
            topics.insert(read->begin(), read->end());
        }
    }
    return topics;
}

void group::heard(member& one, turn const& in) {
    one.expires = in.now + one.session_timeout;
    wake(one.expires);
}

}  // namespace broker::groups
