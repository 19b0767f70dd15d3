// SPDX-License-Identifier: Apache-2.0
#include "kv.hpp"

#include <chronik/net/awaitable_group.hpp>
#include <chronik/net/tcp_transport.hpp>
#include <chronik/posix/directory.hpp>
#include <chronik/posix/io_lanes.hpp>

#include <asio/co_spawn.hpp>
#include <asio/use_awaitable.hpp>

#include <cstdio>
#include <filesystem>

// A replicated key-value store on sockets and disks: three members in one process, on ports that the system gives.
// prints: put: 0, again: 0, anna is Karenina

using namespace chronik;
using journal_type = wal::journal<posix::directory>;
using bag_type = policies<use<slot::storage, journal_type&>, use<slot::transport, net::tcp_transport&>,
                          use_type<slot::machine, kv>, use<slot::executor, posix::io_lanes&>>;
using host_type = host<bag_type>;
constexpr wal::options small{.segment_bytes = 1 << 20, .staged_bytes_max = 1 << 19, .segments_max = 8, .groups_max = 8};

struct member {
    member(asio::io_context& loop, node_id self, std::string const& path)
        : files(*posix::directory::open_exclusive(path)), journal(*journal_type::open(files, small, self.value)),
          lanes([&loop](auto done) { asio::post(loop, std::move(done)); }), driver(loop),
          tcp(loop, self, {}, {driver.receiver(), driver.peer_watch(), {}}, self.value),
          node(self, bag_type{{journal}, {tcp}, {}, {lanes}}, {}, self.value, [this] { driver.request_turn(); }) {}
    posix::directory files;
    journal_type journal;
    posix::io_lanes lanes;
    net::host_driver<host_type> driver;
    net::tcp_transport tcp;
    host_type node;
};

asio::awaitable<void> talk(net::awaitable_group<host_type> group) {
    auto const hello = machine::session_commands::encode(machine::open_session{});
    auto const opened = co_await group.propose(*hello, asio::use_awaitable);
    machine::session_client client{opened.value->session, machine::session_limits{}.window};
    auto const once = client.number(*commands::encode(put{"anna", "Karenina"}), {});
    auto const first = co_await group.propose(once->payload, asio::use_awaitable);
    auto const again = co_await group.propose(once->payload, asio::use_awaitable);
    auto const anna = [](kv const& machine) { return machine.inner().get("anna"); };
    auto const found = co_await group.read(anna, asio::use_awaitable);
    std::printf("put: %d, again: %d, anna is %s\n", *first.value->value, *again.value->value, found.value->c_str());
}

int main() {
    std::string root = (std::filesystem::temp_directory_path() / "kv-XXXXXX").string();
    if (::mkdtemp(root.data()) == nullptr) return 1;
    asio::io_context loop;
    std::map<node_id, member> members;
    raft::configuration const all{.voters = {node_id{1}, node_id{2}, node_id{3}}, .learners = {}};
    for (node_id id : all.voters) {
        auto& made = members.try_emplace(id, loop, id, root + "/" + std::to_string(id.value)).first->second;
        if (!made.tcp.listen("127.0.0.1", 0)) return 1;
    }
    for (auto& [id, each] : members) {
        for (auto& [to, other] : members)
            if (to != id) each.tcp.add_peer({to, "127.0.0.1", other.tcp.port()});
        if (!each.node.open_group(group_id{1}, all, {}, id == node_id{1}, net::steady_now())) return 1;
        each.driver.drive(each.node);
    }
    member& leader = members.at(node_id{1});
    while (!leader.node.find(group_id{1})->is_leader()) loop.run_one();
    asio::co_spawn(loop, talk({leader.driver, group_id{1}}), [&](auto) { loop.stop(); });
    loop.run();
    std::filesystem::remove_all(root);
}
