// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <groups/member.hpp>
#include <groups/stored_groups.hpp>
#include <wire/error_code.hpp>
#include <wire/messages/describe_groups.hpp>
#include <wire/messages/heartbeat.hpp>
#include <wire/messages/leave_group.hpp>
#include <wire/messages/offset_commit.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace broker::groups {

enum class group_state : std::uint8_t {
    empty,                 ///< no members; it may have committed offsets
    preparing_rebalance,   ///< members join the next generation
    completing_rebalance,  ///< the generation stands, its leader has not brought the assignment
    stable,                ///< everyone has an assignment
    dead,                  ///< deleted
};

/// As DescribeGroups and ListGroups name it.
std::string_view name(group_state state);

/// One consumer group under Kafka's classic protocol: members, rounds of rebalancing, generations.
///
/// Answers that have to wait are given with tickets through the turn; everything else returns at once.
/// source   Kafka's classic group coordinator; KIP-134 (initial delay), KIP-345 (static members), KIP-394 (two-step
///          join), KIP-814 (skipped assignment)
/// threads  one
class group {
public:
    explicit group(std::string id) : id_(std::move(id)) {}
    /// As its records left it: members have a whole session's time to be heard.
    group(std::string id, group_value const& stored, chronik::time_point now);

    std::string const& id() const { return id_; }
    group_state state() const { return state_; }
    std::int32_t generation() const { return generation_; }
    std::string const& protocol_type() const { return protocol_type_; }
    member_map const& members() const { return members_; }
    std::optional<std::string> const& leader() const { return leader_; }

    void join(wire::join_group::request const& asked, joiner const& who, ticket to, turn& in);
    void sync(wire::sync_group::request const& asked, ticket to, turn& in);
    wire::error_code heartbeat(wire::heartbeat::request const& asked, turn& in);
    wire::error_code leave(wire::leave_group::member_request const& who, turn& in);

    /// Whether this may commit offsets; a member that commits has been heard.
    wire::error_code check_commit(wire::offset_commit::request const& asked, turn& in);

    /// What became of a write.
    void written(std::uint64_t token, wire::error_code outcome, turn& in);
    /// Ends what has run out of time.
    void tick(turn& in);
    /// Answers everyone who waits: this broker no longer coordinates the group, or the group is gone.
    void end(wire::error_code why, turn& in);

    /// When tick() has something to do at the earliest; not always as late as it could be.
    chronik::time_point wake_at() const { return wake_at_; }
    /// True when nothing is here that is not stored.
    bool forgettable() const {
        return (state_ == group_state::empty || state_ == group_state::dead) && members_.empty() && pending_.empty() &&
               writes_.empty();
    }

    /// Topics that the members' consumers read. Nothing if that cannot be known: another kind of group, or
    /// subscriptions that we cannot read.
    std::optional<std::set<std::string>> subscribed_topics() const;
    wire::describe_groups::group describe() const;

private:
    enum class write_kind : std::uint8_t { assignment, emptied, static_member };
    struct pending_write {
        write_kind kind;
        std::int32_t generation;
        std::map<std::string, chronik::shared_bytes, std::less<>> assignments;
        std::string member;             ///< the static member's new id
        std::string former_leader;      ///< before the static member came back
    };

    bool accepts(std::string const& member_id, turn const& in) const;
    bool supports(wire::join_group::request const& asked) const;
    wire::error_code check_member(std::string const& id, std::optional<std::string> const& instance) const;
    wire::error_code check_sync(wire::sync_group::request const& asked) const;

    void join_new(wire::join_group::request const& asked, joiner const& who, ticket to, turn& in);
    void join_known(wire::join_group::request const& asked, joiner const& who, ticket to, turn& in);
    void add_member(std::string id, wire::join_group::request const& asked, joiner const& who, ticket to, turn& in);
    void update(member& one, wire::join_group::request const& asked, joiner const& who, ticket to, turn& in);
    void come_back(std::string const& old_id, std::string new_id, wire::join_group::request const& asked,
                   joiner const& who, ticket to, turn& in);
    member& replace_static(std::string const& old_id, std::string new_id, turn& in);

    void prepare_rebalance(std::string_view why, turn& in);
    void finish_round_if_all_joined(turn& in);
    void finish_round(turn& in);
    bool elect_joined_leader();
    void begin_generation(turn& in);
    void remove(std::string const& id, turn& in);
    void remove_and_rebalance(std::string const& id, std::string_view why, turn& in);
    void fail_syncs(wire::error_code why, turn& in);
    void assign(std::map<std::string, chronik::shared_bytes, std::less<>> const& assignments, turn& in);
    void tick_round(turn& in);
    void tick_members(turn& in);

    void store(pending_write what, turn& in);
    group_value to_value(std::map<std::string, chronik::shared_bytes, std::less<>> const& assignments,
                         std::int64_t wall_ms) const;
    join_answer joined(member const& one, bool with_members) const;
    sync_answer synced(member const& one) const;
    std::vector<wire::join_group::member> member_list() const;
    chronik::duration rebalance_timeout() const;
    void heard(member& one, turn const& in);
    void wake(chronik::time_point when) {
        if (when < wake_at_) wake_at_ = when;
    }

    std::string id_;
    group_state state_ = group_state::empty;
    std::int32_t generation_ = 0;
    std::string protocol_type_;
    std::string protocol_;
    std::optional<std::string> leader_;
    member_map members_;
    std::map<std::string, std::string, std::less<>> static_ids_;          ///< member id by instance
    std::map<std::string, chronik::time_point, std::less<>> pending_;     ///< ids given, until when
    std::set<std::string, std::less<>> not_synced_;                       ///< of this generation
    std::map<std::uint64_t, pending_write> writes_;

    chronik::time_point round_ends_ = chronik::never;
    chronik::duration initial_left_{};  ///< how much longer an empty group's first round may be put off
    bool initial_ = false;
    bool somebody_came_ = false;        ///< since the first round was last put off
    chronik::time_point sync_ends_ = chronik::never;
    chronik::time_point wake_at_ = chronik::never;
};

/// The answer to a join that fails.
join_answer refused_join(std::string member_id, wire::error_code why);
sync_answer refused_sync(wire::error_code why);

/// "client-0f8c...": what Kafka gives its members for names.
std::string new_member_id(std::string_view prefix, chronik::random& chance);

}  // namespace broker::groups
