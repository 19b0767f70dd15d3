// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/image.hpp>

#include <chronik/base/bytes.hpp>
#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/overloaded.hpp>
#include <chronik/net/tcp_options.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace broker {

using node_address = chronik::net::peer_address;

/// What was heard or read of a node, and was checked by nobody, names a place.
inline bool is_place(node_address const& of) {
    return of.node != chronik::no_node && !of.host.empty() && of.host.size() <= metadata::host_bytes_max &&
           of.port != 0;
}
inline bool same_place(node_address const& one, node_address const& other) {
    return one.host == other.host && one.port == other.port;
}

/// Where other nodes reach a node, by the metadata: an operator's word counts more than its own, which is meant for
/// clients first. Nothing if neither says it.
inline std::optional<node_address> address_of(metadata::image const& image, chronik::node_id node) {
    if (auto const* const admitted = image.find_admission(node))
        return node_address{node, admitted->host, admitted->rpc_port};
    auto const* const broker = image.find_broker(node);
    if (broker == nullptr || broker->rpc_port == 0) return std::nullopt;
    return node_address{node, broker->host, broker->rpc_port};
}

/// What the metadata on this node's disk says of other nodes: its snapshot, and the log behind it, committed or not. A
/// node that starts knows no more than that: what is committed it is told by the others, and for that they have to be
/// reached.
class stored_nodes {
public:
    /// Reads the whole log; payloads of other commands are not decoded.
    ///
    /// before   the snapshot's; blank without one
    /// errors   the storage's
    template <class Log>
    static chronik::result<stored_nodes> read(Log const& log, metadata::image const& before = {}) {
        stored_nodes found;
        found.take(before);
        for (auto at = log.first_index(); at <= log.last_index(); ++at) {
            auto const item = log.read(at);
            if (!item) return std::unexpected(item.error());
            if (item->kind == chronik::entry_kind::command && concerns_nodes(item->payload)) found.take(item->payload);
        }
        return found;
    }

    /// Ascending; those too that have left since.
    std::vector<node_address> all() const {
        auto known = registered_;
        for (auto const& [node, address] : admitted_) known.insert_or_assign(node, address);
        std::vector<node_address> out;
        for (auto const& [node, address] : known) out.push_back(address);
        return out;
    }
    std::vector<chronik::node_id> ids() const {
        std::vector<chronik::node_id> out;
        for (auto const& address : all()) out.push_back(address.node);
        return out;
    }
    /// The last word about it is that it is decommissioned.
    bool has_left(chronik::node_id node) const {
        auto const found = left_.find(node);
        return found != left_.end() && found->second;
    }

private:
    static bool concerns_nodes(chronik::shared_bytes const& payload) {
        chronik::byte_reader head{payload.view()};
        auto const id = head.number<std::uint16_t, std::endian::little>();
        return id == metadata::register_broker::id || id == metadata::admit_broker::id ||
               id == metadata::change_broker_status::id || id == metadata::change_membership::id;
    }

    void take(metadata::image const& known) {
        for (auto const& [node, broker] : known.brokers()) {
            node_address const at{node, broker.host, broker.rpc_port};
            if (is_place(at)) registered_.insert_or_assign(node, at);
            if (broker.status == metadata::broker_state::decommissioned) left_[node] = true;
        }
        for (auto const& [node, admitted] : known.admissions()) {
            node_address const at{node, admitted.host, admitted.rpc_port};
            if (is_place(at)) admitted_.insert_or_assign(node, at);
        }
    }

    void take(chronik::shared_bytes const& payload) {
        auto const command = metadata::command_set::decode(payload);
        // One that cannot be read stops the node when it is applied, which says why.
        if (!command) return;
        std::visit(chronik::overloaded{
                       [&](metadata::register_broker const& what) {
                           node_address const at{what.node, what.host, what.rpc_port};
                           if (is_place(at)) registered_.insert_or_assign(what.node, at);
                       },
                       [&](metadata::admit_broker const& what) {
                           node_address const at{what.node, what.host, what.rpc_port};
                           // Who is a broker by then is refused.
                           if (is_place(at) && !registered_.contains(what.node))
                               admitted_.insert_or_assign(what.node, at);
                       },
                       [&](metadata::change_broker_status const& what) {
                           if (what.status == metadata::broker_state::decommissioned) left_[what.node] = true;
                       },
                       [&](metadata::change_membership const& what) {
                           if (!what.leaves) left_[what.node] = false;
                       },
                       [](auto const&) {},
                   },
                   *command);
    }

    std::map<chronik::node_id, node_address> registered_;
    std::map<chronik::node_id, node_address> admitted_;
    std::map<chronik::node_id, bool> left_;
};

}  // namespace broker
