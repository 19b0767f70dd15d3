// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cluster/cluster.hpp>
#include <cluster/deadlines.hpp>
#include <composition.hpp>
#include <environment.hpp>
#include <groups/coordinator.hpp>
#include <groups/offsets_topic.hpp>
#include <log/log.hpp>
#include <partitions/directory.hpp>
#include <settings/settings.hpp>

#include <chronik/base/random.hpp>

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace broker::groups {

/// The coordinators of this node: one for each partition of the offsets topic that it leads.
///
/// Every replica keeps the groups as the log tells them, so whoever becomes the leader answers at once. What a
/// coordinator wants stored is proposed to its partition, and told when a quorum has it.
/// threads   the loop's
class service {
public:
    struct parts {
        event_loop& loop;
        settings const& config;
        host& logs;
        partitions::directory& partitions;
        cluster& members;
        deadlines& timeouts;
        std::function<void()> request_turn;
    };
    using join_done = std::move_only_function<void(join_answer)>;
    using sync_done = std::move_only_function<void(sync_answer)>;
    using stored_done = std::move_only_function<void(wire::error_code)>;

    service(parts use, std::uint64_t seed, logger log);
    /// Whoever still waits is dropped, and with that its connection closed.
    ~service();

    /// One partition of the offsets topic, while this node leads it.
    struct led_partition {
        chronik::group_id group;
        coordinator* groups;
    };
    /// The coordinator of a group.
    ///
    /// errors   not_coordinator: another node is, ask which; coordinator_load_in_progress: this one, in a moment
    std::expected<led_partition, wire::error_code> find(std::string_view group);
    /// All that this node coordinates; the error says that one of them is not ready.
    std::pair<std::vector<led_partition>, wire::error_code> find_all();

    void join(wire::join_group::request const& asked, joiner const& who, join_done done);
    void sync(wire::sync_group::request const& asked, sync_done done);

    /// Does one thing with a coordinator, and carries out what comes of it: work(coordinator, turn).
    template <class Work>
    auto with(led_partition const& where, Work&& work) {
        outputs out;
        turn in = turn_for(out);
        auto result = work(*where.groups, in);
        carry_out(where.group, std::move(out));
        return result;
    }

    /// Gets records committed. `done` is told once: none; coordinator_not_available when a quorum did not take them
    /// in time, and they may still commit; not_coordinator when this node leads no longer.
    void store(chronik::group_id group, std::vector<log_record> const& records, stored_done done);

    partition_exists existing() const;

    /// A role changed or something was applied.
    void look(chronik::group_id group);
    /// Sessions, rounds and offsets that have run out of time; drops what is no longer on this node.
    void sweep(chronik::time_point now);
    /// The node stops: whoever waits, or still asks, is sent to the next coordinator.
    void stop();

    struct totals {
        std::map<group_state, std::size_t> groups;
        std::size_t members = 0;
        std::size_t offsets = 0;
        std::uint64_t commits = 0;
        std::uint64_t generations = 0;
    };
    totals count() const;
    /// Committed offsets of the groups that are coordinated here: group, topic, partition, offset; so many at most.
    using visit_offset =
        std::function<void(std::string const&, std::string const&, std::int32_t, std::int64_t)>;
    void for_each_offset(std::size_t limit, visit_offset const& visit) const;
    void count_commits(std::size_t offsets) { commits_ += offsets; }

private:
    struct partition_state {
        std::shared_ptr<stored_groups> stored = std::make_shared<stored_groups>();
        std::unique_ptr<coordinator> live;
        chronik::log_term term;
    };
    struct waiting_write;

    partitions::machine::batch_listener listen(metadata::topic const& topic, metadata::partition const& partition);
    turn turn_for(outputs& out);
    void carry_out(chronik::group_id group, outputs out);
    void propose(partitions::replica const& target, std::span<log_record const> records,
                 std::shared_ptr<waiting_write> const& waiting);
    void tell(answer what);
    std::expected<led_partition, wire::error_code> lead(chronik::group_id group);
    void give_up(chronik::group_id group, partition_state& state);
    void expire_offsets();

    parts use_;
    logger log_;
    group_options options_;
    chronik::random chance_;
    std::unordered_map<chronik::group_id, partition_state> partitions_;
    std::unordered_map<ticket, join_done> joins_;
    std::unordered_map<ticket, sync_done> syncs_;
    ticket last_ticket_ = 0;
    std::uint64_t last_token_ = 0;
    chronik::time_point next_expiry_{};
    bool stopping_ = false;
    std::uint64_t commits_ = 0;
    std::uint64_t generations_ = 0;
};

}  // namespace broker::groups
