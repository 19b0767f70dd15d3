// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cluster/lots.hpp>
#include <cluster/placement.hpp>
#include <metadata/image.hpp>
#include <settings/settings.hpp>

#include <chronik/base/time.hpp>
#include <chronik/cluster/coordinator.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace broker {

/// What the metadata leader should do now for an even load; mostly nothing.
///
/// moves       to be proposed
/// emptied     brokers that leave and hold nothing any more: to be proposed as decommissioned
/// over        this rebalance has nothing left to do: to be proposed
/// handovers   to be asked of those that lead
/// refused     there is no answer for the brokers that there are
struct rebalance_step {
    std::vector<metadata::planned_move> moves;
    std::vector<chronik::node_id> emptied;
    std::optional<chronik::log_index> over;
    std::vector<chronik::cluster::handover> handovers;
    rebalance_refusal refused;

    bool proposes() const { return !moves.empty() || !emptied.empty() || over.has_value(); }
};

/// Looks whether replicas and leaders are where they should be, and says what is to be done about it.
///
/// A rebalance is due from the command that brought a broker or changed what it can hold, lets one leave, gave a topic
/// another policy, or asks for it, until the one that says that nothing is left to move: both are in the metadata, so
/// it neither begins by itself nor is forgotten, whoever leads. In between, the plan follows from the image alone. What
/// an operator moves by hand stays where it is until the next one is due.
/// threads   the loop's; no I/O
class rebalancer {
public:
    /// Leaders that are asked to hand over in one look.
    static constexpr std::size_t handovers_max = 1'000;
    /// What waits for room is planned anew when a quarter of the moves has arrived, or after this long when fewer have:
    /// each plan is the whole strategy's work.
    static constexpr chronik::duration plan_interval = std::chrono::seconds{1};

    explicit rebalancer(settings const& config)
        : moves_(config.auto_rebalance),
          moves_max_(config.rebalance_moves_max),
          leaders_(config.auto_leader_rebalance),
          leader_interval_(config.leader_rebalance_interval),
          strategy_(config.placement) {}

    /// This node has begun to lead the metadata group: it looks at everything anew, and lets leaders be for an
    /// interval.
    void reset(chronik::time_point now) {
        forget_plan();
        leaders_due_ = now + leader_interval_;
    }

    using voter_check = std::function<bool(chronik::node_id)>;

    /// Call it when the image has changed and several times a second, but not while a step is proposed and not
    /// applied.
    ///
    /// votes   who leaves is not let go while it votes on the metadata
    rebalance_step look(metadata::image const& image, voter_check const& votes, chronik::time_point now);
    /// A step could not be proposed: the next look takes it again.
    void forget_plan() { planned_at_ = {}; }
    /// Moves that wait for others to arrive, as of the last plan.
    std::size_t waiting() const { return waiting_; }
    /// Why there is none; of a rebalance that is due.
    rebalance_refusal const& refused() const { return refused_; }

private:
    bool has_reason(metadata::image const& image, chronik::time_point now) const;
    void plan(metadata::image const& image, voter_check const& votes, rebalance_step& step);
    /// False if nobody leaves who holds nothing.
    bool let_go(std::vector<chronik::node_id> emptied, voter_check const& votes, rebalance_step& step);
    std::vector<chronik::cluster::handover> displaced_leaders(metadata::image const& image) const;

    bool moves_;
    std::size_t moves_max_;
    bool leaders_;
    chronik::duration leader_interval_;
    chosen_placement strategy_;
    chronik::log_index planned_at_;   ///< of which image
    chronik::log_index planned_for_;  ///< which rebalance
    chronik::time_point next_plan_{};
    chronik::time_point leaders_due_{};
    std::size_t waiting_ = 0;
    rebalance_refusal refused_;
};

}  // namespace broker
