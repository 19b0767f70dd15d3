// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cluster/controller.hpp>
#include <cluster/membership_links.hpp>
#include <cluster/metadata_log.hpp>
#include <cluster/node_addresses.hpp>
#include <composition.hpp>
#include <environment.hpp>
#include <log/log.hpp>
#include <partitions/directory.hpp>
#include <partitions/mover.hpp>
#include <partitions/signal.hpp>
#include <settings/settings.hpp>

#include <asio/awaitable.hpp>

#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace broker {

/// This node as a member of the cluster: it joins, says that it lives, follows the metadata, and changes it for others.
///
/// threads   the loop's
class cluster {
public:
    /// founders   the members that the metadata group began with; blank on a node that joins
    /// stored     what this node's disk says of the others
    struct parts {
        event_loop& loop;
        settings const& config;
        host& logs;
        environment::links& links;
        partitions::directory& partitions;
        chronik::raft::configuration founders;
        stored_nodes stored;
        std::function<void()> request_turn;
        /// The cluster has its id, now or since long: keep it, and refuse nodes of another.
        std::function<void(std::string const&)> know_cluster;
        /// This node cannot go on.
        std::function<void(std::string const&)> fatal;
    };

    cluster(parts use, std::uint64_t seed, std::uint64_t incarnation, logger log);

    /// Links this node to those that it knows, opens the metadata group and begins to join. errors   the storage's
    chronik::result<void> start(chronik::time_point now);

    /// The metadata as this node has applied it; immutable, so a request keeps one for its whole life.
    std::shared_ptr<metadata::image const> image() const;
    /// Fires when the image changes.
    partitions::signal& changed() { return changed_; }

    metadata_log& commands() { return commands_; }
    /// Partitions that a rebalance is to move when others have arrived; known to the metadata leader alone.
    std::size_t moves_waiting() const { return controller_.moves_waiting(); }
    /// Why a rebalance that is due has no plan; the same.
    std::string rebalance_refused() const { return controller_.rebalance_refused(); }
    /// The cluster has let this broker go: it holds nothing.
    bool is_decommissioned() const;
    /// In the metadata group, whether it has come yet or not; as this node knows it.
    bool is_member(chronik::node_id node) const;
    /// This node is a cluster that never grows.
    bool is_single_node() const { return use_.config.single_node; }
    /// The other nodes, ascending.
    std::vector<node_address> linked() const { return links_.all(); }
    chronik::node_id controller_node() const { return commands_.leader(); }
    /// What is still missing before clients are served; nothing: ready.
    std::vector<std::string> missing() const;
    bool ready() const { return settled_ && alive(); }
    /// Since its start this broker has learned who leads the partitions that it holds, or has waited long enough.
    bool settled() const { return settled_; }

    /// Waits until `holds(image)`, looking again whenever the metadata changes. False when the limit came first.
    asio::awaitable<bool> until(std::function<bool(metadata::image const&)> holds, chronik::duration limit);

    /// Waits until this node's image has all that was committed before the call. False: nobody could tell in time.
    asio::awaitable<bool> current(chronik::duration limit);

    /// Tells the cluster that this broker is about to stop: it gets no new partitions.
    asio::awaitable<void> announce_draining();

    /// Asks who leads a partition, by the metadata, to hand it over. Nobody hears of it if that one is not there.
    void ask_to_hand_over(metadata::partition const& led, chronik::node_id to);

    void on_event(chronik::raft::event const& happened);
    void on_applied();
    void on_command_applied(metadata::applied const& done);
    void on_control(chronik::node_id from, chronik::shared_bytes const& body);
    /// Leases, reports, and what else is looked at again and again.
    void look(chronik::time_point now);
    void stop() { stopping_ = true; }

private:
    metadata::machine const& machine() const;
    bool alive() const;
    void settle(chronik::time_point now);
    void begin_links();
    void keep_links(metadata::image const& image);
    void relink(membership_links::change const& to);
    void ask_nodes(metadata::image const& image, chronik::time_point now);
    void tell_nodes(chronik::node_id to, chronik::log_index version);
    void hear_nodes(control::known_nodes const& told);
    void keep_members(metadata::image const& image, chronik::time_point now);
    void hand_over(control::hand_over const& asked);
    asio::awaitable<void> join();
    asio::awaitable<void> live();
    asio::awaitable<void> report(std::vector<metadata::partition_update> updates);
    void move(metadata::image const& image, chronik::time_point now);
    asio::awaitable<void> report_moves(std::vector<metadata::finished_move> finished);

    parts use_;
    logger log_;
    metadata_log commands_;
    controller controller_;
    partitions::mover mover_;
    partitions::signal changed_;
    membership_links links_;
    chronik::log_index committed_before_;  ///< of the metadata, at the last look
    chronik::time_point next_question_{};
    std::uint64_t incarnation_;
    bool joined_ = false;     ///< registered, and everything before that is applied
    bool settled_ = false;
    chronik::time_point settled_by_ = chronik::never;
    bool reporting_ = false;
    bool reporting_moves_ = false;
    bool stopping_ = false;
    bool cluster_known_ = false;
    chronik::log_index heard_;  ///< the last command that was applied here, or a snapshot had
    std::vector<chronik::group_id> created_;  ///< by the commands of the round that is being applied
    std::vector<chronik::group_id> removed_;
    std::vector<metadata::uuid> reconfigured_;
    std::vector<chronik::group_id> moved_;
};

}  // namespace broker
