// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/detail/changing.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace chronik::raft::detail {

// How newcomers become voters without the group having to wait for them: they learn the log first. That they are meant
// to vote is in the log, so whoever leads goes on with it; who has to leave for them is known to this leader alone.
// source   thesis section 4.2.1

template <log_view Store>
bool has_caught_up(member<Store> const& my, progress const& peer, time_point now) {
    bool const is_there = now - peer.last_contact < my.settings.election_timeout_min;
    bool const is_fast = peer.rounds && peer.rounds->is_fast();
    if (!is_there || peer.state != progress::mode::replicate || !is_fast) return false;
    if (!peer.doubt.counts()) return false;
    std::size_t const most = my.settings.promotion_lag_bytes_max;
    if (my.log.last_index() - peer.match > most / entry_overhead_bytes) return false;
    std::size_t lacking = 0;
    auto const read = my.log.for_each_entry(peer.match + 1, my.log.last_index(), [&](auto&& item) {
        lacking += cost_of(item);
        return lacking <= most;
    });
    return read && lacking <= most;
}

/// Those among `meant` that count as voters without anybody having to wait for them.
template <log_view Store>
std::vector<node_id> caught_up(member<Store> const& my, std::vector<node_id> const& meant, time_point now) {
    if (my.settings.new_voters == promotion::at_once) return meant;
    std::vector<node_id> found;
    for (node_id const node : meant) {
        progress const* const peer = my.lead->find(node);
        if (peer != nullptr && has_caught_up(my, *peer, now)) found.push_back(node);
    }
    return found;
}

/// The voters of `target` that are none yet, and have payloads to learn.
inline std::vector<node_id> newcomers(configuration const& from, configuration const& target) {
    std::vector<node_id> found;
    for (node_id const node : target.voters) {
        if (!configuration::holds(from.voters, node) && !target.is_witness(node)) found.push_back(node);
    }
    return found;
}

/// On the way to `target`: the same voters, and those that come learn.
inline configuration with_learners(configuration const& from, configuration const& target,
                                   std::vector<node_id> const& coming) {
    configuration next = target;
    next.voters = from.voters;
    next.witnesses = from.witnesses;
    next.learners.insert(next.learners.end(), coming.begin(), coming.end());
    next.promoting.insert(next.promoting.end(), coming.begin(), coming.end());
    auto const votes = [&](node_id node) { return configuration::holds(from.voters, node); };
    std::erase_if(next.learners, votes);
    std::erase_if(next.promoting, votes);
    return normalized(std::move(next));
}

template <log_view Store>
result<accepted> change_members(member<Store>& my, configuration target, time_point now, effects& out) {
    if (auto const refused = why_not_change(my, target)) return failure(*refused);
    target = normalized(std::move(target));
    auto const coming = newcomers(my.members(), target);
    if (caught_up(my, coming, now).size() != coming.size()) {
        configuration next = with_learners(my.members(), target, coming);
        if (!is_valid(next)) return failure(errc::out_of_range);
        my.lead->planned = std::move(target);
        return append_configuration(my, std::move(next), now, out);
    }
    my.lead->planned.reset();
    return begin_change(my, std::move(target), now, out);
}

/// A learner has answered, or a change is over: goes on with what was asked for, if it is time.
template <log_view Store>
void promote_who_has_caught_up(member<Store>& my, time_point now, effects& out) {
    if (!my.leads() || my.members().promoting.empty() || !may_change(my)) return;
    auto const ready = caught_up(my, my.members().promoting, now);
    if (my.lead->planned) {
        auto const coming = newcomers(my.members(), *my.lead->planned);
        if (!std::ranges::includes(ready, coming)) return;
        configuration target = std::move(*my.lead->planned);
        my.lead->planned.reset();
        begin_change(my, std::move(target), now, out);
        return;
    }
    if (ready.empty()) return;
    configuration next = my.members();
    next.voters.insert(next.voters.end(), ready.begin(), ready.end());
    auto const votes = [&](node_id node) { return configuration::holds(ready, node); };
    std::erase_if(next.learners, votes);
    std::erase_if(next.promoting, votes);
    next = normalized(std::move(next));
    // With as many voters as there may be, the others go on learning.
    if (is_valid(next)) begin_change(my, std::move(next), now, out);
}

}  // namespace chronik::raft::detail
