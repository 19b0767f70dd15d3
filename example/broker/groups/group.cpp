// SPDX-License-Identifier: Apache-2.0
#include <groups/group.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>

/// How rounds begin and end, what is stored of them, and what has run out of time.
namespace broker::groups {

using wire::error_code;

namespace {

std::int32_t milliseconds(chronik::duration span) {
    return static_cast<std::int32_t>(std::chrono::duration_cast<std::chrono::milliseconds>(span).count());
}

}  // namespace

std::string_view name(group_state state) {
    switch (state) {
        case group_state::empty: return "Empty";
        case group_state::preparing_rebalance: return "PreparingRebalance";
        case group_state::completing_rebalance: return "CompletingRebalance";
        case group_state::stable: return "Stable";
        case group_state::dead: break;
    }
    return "Dead";
}

join_answer refused_join(std::string member_id, error_code why) {
    join_answer out;
    out.error = why;
    out.member_id = std::move(member_id);
    // Before version 7 no protocol is an empty name.
    out.protocol_name = "";
    return out;
}

sync_answer refused_sync(error_code why) {
    sync_answer out;
    out.error = why;
    return out;
}

std::string new_member_id(std::string_view prefix, chronik::random& chance) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out{prefix};
    out += '-';
    std::uint64_t const halves[] = {chance(), chance()};
    for (int at = 0; at < 32; ++at) {
        if (at == 8 || at == 12 || at == 16 || at == 20) out += '-';
        out += digits[(halves[at / 16] >> (4 * (at % 16))) & 15];
    }
    return out;
}

group::group(std::string id, group_value const& stored, chronik::time_point now)
    : id_(std::move(id)),
      generation_(stored.generation),
      protocol_type_(stored.protocol_type),
      protocol_(stored.protocol.value_or("")) {
    for (auto const& each : stored.members) {
        auto& one = members_[each.member_id];
        one.id = each.member_id;
        one.instance = each.group_instance_id;
        one.client_id = each.client_id;
        one.client_host = each.client_host;
        one.session_timeout = std::chrono::milliseconds{each.session_timeout};
        one.rebalance_timeout = std::chrono::milliseconds{each.rebalance_timeout};
        one.protocols.push_back({protocol_, each.subscription});
        one.assignment = each.assignment;
        one.expires = now + one.session_timeout;
        wake(one.expires);
        if (one.instance) static_ids_.insert_or_assign(*one.instance, one.id);
    }
    if (members_.empty()) return;
    state_ = group_state::stable;
    leader_ = stored.leader && members_.contains(*stored.leader) ? *stored.leader : members_.begin()->first;
}

chronik::duration group::rebalance_timeout() const {
    chronik::duration longest{};
    for (auto const& [id, one] : members_) longest = std::max(longest, one.rebalance_timeout);
    return longest;
}

void group::prepare_rebalance(std::string_view why, turn& in) {
    in.note(id_, fmt::format("ends generation {}: {}", generation_, why));
    fail_syncs(error_code::rebalance_in_progress, in);
    not_synced_.clear();
    sync_ends_ = chronik::never;
    auto const limit = rebalance_timeout();
    initial_ = state_ == group_state::empty && in.options.initial_rebalance_delay > chronik::duration{};
    somebody_came_ = false;
    auto const delay = initial_ ? std::min(in.options.initial_rebalance_delay, limit) : limit;
    initial_left_ = limit - delay;
    round_ends_ = in.now + delay;
    state_ = group_state::preparing_rebalance;
    wake(round_ends_);
}

void group::finish_round_if_all_joined(turn& in) {
    if (state_ != group_state::preparing_rebalance || initial_ || !pending_.empty()) return;
    if (std::ranges::all_of(members_, [](auto const& each) { return each.second.joining.has_value(); }))
        finish_round(in);
}

void group::tick_round(turn& in) {
    if (state_ == group_state::preparing_rebalance && in.now >= round_ends_) {
        if (initial_ && somebody_came_ && initial_left_ > chronik::duration{}) {
            // Members of a new group start together: while more of them come, the first round waits for the next.
            auto const delay = std::min(in.options.initial_rebalance_delay, initial_left_);
            somebody_came_ = false;
            initial_left_ -= delay;
            round_ends_ = in.now + delay;
        } else {
            finish_round(in);
        }
    }
    if (in.now < sync_ends_) return;
    // Who has joined and never asks for its assignment would be given partitions that nobody reads.
    sync_ends_ = chronik::never;
    auto const silent = not_synced_;
    for (auto const& id : silent) remove(id, in);
    if (silent.empty()) return;
    prepare_rebalance(fmt::format("{} members did not ask for their assignment", silent.size()), in);
    finish_round_if_all_joined(in);
}

void group::finish_round(turn& in) {
    initial_ = false;
    std::vector<std::string> gone;
    for (auto const& [id, one] : members_) {
        if (!one.joining && !one.instance) gone.push_back(id);
    }
    for (auto const& id : gone) {
        in.note(id_, fmt::format("goes on without {}, which did not join again", id));
        remove(id, in);
    }
    if (!members_.empty() && !elect_joined_leader()) {
        // Only static members that have not come back: their sessions decide.
        round_ends_ = in.now + std::max<chronik::duration>(rebalance_timeout(), std::chrono::milliseconds{1});
        return wake(round_ends_);
    }
    begin_generation(in);
}

bool group::elect_joined_leader() {
    auto const known = leader_ ? members_.find(*leader_) : members_.end();
    if (known != members_.end() && known->second.joining) return true;
    auto const next = std::ranges::find_if(members_, [](auto const& each) { return each.second.joining.has_value(); });
    if (next == members_.end()) return false;
    leader_ = next->first;
    return true;
}

void group::begin_generation(turn& in) {
    ++generation_;
    round_ends_ = chronik::never;
    not_synced_.clear();
    if (members_.empty()) {
        state_ = group_state::empty;
        protocol_.clear();
        leader_.reset();
        in.note(id_, fmt::format("begins generation {} without members", generation_));
        return store({write_kind::emptied, generation_, {}, {}, {}}, in);
    }
    state_ = group_state::completing_rebalance;
    protocol_ = choose_protocol(members_);
    in.note(id_, fmt::format("begins generation {} with {} members, led by {}", generation_, members_.size(),
                             leader_.value_or("")));
    for (auto& [id, one] : members_) {
        if (one.joining) in.tell(*std::exchange(one.joining, std::nullopt), joined(one, leader_ == id));
        one.is_new = false;
        heard(one, in);
        not_synced_.insert(id);
    }
    sync_ends_ = in.now + rebalance_timeout();
    wake(sync_ends_);
}

error_code group::check_sync(wire::sync_group::request const& asked) const {
    if (state_ == group_state::dead) return error_code::coordinator_not_available;
    if (auto const problem = check_member(asked.member_id, asked.group_instance_id); problem != error_code::none)
        return problem;
    if (asked.generation_id != generation_) return error_code::illegal_generation;
    if ((asked.protocol_type && *asked.protocol_type != protocol_type_) ||
        (asked.protocol_name && *asked.protocol_name != protocol_))
        return error_code::inconsistent_group_protocol;
    return state_ == group_state::preparing_rebalance ? error_code::rebalance_in_progress : error_code::none;
}

void group::sync(wire::sync_group::request const& asked, ticket to, turn& in) {
    if (auto const problem = check_sync(asked); problem != error_code::none)
        return in.tell(to, refused_sync(problem));
    auto& one = members_.at(asked.member_id);
    heard(one, in);
    not_synced_.erase(one.id);
    if (state_ == group_state::stable) return in.tell(to, synced(one));
    if (one.syncing) in.tell(*one.syncing, refused_sync(error_code::rebalance_in_progress));
    one.syncing = to;
    if (leader_ != one.id) return;
    std::map<std::string, chronik::shared_bytes, std::less<>> assignments;
    for (auto const& [id, each] : members_) assignments.emplace(id, chronik::shared_bytes{});
    for (auto const& each : asked.assignments) {
        auto const found = assignments.find(each.member_id);
        if (found != assignments.end()) found->second = chronik::shared_bytes::copy_of(each.assignment.view());
    }
    store({write_kind::assignment, generation_, std::move(assignments), {}, {}}, in);
}

void group::store(pending_write what, turn& in) {
    auto record = to_record(group_key{id_}, to_value(what.assignments, in.wall_ms));
    auto const token = ++in.last_token;
    writes_.emplace(token, std::move(what));
    // A group that no record can hold ends its round as a write that failed.
    if (!record) return written(token, error_code::unknown_server_error, in);
    auto& out = in.out.writes.emplace_back();
    out.group = id_;
    out.token = token;
    out.records.push_back(std::move(*record));
}

void group::written(std::uint64_t token, error_code outcome, turn& in) {
    auto const found = writes_.extract(token);
    if (found.empty()) return;
    auto const& what = found.mapped();
    // The next round may have begun meanwhile; it has told everyone already.
    if (what.generation != generation_) return;
    if (what.kind == write_kind::static_member) {
        auto const back = members_.find(what.member);
        if (back == members_.end() || !back->second.joining || state_ != group_state::stable) return;
        auto& one = back->second;
        auto const to = *std::exchange(one.joining, std::nullopt);
        if (outcome != error_code::none) return in.tell(to, refused_join({}, outcome));
        bool const leads = leader_ == one.id;
        auto told = joined(one, leads && one.can_skip);
        told.skip_assignment = leads && one.can_skip;
        // A client that cannot skip must not think that it leads: a stable group takes no assignment.
        if (!one.can_skip) told.leader = what.former_leader;
        return in.tell(to, std::move(told));
    }
    if (what.kind != write_kind::assignment || state_ != group_state::completing_rebalance) return;
    if (outcome == error_code::none) return assign(what.assignments, in);
    fail_syncs(outcome, in);
    prepare_rebalance("its assignment could not be stored", in);
}

void group::assign(std::map<std::string, chronik::shared_bytes, std::less<>> const& assignments, turn& in) {
    state_ = group_state::stable;
    in.note(id_, fmt::format("is stable in generation {}", generation_));
    for (auto& [id, one] : members_) {
        auto const mine = assignments.find(id);
        one.assignment = mine == assignments.end() ? chronik::shared_bytes{} : mine->second;
        if (!one.syncing) continue;
        heard(one, in);
        in.tell(*std::exchange(one.syncing, std::nullopt), synced(one));
    }
}

void group::fail_syncs(error_code why, turn& in) {
    for (auto& [id, one] : members_) {
        if (state_ == group_state::completing_rebalance) one.assignment = {};
        if (one.syncing) in.tell(*std::exchange(one.syncing, std::nullopt), refused_sync(why));
    }
}

void group::tick(turn& in) {
    wake_at_ = chronik::never;
    tick_members(in);
    tick_round(in);
    for (auto const& [id, until] : pending_) wake(until);
    for (auto const& [id, one] : members_) {
        if (one.is_new || (!one.joining && !one.syncing)) wake(one.expires);
    }
    wake(round_ends_);
    wake(sync_ends_);
}

void group::tick_members(turn& in) {
    std::vector<std::string> silent;
    for (auto const& [id, one] : members_) {
        if (!one.outlives(in.now)) silent.push_back(id);
    }
    for (auto const& id : silent) remove_and_rebalance(id, "has not been heard in time", in);
    if (std::erase_if(pending_, [&](auto const& each) { return each.second <= in.now; }) > 0)
        finish_round_if_all_joined(in);
}

void group::end(error_code why, turn& in) {
    for (auto& [id, one] : members_) {
        if (one.joining) in.tell(*std::exchange(one.joining, std::nullopt), refused_join(id, why));
        if (one.syncing) in.tell(*std::exchange(one.syncing, std::nullopt), refused_sync(why));
    }
    members_.clear();
    static_ids_.clear();
    pending_.clear();
    not_synced_.clear();
    writes_.clear();
    leader_.reset();
    state_ = group_state::dead;
    round_ends_ = sync_ends_ = wake_at_ = chronik::never;
}

group_value group::to_value(std::map<std::string, chronik::shared_bytes, std::less<>> const& assignments,
                            std::int64_t wall_ms) const {
    group_value out;
    out.protocol_type = protocol_type_;
    out.generation = generation_;
    if (!members_.empty()) out.protocol = protocol_;
    out.leader = leader_;
    out.current_state_timestamp = wall_ms;
    for (auto const& [id, one] : members_) {
        auto const mine = assignments.find(id);
        out.members.push_back({.member_id = id,
                               .group_instance_id = one.instance,
                               .client_id = one.client_id,
                               .client_host = one.client_host,
                               .rebalance_timeout = milliseconds(one.rebalance_timeout),
                               .session_timeout = milliseconds(one.session_timeout),
                               .subscription = one.subscription(protocol_),
                               .assignment = mine == assignments.end() ? chronik::shared_bytes{} : mine->second});
    }
    return out;
}

std::vector<wire::join_group::member> group::member_list() const {
    std::vector<wire::join_group::member> out;
    for (auto const& [id, one] : members_) out.push_back({id, one.instance, one.subscription(protocol_)});
    return out;
}

join_answer group::joined(member const& one, bool with_members) const {
    join_answer out;
    out.generation_id = generation_;
    out.protocol_type = protocol_type_;
    out.protocol_name = protocol_;
    out.leader = leader_.value_or("");
    out.member_id = one.id;
    if (with_members) out.members = member_list();
    return out;
}

sync_answer group::synced(member const& one) const {
    sync_answer out;
    out.protocol_type = protocol_type_;
    out.protocol_name = protocol_;
    out.assignment = one.assignment;
    return out;
}

wire::describe_groups::group group::describe() const {
    bool const stable = state_ == group_state::stable;
    wire::describe_groups::group out;
    out.group_id = id_;
    out.group_state = name(state_);
    out.protocol_type = protocol_type_;
    if (stable) out.protocol_data = protocol_;
    for (auto const& [id, one] : members_) {
        auto& each = out.members.emplace_back();
        each.member_id = id;
        each.group_instance_id = one.instance;
        each.client_id = one.client_id;
        each.client_host = one.client_host;
        if (!stable) continue;
        each.member_metadata = one.subscription(protocol_);
        each.member_assignment = one.assignment;
    }
    return out;
}

}  // namespace broker::groups
