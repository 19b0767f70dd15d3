// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <archetypes/group_storage.hpp>

#include <chronik/net/host_driver.hpp>
#include <chronik/node/host.hpp>
#include <chronik/transport/loopback.hpp>

#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace net_test {

using namespace chronik;

/// What was said so far, joined.
struct chronicle {
    using result_type = std::string;
    std::string text{};
    result_type apply(entry const& command) { return text += command.payload.text(); }
};

/// Blocking work that does not block: done as soon as the loop comes round.
struct loop_executor {
    asio::io_context* loop;
    void run(task work, task finished) {
        asio::post(*loop, [work = std::move(work), finished = std::move(finished)]() mutable {
            work();
            finished();
        });
    }
    void run_in_background(task work, task finished) { run(std::move(work), std::move(finished)); }
};

/// A loopback that delivers when the loop comes round.
class loop_network {
public:
    explicit loop_network(asio::io_context& loop) : loop_(&loop) {}

    struct endpoint {
        loop_network* network;
        transport::loopback::endpoint inner;
        transport::send_result send(node_id to, transport::frame const& message) {
            auto const sent = inner.send(to, message);
            asio::post(*network->loop_, [network = network] { network->links_.deliver_one(); });
            return sent;
        }
    };
    endpoint attach(node_id node, transport::loopback::receiver receives) {
        return {this, links_.attach(node, std::move(receives))};
    }

private:
    asio::io_context* loop_;
    transport::loopback links_;
};

using loop_policies =
    policies<use<slot::storage, archetypes::group_storage&>, use<slot::transport, loop_network::endpoint>,
             use_type<slot::machine, chronicle>, use<slot::executor, loop_executor>>;
using loop_host = host<loop_policies>;

/// Hosts of one group on one real loop; real time, quick timeouts.
struct asio_hosts {
    static constexpr group_id group{7};

    struct member {
        explicit member(asio::io_context& loop) : driver(loop) {}
        archetypes::group_storage storage;
        net::host_driver<loop_host> driver;
        std::unique_ptr<loop_host> host;
    };

    asio::io_context& loop;
    loop_network network{loop};
    std::map<std::uint32_t, std::unique_ptr<member>> members;

    explicit asio_hosts(asio::io_context& on, std::uint32_t count) : loop(on) {
        raft::configuration everyone;
        for (std::uint32_t id = 1; id <= count; ++id) everyone.voters.push_back(node_id{id});
        host_options options;
        options.raft.election_timeout_min = std::chrono::milliseconds{300};
        options.raft.election_timeout_max = std::chrono::milliseconds{600};
        options.raft.heartbeat_interval = std::chrono::milliseconds{50};
        for (std::uint32_t id = 1; id <= count; ++id) {
            auto& one = *(members[id] = std::make_unique<member>(loop));
            auto link = network.attach(node_id{id}, one.driver.receiver());
            loop_policies bag{use<slot::storage, archetypes::group_storage&>{one.storage},
                              use<slot::transport, loop_network::endpoint>{std::move(link)},
                              use_type<slot::machine, chronicle>{}, use<slot::executor, loop_executor>{{&loop}}};
            one.host = std::make_unique<loop_host>(node_id{id}, std::move(bag), options, id,
                                                   [&one] { one.driver.request_turn(); });
        }
        for (auto& [id, one] : members) {
            CHRONIK_ASSERT(one->host->open_group(group, everyone, {}, id == 1, net::steady_now()).has_value());
            one->driver.drive(*one->host);
        }
    }
    loop_host& host(std::uint32_t id) { return *members.at(id)->host; }
    net::host_driver<loop_host>& driver(std::uint32_t id) { return members.at(id)->driver; }
    bool leads(std::uint32_t id) { return host(id).find(group)->is_leader(); }
    void stop() {
        for (auto& [id, one] : members) one->driver.stop();
    }
};

}  // namespace net_test
