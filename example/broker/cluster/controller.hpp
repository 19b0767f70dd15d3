// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cluster/control_messages.hpp>
#include <cluster/metadata_log.hpp>
#include <cluster/rebalancer.hpp>
#include <composition.hpp>
#include <log/log.hpp>
#include <metadata/liveness.hpp>
#include <metadata/planner.hpp>
#include <settings/settings.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace broker {

/// What the leader of the metadata group does besides: it names the cluster, watches the brokers, decides where new
/// topics go, evens the load when brokers have come, empties those that leave, and replaces those that stay away. On
/// every other node it is idle.
///
/// Everything it decides is a command; nothing is remembered here that is not in the log, but who was heard when.
/// threads   the loop's
class controller {
public:
    /// Without a heartbeat for so long a broker counts as failed: several heartbeats may be lost before.
    static constexpr chronik::duration lease = std::chrono::seconds{2};

    struct hooks {
        /// Asks whoever leads the partition to hand it over.
        std::function<void(metadata::partition const&, chronik::node_id)> ask_to_hand_over;
        /// Whether a node votes in the metadata group.
        std::function<bool(chronik::node_id)> votes;
    };

    controller(settings const& config, metadata_log& commands, hooks use, std::uint64_t seed, logger log)
        : config_(&config),
          commands_(&commands),
          use_(std::move(use)),
          chance_(seed),
          log_(std::move(log)),
          leases_(lease),
          rebalancer_(config) {}

    /// This node has begun to lead, or no longer does.
    void lead(bool leads, metadata::image const& image, chronik::time_point now);
    bool leading() const { return leading_; }

    /// Decides where topics go and proposes that. Nothing while an earlier decision is not yet applied: the next one
    /// must see it.
    std::optional<control::answer> plan(control::plan_topics const& asked, metadata::image const& image);
    std::optional<control::answer> plan(control::plan_partitions const& asked, metadata::image const& image);

    void applied(metadata::applied const& done);
    void heard(chronik::node_id from, control::heartbeat const& beat, metadata::image const& image,
               chronik::time_point now);
    /// Looks for brokers whose lease has ended or begun; call it several times in each lease.
    void look(metadata::image const& image, chronik::time_point now);
    /// Takes the next step of a rebalance that is due; call it also whenever the image has changed.
    void rebalance(metadata::image const& image, chronik::time_point now);
    /// Moves that wait until others have arrived.
    std::size_t moves_waiting() const { return leading_ ? rebalancer_.waiting() : 0; }
    std::string rebalance_refused() const { return leading_ ? rebalancer_.refused().text : std::string{}; }

private:
    void replace_lost(metadata::image const& image, chronik::time_point now);
    void propose(rebalance_step const& step, metadata::image const& image);
    void say_why(rebalance_refusal const& refused, chronik::time_point now);
    void name_cluster(metadata::image const& image);
    template <class Plan>
    control::answer propose(Plan planned);

    settings const* config_;
    metadata_log* commands_;
    hooks use_;
    chronik::random chance_;
    logger log_;
    metadata::liveness leases_;
    rebalancer rebalancer_;
    std::optional<metadata::request_id> planning_;
    std::optional<metadata::request_id> rebalancing_;  ///< a step is proposed: the next plan must see it
    std::optional<metadata::request_id> replacing_;
    chronik::time_point next_word_{};                  ///< when it is said again why nothing can be moved
    bool leading_ = false;
};

}  // namespace broker
