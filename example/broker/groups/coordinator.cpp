// SPDX-License-Identifier: Apache-2.0
#include <groups/coordinator.hpp>

#include <algorithm>
#include <chrono>

namespace broker::groups {

using wire::error_code;

coordinator::coordinator(stored_groups const& stored, chronik::time_point now) : stored_(&stored) {
    // Sessions begin anew with the coordinator; groups without members have none.
    for (auto const& [id, each] : stored.all()) {
        if (!each.generation || each.generation->members.empty()) continue;
        groups_.emplace(id, live_group{group{id, *each.generation, now}});
        settle(id);
    }
}

group* coordinator::find(std::string_view id, turn const& in) {
    if (auto const live = groups_.find(id); live != groups_.end()) return &live->second.state;
    auto const* const known = stored_->find(id);
    if (known == nullptr) return nullptr;
    group made = known->generation ? group{std::string{id}, *known->generation, in.now} : group{std::string{id}};
    return &groups_.emplace(std::string{id}, live_group{std::move(made)}).first->second.state;
}

group& coordinator::find_or_make(std::string const& id, turn const& in) {
    if (auto* const known = find(id, in)) return *known;
    return groups_.emplace(id, live_group{group{id}}).first->second.state;
}

void coordinator::settle(std::string_view id) {
    auto const found = groups_.find(id);
    if (found == groups_.end()) return;
    auto& one = found->second;
    bool const forget = one.state.forgettable();
    auto const wanted = forget ? chronik::never : one.state.wake_at();
    if (one.scheduled != wanted) {
        if (one.scheduled != chronik::never) wakes_.erase({one.scheduled, found->first});
        if (wanted != chronik::never) wakes_.emplace(wanted, found->first);
        one.scheduled = wanted;
    }
    if (forget) groups_.erase(found);
}

error_code coordinator::check_join(wire::join_group::request const& asked, turn const& in) {
    if (asked.group_id.empty()) return error_code::invalid_group_id;
    std::chrono::milliseconds const session{asked.session_timeout_ms};
    if (session < in.options.session_timeout_min || session > in.options.session_timeout_max)
        return error_code::invalid_session_timeout;
    std::size_t bytes = 0;
    for (auto const& each : asked.protocols) bytes += each.name.size() + each.metadata.size();
    if (asked.protocols.size() > protocols_per_member_max || bytes > subscription_bytes_max)
        return error_code::invalid_request;
    bool const known = groups_.contains(asked.group_id) || stored_->find(asked.group_id) != nullptr;
    // Only who does not know its id yet may begin a group.
    if (!known && !asked.member_id.empty()) return error_code::unknown_member_id;
    if (!known && groups_.size() + stored_->all().size() >= groups_per_partition_max)
        return error_code::policy_violation;
    return error_code::none;
}

void coordinator::join(wire::join_group::request const& asked, joiner const& who, ticket to, turn& in) {
    if (auto const problem = check_join(asked, in); problem != error_code::none)
        return in.tell(to, refused_join(asked.member_id, problem));
    find_or_make(asked.group_id, in).join(asked, who, to, in);
    settle(asked.group_id);
}

void coordinator::sync(wire::sync_group::request const& asked, ticket to, turn& in) {
    if (asked.group_id.empty()) return in.tell(to, refused_sync(error_code::invalid_group_id));
    auto* const known = find(asked.group_id, in);
    if (known == nullptr) return in.tell(to, refused_sync(error_code::unknown_member_id));
    known->sync(asked, to, in);
    settle(asked.group_id);
}

wire::heartbeat::response coordinator::heartbeat(wire::heartbeat::request const& asked, turn& in) {
    wire::heartbeat::response out;
    auto* const known = find(asked.group_id, in);
    if (asked.group_id.empty()) out.error = error_code::invalid_group_id;
    else out.error = known == nullptr ? error_code::unknown_member_id : known->heartbeat(asked, in);
    settle(asked.group_id);
    return out;
}

wire::leave_group::response coordinator::leave(wire::leave_group::request const& asked, wire::schema::version version,
                                               turn& in) {
    constexpr wire::schema::version many_since = 3;
    wire::leave_group::response out;
    if (asked.group_id.empty()) {
        out.error = error_code::invalid_group_id;
        return out;
    }
    auto const leave_one = [&](wire::leave_group::member_request const& who) {
        auto* const known = find(asked.group_id, in);
        auto const error = known == nullptr ? error_code::unknown_member_id : known->leave(who, in);
        settle(asked.group_id);
        return error;
    };
    if (version < many_since) {
        out.error = leave_one({asked.member_id, {}, {}});
        return out;
    }
    for (auto const& who : asked.members) {
        out.members.push_back({who.member_id, who.group_instance_id, leave_one(who)});
    }
    return out;
}

std::optional<wire::describe_groups::group> coordinator::describe(std::string_view id) const {
    if (auto const live = groups_.find(id); live != groups_.end()) return live->second.state.describe();
    auto const* const known = stored_->find(id);
    return known == nullptr ? std::nullopt : std::optional{describe_stored(id, *known)};
}

wire::describe_groups::group describe_stored(std::string_view id, stored_group const& stored) {
    wire::describe_groups::group out;
    out.group_id = id;
    out.group_state = name(group_state::empty);
    if (stored.generation) out.protocol_type = stored.generation->protocol_type;
    return out;
}

void coordinator::list(std::vector<wire::list_groups::group>& out) const {
    auto const add = [&](std::string const& id, std::string_view protocol_type, group_state state) {
        auto& one = out.emplace_back();
        one.group_id = id;
        one.protocol_type = protocol_type;
        one.group_state = name(state);
        one.group_type = "classic";
    };
    for (auto const& [id, live] : groups_) add(id, live.state.protocol_type(), live.state.state());
    for (auto const& [id, stored] : stored_->all()) {
        if (groups_.contains(id)) continue;
        add(id, stored.generation ? std::string_view{stored.generation->protocol_type} : "", group_state::empty);
    }
}

void coordinator::written(std::string const& id, std::uint64_t token, error_code outcome, turn& in) {
    auto const live = groups_.find(id);
    if (live == groups_.end()) return;
    live->second.state.written(token, outcome, in);
    settle(id);
}

void coordinator::tick(turn& in) {
    while (!wakes_.empty() && wakes_.begin()->first <= in.now) {
        std::string const id = wakes_.begin()->second;
        groups_.find(id)->second.state.tick(in);
        settle(id);
    }
}

void coordinator::resign(turn& in) {
    for (auto& [id, live] : groups_) live.state.end(error_code::not_coordinator, in);
    groups_.clear();
    wakes_.clear();
}

std::map<group_state, std::size_t> coordinator::count() const {
    std::map<group_state, std::size_t> out;
    out[group_state::empty] = stored_->all().size();
    for (auto const& [id, live] : groups_) {
        if (stored_->find(id) != nullptr) --out[group_state::empty];
        ++out[live.state.state()];
    }
    return out;
}

std::size_t coordinator::members() const {
    std::size_t sum = 0;
    for (auto const& [id, live] : groups_) sum += live.state.members().size();
    return sum;
}

}  // namespace broker::groups
