// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/random.hpp>
#include <chronik/net/detail/inbound_link.hpp>
#include <chronik/net/detail/outbound_link.hpp>
#include <chronik/net/listener.hpp>
#include <chronik/net/tcp_options.hpp>
#include <chronik/transport/concepts.hpp>

#include <memory>
#include <string>
#include <utility>

namespace chronik::net {

/// Frames between the nodes of a cluster over TCP; a model of transport::transport.
///
/// Each node dials each of its peers and sends on the connection it dialled, so there are two between a pair, one
/// for each direction. A lost one is dialled again for ever; what was queued on it is lost, as a transport may.
///
///     tcp_transport tcp(loop, node_id{1}, cluster, {.on_frame = receive}, seed);
///     tcp.listen("0.0.0.0", 12092);
///     tcp.add_peer({node_id{2}, "broker-2", 12092});
///
/// threads   the loop's; the loop outlives it
class tcp_transport {
public:
    /// cluster   unknown_cluster until it is known
    /// seed      of the jitter between dials
    tcp_transport(asio::io_context& loop, node_id self, cluster_id cluster, tcp_handlers handlers, std::uint64_t seed,
                  tcp_options options = {})
        : state_(std::make_shared<detail::tcp_state>(loop, self, cluster, options, std::move(handlers))), chance_(seed),
          listener_(loop) {
        CHRONIK_ASSERT(self != no_node);
        CHRONIK_ASSERT(state_->handlers.on_frame != nullptr);
        CHRONIK_ASSERT(options.dial_backoff_min > duration::zero());
    }
    ~tcp_transport() { stop(); }
    tcp_transport(tcp_transport const&) = delete;
    tcp_transport& operator=(tcp_transport const&) = delete;

    /// errors   of the operating system, such as address in use
    result<void> listen(std::string const& address, std::uint16_t port) {
        auto const accepted = [state = state_](asio::ip::tcp::socket socket) {
            if (state->strangers.size() >= state->options.handshakes_max) return;  // the socket closes here
            std::make_shared<detail::inbound_link>(state, std::move(socket))->start();
        };
        auto const failed = [state = state_](std::error_code why) {
            state->tell_refused("whoever connects, until it can be taken", why.message());
        };
        return listener_.listen(address, port, accepted, failed);
    }
    std::uint16_t port() const { return listener_.port(); }

    /// Begins to dial it and accepts it from now on; a peer that is known already is moved to the new address.
    void add_peer(peer_address address) {
        CHRONIK_ASSERT(address.node != no_node);
        CHRONIK_ASSERT(address.node != state_->self);
        CHRONIK_ASSERT(!state_->stopped);
        remove_peer(address.node);
        auto const peer = std::make_shared<detail::tcp_peer>();
        peer->address = std::move(address);
        peer->out = std::make_shared<detail::outbound_link>(state_, peer, chance_());
        state_->peers[peer->address.node] = peer;
        peer->out->dial();
    }

    void remove_peer(node_id node) {
        auto const found = state_->peers.find(node);
        if (found == state_->peers.end()) return;
        auto const peer = found->second;
        state_->peers.erase(found);
        disconnect(*peer);
    }

    /// The cluster has become known: connections to nodes of another one are closed and will be refused.
    void set_cluster(cluster_id const& cluster) {
        state_->cluster = cluster;
        for (auto const& [node, peer] : state_->peers) {
            if (peer->in && !same_cluster(peer->in->cluster(), cluster)) std::exchange(peer->in, nullptr)->close();
            if (peer->out->up() && !same_cluster(peer->out->cluster(), cluster))
                peer->out->drop(std::string(explain(hello_status::wrong_cluster)));
        }
    }

    transport::send_result send(node_id to, transport::frame const& message) {
        auto const found = state_->peers.find(to);
        if (found == state_->peers.end()) return transport::send_result::unreachable;
        return found->second->out->send(message);
    }

    bool connected(node_id to) const {
        auto const found = state_->peers.find(to);
        return found != state_->peers.end() && found->second->out->up();
    }

    /// Of a peer that was added; zeros for another.
    peer_metrics metrics(node_id peer) const {
        auto const found = state_->peers.find(peer);
        return found == state_->peers.end() ? peer_metrics{} : found->second->metrics;
    }

    /// Closes everything; no handler runs any more. What is queued is lost.
    void stop() {
        state_->stopped = true;
        listener_.stop();
        while (!state_->strangers.empty()) (*state_->strangers.begin())->close();
        while (!state_->peers.empty()) remove_peer(state_->peers.begin()->first);
    }

private:
    static void disconnect(detail::tcp_peer& peer) {
        std::exchange(peer.out, nullptr)->stop();
        if (auto const in = std::exchange(peer.in, nullptr)) in->close();
    }

    std::shared_ptr<detail::tcp_state> state_;
    random chance_;
    listener listener_;
};

static_assert(transport::transport<tcp_transport>, "what slot::transport asks for");

}  // namespace chronik::net
