// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <vector>

namespace broker::partitions {

struct in_sync_limits {
    /// A follower that has not held everything committed for so long leaves the set.
    chronik::duration lag_time_max = std::chrono::seconds{10};
    /// A follower that has not answered for so long leaves at once: it is down, not slow.
    chronik::duration silence_max = std::chrono::milliseconds{1500};
};

/// The in-sync replicas of one partition, as its leader sees them: derived from what each follower has durably, not
/// from what was sent.
///
/// A follower joins when it holds all that was committed at the look before; it stays while that was so at some
/// time within lag_time_max.
/// threads   one
class in_sync_set {
public:
    explicit in_sync_set(in_sync_limits limits = {}) : limits_(limits) {}

    /// Before the first look after becoming leader: nobody else is known to be in sync.
    void reset() {
        peers_.clear();
        committed_before_ = chronik::log_index{};
    }

    /// One follower's state; call for each, then finish(). match is durable there.
    void look(chronik::node_id peer, chronik::log_index match, chronik::time_point last_contact,
              chronik::time_point now) {
        auto& known = peers_[peer];
        known.looked_at = true;
        bool const caught_up = match >= committed_before_ && match != chronik::log_index{};
        if (caught_up) known.caught_up_at = now;
        bool const silent = now - last_contact > limits_.silence_max;
        known.holds_all = caught_up && !silent && committed_before_ != chronik::log_index{};
        known.in_sync = !silent && (caught_up || (known.in_sync && now - known.caught_up_at <= limits_.lag_time_max));
    }

    /// returns   the set, the leader first, then by node
    std::vector<chronik::node_id> finish(chronik::node_id leader, chronik::log_index committed) {
        committed_before_ = committed;
        // Who is no member any more is not looked at.
        std::erase_if(peers_, [](auto const& each) { return !each.second.looked_at; });
        for (auto& [peer, known] : peers_) known.looked_at = false;
        std::vector<chronik::node_id> members{leader};
        for (auto const& [peer, known] : peers_) {
            if (known.in_sync) members.push_back(peer);
        }
        return members;
    }

    /// Those that hold all that was committed at the look before, and answer. Nobody at a leader's first look, when it
    /// does not know yet what is committed.
    std::vector<chronik::node_id> holding_all() const {
        std::vector<chronik::node_id> members;
        for (auto const& [peer, known] : peers_) {
            if (known.holds_all) members.push_back(peer);
        }
        return members;
    }

private:
    struct follower {
        chronik::time_point caught_up_at{};
        bool in_sync = false;
        bool holds_all = false;
        bool looked_at = false;
    };

    in_sync_limits limits_;
    std::map<chronik::node_id, follower> peers_;
    chronik::log_index committed_before_;
};

}  // namespace broker::partitions
