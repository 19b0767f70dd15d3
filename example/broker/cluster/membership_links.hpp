// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cluster/node_addresses.hpp>
#include <metadata/image.hpp>

#include <chronik/raft/configuration.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace broker {

/// Which nodes this one is linked to: those of its settings, and those that the metadata have let in, until they have
/// left. Says what has to change; the transport does it.
///
/// Those of the settings stay whatever the metadata say, so that a node that was sent away and starts again is told so.
/// threads   the loop's; no I/O
class membership_links {
public:
    /// added   new ones, and those that are somewhere else now
    struct change {
        std::vector<node_address> added;
        std::vector<chronik::node_id> removed;

        bool empty() const { return added.empty() && removed.empty(); }
    };

    /// configured   from the settings: where they say that a node is, it is
    membership_links(chronik::node_id self, std::vector<node_address> const& configured) : self_(self) {
        for (auto const& each : configured) configured_.emplace(each.node, each);
    }

    /// All that are known before anything is applied.
    ///
    /// stored   what this node's disk says of others
    change begin(std::vector<node_address> const& stored) {
        change out;
        for (auto const& [node, address] : configured_) link(address, out);
        for (auto const& address : stored)
            if (is_other(address.node)) link(address, out);
        return out;
    }

    /// What another node is linked to, by metadata of that version: who was not here when somebody was let in may
    /// otherwise never hear whoever leads. It counts until this node's metadata are as new.
    change hear(std::vector<node_address> const& told, chronik::log_index version) {
        change out;
        for (auto const& address : told) {
            if (!is_place(address) || !is_other(address.node) || heard_.size() == metadata::brokers_max) continue;
            auto& until = heard_[address.node];
            until = std::max(until, version);
            if (!linked_.contains(address.node)) link(address, out);
        }
        return out;
    }

    /// members   of the metadata group: who has left and is one still is to hear that
    /// current   the image has all that was committed before this start. Until then nobody is dropped or moved: an old
    ///           image does not know who has come since
    change follow(metadata::image const& image, chronik::raft::configuration const& members, bool current) {
        change out;
        auto const wanted = wanted_by(image, members);
        for (auto const& [node, address] : wanted) {
            auto const known = linked_.find(node);
            bool const is_new = known == linked_.end();
            if (is_new || (current && !same_place(known->second, address))) link(address, out);
        }
        if (!current) return out;
        std::erase_if(heard_, [&](auto const& each) { return each.second <= image.version; });
        for (auto const& [node, address] : linked_)
            if (is_other(node) && !wanted.contains(node) && !heard_.contains(node)) out.removed.push_back(node);
        for (auto const node : out.removed) linked_.erase(node);
        return out;
    }

    /// Ascending.
    std::vector<node_address> all() const {
        std::vector<node_address> out;
        for (auto const& [node, address] : linked_) out.push_back(address);
        return out;
    }

private:
    using address_map = std::map<chronik::node_id, node_address>;

    bool is_other(chronik::node_id node) const { return node != self_ && !configured_.contains(node); }

    void link(node_address const& to, change& out) {
        linked_.insert_or_assign(to.node, to);
        out.added.push_back(to);
    }

    address_map wanted_by(metadata::image const& image, chronik::raft::configuration const& members) const {
        std::set<chronik::node_id> nodes;
        for (auto const& [node, broker] : image.brokers()) {
            bool const is_gone = broker.status == metadata::broker_state::decommissioned && !members.contains(node);
            if (!is_gone) nodes.insert(node);
        }
        for (auto const& [node, admitted] : image.admissions())
            if (image.find_broker(node) == nullptr && !admitted.revoked) nodes.insert(node);
        address_map wanted;
        for (auto const node : nodes) {
            if (!is_other(node)) continue;
            if (auto address = address_of(image, node)) wanted.emplace(node, *std::move(address));
        }
        return wanted;
    }

    chronik::node_id self_;
    address_map configured_;
    address_map linked_;
    std::map<chronik::node_id, chronik::log_index> heard_;  ///< until which version of the metadata that counts
};

}  // namespace broker
