// SPDX-License-Identifier: Apache-2.0
#include "counter.hpp"

#include <chronik/net/host_driver.hpp>
#include <chronik/net/tcp_transport.hpp>
#include <chronik/node/host.hpp>
#include <chronik/posix/directory.hpp>
#include <chronik/posix/io_lanes.hpp>
#include <chronik/wal/journal.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

// The same counter on sockets and disks: three members in one process, on ports that the system gives.
// prints: +1 makes 1
// prints: +20 makes 21
// prints: +300 makes 321
// prints: all three have 321

using namespace chronik;
using journal_type = wal::journal<posix::directory>;
using bag_type = policies<use<slot::storage, journal_type&>, use<slot::transport, net::tcp_transport&>,
                          use_type<slot::machine, counter>, use<slot::executor, posix::io_lanes&>>;
constexpr group_id counters{1};
constexpr wal::options small{.segment_bytes = 1 << 20, .staged_bytes_max = 1 << 19, .segments_max = 8, .groups_max = 8};

struct member {
    member(asio::io_context& loop, node_id self, std::string const& path)
        : files(*posix::directory::open_exclusive(path)), journal(*journal_type::open(files, small, self.value)),
          lanes([&loop](auto done) { asio::post(loop, std::move(done)); }), driver(loop),
          tcp(loop, self, {}, {[this](node_id from, std::uint8_t, shared_bytes body) {
                  node.on_frame(from, std::move(body), net::steady_now());
                  driver.request_turn();
              }, {}, {}}, self.value),
          node(self, bag_type{{journal}, {tcp}, {}, {lanes}},
               {}, self.value, [this] { driver.request_turn(); }) {}
    posix::directory files;
    journal_type journal;
    posix::io_lanes lanes;
    net::host_driver<host<bag_type>> driver;
    net::tcp_transport tcp;
    host<bag_type> node;
};

int main() {
    std::string root = (std::filesystem::temp_directory_path() / "counter-XXXXXX").string();
    if (::mkdtemp(root.data()) == nullptr) return 1;
    asio::io_context loop;
    std::vector<std::unique_ptr<member>> members;
    for (std::uint32_t id : {1U, 2U, 3U}) {
        members.push_back(std::make_unique<member>(loop, node_id{id}, root + "/" + std::to_string(id)));
        if (!members.back()->tcp.listen("127.0.0.1", 0)) return 1;
    }
    for (std::uint32_t to = 0; to < 3; ++to) {
        for (std::uint32_t from = 0; from < 3; ++from)
            if (from != to) members[from]->tcp.add_peer({node_id{to + 1}, "127.0.0.1", members[to]->tcp.port()});
        raft::configuration const all{.voters = {node_id{1}, node_id{2}, node_id{3}}, .learners = {}};
        if (!members[to]->node.open_group(counters, all, counter{}, to == 0, net::steady_now())) return 1;
        members[to]->driver.drive(members[to]->node);
    }
    member& leader = *members.front();
    while (!leader.node.find(counters)->is_leader()) loop.run_one();
    for (std::int64_t amount : {1, 20, 300}) {
        std::int64_t sum = -1;
        auto const told = [&](auto outcome) { sum = outcome.error ? 0 : *outcome.result; };
        if (!leader.node.propose(counters, *commands::encode(add{amount}), 0, acknowledge::committed, 0,
                                 net::steady_now(), told)) return 1;
        leader.driver.request_turn();
        while (sum == -1) loop.run_one();
        std::printf("+%d makes %d\n", static_cast<int>(amount), static_cast<int>(sum));
    }
    for (auto& each : members)
        while (each->node.find(counters)->machine.value != 321) loop.run_one();
    std::printf("all three have 321\n");
    std::filesystem::remove_all(root);
}
