// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker_tags.hpp>
#include <metadata/error.hpp>
#include <metadata/image.hpp>

#include <utility>
#include <vector>

/// What the commands about brokers do to the metadata: who is known, alive, and stays. Meaning:
/// docs/formats/metadata_commands.md.
namespace broker::metadata {

namespace detail {

/// A process that starts again leads nothing; who is elected instead will say so. Until then clients are told that
/// there is no leader, and not the one that was.
inline void end_leaderships(image& of, node_id restarted) {
    std::vector<partition> ended;
    of.for_each_partition([&](partition const& each) {
        if (each.leader == restarted) ended.push_back(each);
    });
    for (partition& each : ended) {
        each.leader = chronik::no_node;
        of.set(std::move(each));
    }
}

inline bool holds_anything(image const& of, node_id node) {
    bool found = false;
    of.for_each_partition([&](partition const& each) { found = found || each.has_replica(node); });
    return found;
}

/// Of a node that has not come: it holds nothing and votes on nothing, so there is nothing to wait for.
inline error revoke(image& of, change_membership const& what) {
    admission const* const known = of.find_admission(what.node);
    if (!known) return error::unknown_broker;
    if (known->revoked == what.leaves) return error::none;
    admission changed = *known;
    changed.revoked = what.leaves;
    of.set(changed);
    return error::none;
}

/// With this start, other replicas belong on it than before.
inline bool stands_elsewhere(broker_info const& known, register_broker const& now) {
    return known.rack != now.rack || known.capacity != now.capacity || known.tags != now.tags;
}

inline void request_rebalance(image& of, log_index at) {
    of.balance.since = at;
    of.balance.asked = true;
}

}  // namespace detail

/// index   of the command
inline error enrol(image& into, register_broker const& what, log_index index) {
    if (what.node == chronik::no_node || what.host.empty() || what.host.size() > host_bytes_max ||
        what.rack.size() > rack_bytes_max || what.capacity == 0 || what.capacity > capacity_max ||
        !tags_problem(what.tags).empty())
        return error::invalid_request;
    broker_info const* const known = into.find_broker(what.node);
    if (known && known->status == broker_state::decommissioned) return error::decommissioned;
    if (known && what.incarnation == known->incarnation) return error::none;
    if (known && what.incarnation < known->incarnation) return error::stale_incarnation;
    admission const* const admitted = known ? nullptr : into.find_admission(what.node);
    if (admitted && admitted->revoked) return error::decommissioned;
    if (!known && into.brokers().size() >= brokers_max) return error::limit_reached;
    bool const leaving = known && known->leaving;
    bool const replaced = known && known->replaced;
    bool const is_other = !known || detail::stands_elsewhere(*known, what);
    if (known) detail::end_leaderships(into, what.node);
    if (is_other) into.balance.since = index;
    into.set(broker_info{what.node, what.incarnation, what.host, what.kafka_port, what.http_port, what.rack,
                         what.feature_level, broker_state::starting, index, leaving, what.rpc_port, what.capacity,
                         what.tags, replaced});
    return error::none;
}

/// index   of the command
inline error change_status(image& of, change_broker_status const& what, log_index index) {
    broker_info const* const known = of.find_broker(what.node);
    if (!known) return error::unknown_broker;
    if (what.incarnation != known->incarnation) return error::stale_incarnation;
    if (what.status == known->status) return error::none;
    // Starting is left behind by a new start of the process, and being decommissioned by an operator's word.
    if (!chronik::cluster::may_become(known->status, what.status)) return error::invalid_status;
    if (what.status == broker_state::decommissioned && (!known->leaving || detail::holds_anything(of, what.node)))
        return error::invalid_status;
    broker_info changed = *known;
    changed.status = what.status;
    // It has come back after all, and is to get its share again.
    if (what.status == broker_state::alive && std::exchange(changed.replaced, false)) of.balance.since = index;
    of.set(changed);
    return error::none;
}

/// index   of the command
inline error replace(image& in, replace_broker const& what, log_index index) {
    broker_info const* const known = in.find_broker(what.node);
    if (!known) return error::unknown_broker;
    if (what.incarnation != known->incarnation) return error::stale_incarnation;
    bool const is_away = known->status == broker_state::failed || known->status == broker_state::starting;
    if (!is_away) return error::invalid_status;
    if (known->replaced) return error::none;
    broker_info changed = *known;
    changed.replaced = true;
    in.set(changed);
    in.balance.since = index;
    return error::none;
}

/// Again with another address, before the node has come: that is where it is.
inline error admit(image& into, admit_broker const& what) {
    bool const is_address = !what.host.empty() && what.host.size() <= host_bytes_max && what.kafka_port != 0 &&
                            what.rpc_port != 0;
    if (what.node == chronik::no_node || !is_address) return error::invalid_request;
    if (broker_info const* const known = into.find_broker(what.node))
        return known->status == broker_state::decommissioned ? error::decommissioned : error::known_broker;
    if (!into.find_admission(what.node) && into.admissions().size() >= brokers_max) return error::limit_reached;
    into.set(admission{what.node, what.host, what.kafka_port, what.rpc_port, false});
    return error::none;
}

/// index   of the command
inline error let_leave(image& from, change_membership const& what, log_index index) {
    broker_info const* const known = from.find_broker(what.node);
    if (!known) return detail::revoke(from, what);
    if (known->leaving == what.leaves) return error::none;
    broker_info changed = *known;
    changed.leaving = what.leaves;
    // Its process may live, and be heard; or it has ended, and registers when it is started.
    if (known->status == broker_state::decommissioned) changed.status = broker_state::failed;
    from.set(changed);
    detail::request_rebalance(from, index);
    return error::none;
}

}  // namespace broker::metadata
