// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/net/hello.hpp>
#include <chronik/net/tcp_options.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace chronik::net::detail {

class outbound_link;
class inbound_link;

struct tcp_peer {
    peer_address address;
    std::shared_ptr<outbound_link> out;
    std::shared_ptr<inbound_link> in;
    peer_metrics metrics;
};

/// What the transport and its connections share; a connection's last handler may run after the transport is gone.
struct tcp_state {
    tcp_state(asio::io_context& io, node_id own, cluster_id own_cluster, tcp_options chosen, tcp_handlers callbacks)
        : loop(io), self(own), cluster(own_cluster), options(chosen), handlers(std::move(callbacks)) {}

    asio::io_context& loop;
    node_id self;
    cluster_id cluster;
    tcp_options options;
    tcp_handlers handlers;
    std::map<node_id, std::shared_ptr<tcp_peer>> peers;
    std::set<std::shared_ptr<inbound_link>> strangers;  ///< accepted, but have not said who they are
    bool stopped = false;

    void tell_peer(node_id peer, peer_change change, std::string_view reason) {
        if (!stopped && handlers.on_peer) handlers.on_peer(peer, change, reason);
    }
    void tell_refused(std::string_view address, std::string_view reason) {
        if (!stopped && handlers.on_refused) handlers.on_refused(address, reason);
    }
};

inline std::string text_of(asio::ip::tcp::endpoint const& where) {
    std::string const host = where.address().to_string();
    return (where.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(where.port());
}

/// Small frames go at once, and a peer whose machine vanished is noticed although nothing says so.
inline void tune(asio::ip::tcp::socket& socket, tcp_options const& options) {
    std::error_code ignored;  // a socket without these still works
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    auto const set = [&socket](int name, std::chrono::nanoseconds value, std::chrono::nanoseconds unit) {
        int const number = static_cast<int>(std::max<std::chrono::nanoseconds::rep>(1, value / unit));
        ::setsockopt(socket.native_handle(), IPPROTO_TCP, name, &number, sizeof number);
    };
    using namespace std::chrono_literals;
    set(TCP_USER_TIMEOUT, options.silence_timeout, 1ms);
    set(TCP_KEEPIDLE, options.silence_timeout / 2, 1s);
    set(TCP_KEEPINTVL, options.silence_timeout / 4, 1s);
}

}  // namespace chronik::net::detail
