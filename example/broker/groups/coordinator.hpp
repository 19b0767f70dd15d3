// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <groups/group.hpp>
#include <groups/stored_groups.hpp>
#include <wire/messages/delete_groups.hpp>
#include <wire/messages/list_groups.hpp>
#include <wire/messages/offset_delete.hpp>
#include <wire/messages/offset_fetch.hpp>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace broker::groups {

/// Whether a topic has this partition.
using partition_exists = std::function<bool(std::string const& topic, std::int32_t partition)>;

/// The groups of one partition of the offsets topic, on the broker that leads it. A pure state machine: requests, the
/// time and the outcome of writes go in; answers and writes come out of each turn.
///
/// Committed offsets are read from what is stored, so nothing shows that is not committed. A group without members
/// lives in its records alone.
/// threads   one
class coordinator {
public:
    /// stored   what the partition's log says; outlives this, and is applied to by its owner
    coordinator(stored_groups const& stored, chronik::time_point now);

    void join(wire::join_group::request const& asked, joiner const& who, ticket to, turn& in);
    void sync(wire::sync_group::request const& asked, ticket to, turn& in);
    wire::heartbeat::response heartbeat(wire::heartbeat::request const& asked, turn& in);
    wire::leave_group::response leave(wire::leave_group::request const& asked, wire::schema::version version, turn& in);

    /// An answer, and what has to be committed before it is true. Partitions with an error are in no record.
    template <class Response>
    struct plan {
        Response response;
        std::vector<log_record> records;
    };
    plan<wire::offset_commit::response> commit(wire::offset_commit::request const& asked,
                                               partition_exists const& exists, turn& in);
    plan<wire::offset_delete::response> delete_offsets(wire::offset_delete::request const& asked);
    plan<wire::error_code> delete_group(std::string const& group, turn& in);

    /// topics   nothing: all that the group has committed
    std::vector<wire::offset_fetch::topic_response> fetch(
        std::string_view group, std::optional<std::vector<wire::offset_fetch::topic_request>> const& topics) const;

    /// Nothing if there is no such group.
    std::optional<wire::describe_groups::group> describe(std::string_view group) const;
    void list(std::vector<wire::list_groups::group>& out) const;

    void written(std::string const& group, std::uint64_t token, wire::error_code outcome, turn& in);
    void tick(turn& in);
    /// This broker leads the partition no longer: everyone who waits is told.
    void resign(turn& in);

    /// Deletions of offsets whose time is over, and of topics that are gone. A group that is left with nothing goes.
    std::vector<log_record> expire(partition_exists const& exists, turn& in);

    chronik::time_point wake_at() const {
        return wakes_.empty() ? chronik::never : wakes_.begin()->first;
    }
    /// Groups by state; those that are only stored are empty.
    std::map<group_state, std::size_t> count() const;
    std::size_t members() const;

private:
    struct live_group {
        group state;
        chronik::time_point scheduled = chronik::never;
    };
    using group_map = std::map<std::string, live_group, std::less<>>;

    /// The live group, brought to life from its records. Null if there is none.
    group* find(std::string_view id, turn const& in);
    group& find_or_make(std::string const& id, turn const& in);
    /// After each step: schedules the group, or lets go of it.
    void settle(std::string_view id);
    wire::error_code check_join(wire::join_group::request const& asked, turn const& in);
    bool has_expired(stored_group const& stored, offset_value const& value, turn const& in) const;
    void expire_group(std::string const& id, stored_group const& stored, partition_exists const& exists,
                      turn const& in, std::vector<log_record>& out) const;

    stored_groups const* stored_;
    group_map groups_;
    std::set<std::pair<chronik::time_point, std::string>> wakes_;
};

/// What the log says of a group whose members nobody coordinates here.
wire::describe_groups::group describe_stored(std::string_view id, stored_group const& stored);

}  // namespace broker::groups
