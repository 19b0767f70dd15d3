// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cluster/control_messages.hpp>
#include <cluster/metadata_log.hpp>
#include <composition.hpp>
#include <log/log.hpp>
#include <metadata/liveness.hpp>
#include <metadata/planner.hpp>
#include <settings/settings.hpp>

#include <functional>
#include <memory>
#include <optional>

namespace broker {

/// What the leader of the metadata group does besides: it names the cluster, watches the brokers, and decides where new
/// topics go. On every other node it is idle.
///
/// Everything it decides is a command; nothing is remembered here that is not in the log, but who was heard when.
/// threads   the loop's
class controller {
public:
    /// Without a heartbeat for so long a broker counts as failed: several heartbeats may be lost before.
    static constexpr chronik::duration lease = std::chrono::seconds{2};

    controller(settings const& config, metadata_log& commands, std::uint64_t seed, logger log)
        : config_(&config), commands_(&commands), chance_(seed), log_(std::move(log)), leases_(lease) {}

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

private:
    void name_cluster(metadata::image const& image);
    template <class Plan>
    control::answer propose(Plan planned);

    settings const* config_;
    metadata_log* commands_;
    chronik::random chance_;
    logger log_;
    metadata::liveness leases_;
    std::optional<metadata::request_id> planning_;
    bool leading_ = false;
};

}  // namespace broker
