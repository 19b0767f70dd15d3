// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/image.hpp>

#include <chronik/base/time.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

namespace broker::metadata {

/// Who is alive, as the metadata leader sees it. Leases, not promises: what it finds out is proposed as a command, and
/// true once that has committed. Time is an input.
class liveness {
public:
    struct change {
        node_id node;
        std::uint64_t incarnation = 0;
        broker_state status = broker_state::starting;

        bool operator==(change const&) const = default;
    };

    /// lease   without a heartbeat for so long a broker has failed
    explicit liveness(chronik::duration lease) : lease_(lease) {}

    /// On becoming leader: heartbeats went to the one before, so everyone starts with a full lease.
    void reset(image const& now, chronik::time_point time) {
        seen_.clear();
        away_.clear();
        for (auto const& [node, broker] : now.brokers())
            seen_[node] = {broker.incarnation, time + lease_, false, broker_state::starting, {}};
    }

    /// ready   the broker says that it can serve; before that it is not made Alive
    void heartbeat(node_id node, std::uint64_t incarnation, bool ready, chronik::time_point time) {
        auto const found = seen_.find(node);
        // Strangers beyond this are not remembered: the map stays about as large as the registry.
        if (found == seen_.end() && seen_.size() >= 2 * brokers_max) return;
        mark& known = seen_[node];
        if (incarnation < known.incarnation) return;
        if (incarnation > known.incarnation) known = {};
        known.incarnation = incarnation;
        known.until = std::max(known.until, time + lease_);
        known.ready = ready;
        known.lapsed = false;
    }

    /// What should be proposed now. A change that was proposed is proposed again only after half a lease.
    std::vector<change> expire(image const& now, chronik::time_point time) {
        std::erase_if(seen_, [&](auto const& each) {
            return each.second.until <= time && !now.find_broker(each.first);
        });
        std::vector<change> out;
        for (auto const& [node, broker] : now.brokers()) {
            if (is_away(broker) && broker.stays()) away_.try_emplace(node, time, time);
            else away_.erase(node);
            mark& known = seen_.try_emplace(node, mark{broker.incarnation, time + lease_, false, {}, {}}).first->second;
            // A restarted broker's registration is on its way; nothing can be said of the start before.
            if (known.incarnation > broker.incarnation) continue;
            if (known.incarnation < broker.incarnation) known = {broker.incarnation, time + lease_, false, {}, {}};
            broker_state const due = status_due(broker, known, time);
            if (due == broker.status) { known.asked = broker_state::starting; continue; }
            if (known.asked == due && time < known.asked_at + lease_ / 2) continue;
            known.asked = due;
            known.asked_at = time;
            out.push_back({node, broker.incarnation, due});
        }
        return out;
    }

    /// Who has been away for this long, as far as expire() of this leader has seen, and is to go on holding what it
    /// holds. A start that does not get as far as being alive is no return.
    std::vector<node_id> overdue(image const& now, chronik::time_point time, chronik::duration grace) const {
        std::vector<node_id> out;
        for (auto const& [node, since] : away_) {
            auto const* const broker = now.find_broker(node);
            bool const is_so = broker != nullptr && is_away(*broker) && broker->stays();
            if (is_so && time >= since.begin + grace && time >= since.next) out.push_back(node);
        }
        return out;
    }
    /// It is not named again before this.
    void put_off(node_id node, chronik::time_point until) {
        if (auto const found = away_.find(node); found != away_.end()) found->second.next = until;
    }

    /// When expire() may next have something to say; a heartbeat may give it something at once.
    chronik::time_point wake_at() const {
        chronik::time_point soonest = chronik::never;
        for (auto const& [node, known] : seen_) {
            if (known.asked != broker_state::starting) soonest = std::min(soonest, known.asked_at + lease_ / 2);
            else if (!known.lapsed) soonest = std::min(soonest, known.until);
        }
        return soonest;
    }

private:
    /// asked   the status that was proposed last; starting: none
    struct mark {
        std::uint64_t incarnation = 0;
        chronik::time_point until{};
        bool ready = false;
        broker_state asked = broker_state::starting;
        chronik::time_point asked_at{};
        bool lapsed = false;  // its end has been acted upon
    };

    struct absence {
        chronik::time_point begin;
        chronik::time_point next;
    };

    static bool is_away(broker_info const& broker) {
        return broker.status == broker_state::failed || broker.status == broker_state::starting;
    }

    static broker_state status_due(broker_info const& broker, mark& known, chronik::time_point time) {
        known.lapsed = known.until <= time;
        switch (broker.status) {
            case broker_state::starting:
            case broker_state::failed: return !known.lapsed && known.ready ? broker_state::alive : broker.status;
            case broker_state::alive:
            case broker_state::draining: return known.lapsed ? broker_state::failed : broker.status;
            case broker_state::decommissioned: return broker.status;
        }
        return broker.status;
    }

    chronik::duration lease_;
    std::map<node_id, mark> seen_;
    std::map<node_id, absence> away_;
};

}  // namespace broker::metadata
