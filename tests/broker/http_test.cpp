// SPDX-License-Identifier: Apache-2.0
#include <admin/answers.hpp>
#include <admin/command_gate.hpp>
#include <admin/http.hpp>
#include <admin/metric_names.hpp>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace broker {
namespace {

using namespace std::chrono_literals;

struct running_server {
    explicit running_server(node_snapshot first = {}, http_options options = {})
        : snapshots(std::move(first)), server(http_server::start(std::move(options), snapshots)) {
        EXPECT_TRUE(server) << server.error().text;
    }

    httplib::Result get(char const* path) { return httplib::Client("127.0.0.1", server->port()).Get(path); }

    published<node_snapshot> snapshots;
    startup<http_server> server;
};

node_snapshot serving() {
    node_snapshot now;
    now.node = chronik::node_id{3};
    now.cluster_id = "c";
    now.phase = node_phase::running;
    return now;
}

TEST(http, ready_gives_reasons_until_the_node_serves_and_again_while_it_stops) {
    running_server http;

    auto const starting = http.get("/ready");
    node_snapshot now = serving();
    now.not_ready = {"quorum: 1 of 3 nodes connected", "metadata: not applied"};
    http.snapshots.set(now);
    auto const waiting = http.get("/readyz");
    http.snapshots.set(serving());
    auto const ready = http.get("/ready");
    now = serving();
    now.phase = node_phase::draining;
    http.snapshots.set(now);
    auto const stopping = http.get("/ready");

    ASSERT_TRUE(starting && waiting && ready && stopping);
    EXPECT_EQ(starting->status, 503);
    EXPECT_EQ(starting->body, "{\"ready\":false,\"phase\":\"starting\",\"reasons\":[\"starting\"]}\n");
    EXPECT_EQ(waiting->status, 503);
    EXPECT_EQ(waiting->body,
              "{\"ready\":false,\"phase\":\"running\",\"reasons\":[\"quorum: 1 of 3 nodes connected\","
              "\"metadata: not applied\"]}\n");
    EXPECT_EQ(ready->status, 200);
    EXPECT_EQ(ready->get_header_value("Content-Type"), "application/json");
    EXPECT_EQ(stopping->status, 503);
}

TEST(http, health_is_independent_of_readiness) {
    running_server http;

    EXPECT_EQ(http.get("/health")->status, 200);
    EXPECT_EQ(http.get("/livez")->body, "{\"status\":\"ok\"}\n");
}

TEST(http, a_running_node_whose_event_loop_is_silent_is_not_healthy) {
    chronik::time_point now{60s};
    http_options options;
    options.stale_after = 10s;
    options.monotonic = [&now] { return now; };
    node_snapshot snapshot = serving();
    snapshot.taken_at = chronik::time_point{50s};
    running_server http(snapshot, options);

    EXPECT_EQ(http.get("/health")->status, 200);
    now += 1s;
    auto const stalled = http.get("/health");
    EXPECT_EQ(stalled->status, 503);
    EXPECT_EQ(stalled->body, "{\"status\":\"stalled\",\"event_loop_silent_ms\":11000}\n");

    snapshot.phase = node_phase::starting;
    http.snapshots.set(snapshot);
    EXPECT_EQ(http.get("/health")->status, 200) << "recovery may take its time";
}

TEST(http, status_tells_who_the_node_is_and_the_facts) {
    node_snapshot now = serving();
    now.facts = {{"metadata_leader", std::int64_t{2}}, {"quorum", true}, {"note", std::string("a\xff")}};
    running_server http(now);

    std::string const body = http.get("/status")->body;

    EXPECT_NE(body.find("\"node\":3,\"cluster_id\":\"c\",\"phase\":\"running\",\"ready\":true"), std::string::npos)
        << body;
    EXPECT_NE(body.find("\"facts\":{\"metadata_leader\":2,\"quorum\":true,\"note\":\"a\xEF\xBF\xBD\"}"),
              std::string::npos);
}

TEST(http, metrics_are_prometheus_text) {
    node_snapshot now = serving();
    now.metrics.add(metrics::current_offset, std::uint64_t{42}, {{"topic", "a\"b\n"}, {"partition", "0"}});
    now.metrics.add(metrics::journal_syncs, std::uint64_t{7});
    now.metrics.add(metrics::current_offset, std::uint64_t{1} << 40, {{"topic", "c"}, {"partition", "1"}});
    now.metrics.add(metrics::journal_sync_seconds, histogram_value{{0.001, 0.01}, {5, 2}, 1, 0.25});
    running_server http(now);

    auto const scraped = http.get("/metrics");

    ASSERT_TRUE(scraped);
    EXPECT_EQ(scraped->status, 200);
    EXPECT_EQ(scraped->get_header_value("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_NE(scraped->body.find("# TYPE kafka_topic_partition_current_offset gauge\n"
                                 "kafka_topic_partition_current_offset{topic=\"a\\\"b\\n\",partition=\"0\"} 42\n"
                                 "kafka_topic_partition_current_offset{topic=\"c\",partition=\"1\"} 1099511627776\n"),
              std::string::npos)
        << scraped->body;
    EXPECT_NE(scraped->body.find("# TYPE chronik_journal_syncs_total counter\nchronik_journal_syncs_total 7\n"),
              std::string::npos);
    EXPECT_NE(scraped->body.find("chronik_journal_sync_duration_seconds_count 8\n"), std::string::npos);
    EXPECT_NE(scraped->body.find("_bucket{le=\"0.01\"} 7\n"), std::string::npos);
    EXPECT_NE(scraped->body.find("_bucket{le=\"+Inf\"} 8\n"), std::string::npos);
    EXPECT_NE(scraped->body.find("chronik_broker_ready 1\n"), std::string::npos);
    EXPECT_NE(scraped->body.find("process_resident_memory_bytes "), std::string::npos);
}

TEST(http, unknown_paths_and_methods_are_refused) {
    running_server http;

    EXPECT_EQ(http.get("/nothing")->status, 404);
    EXPECT_NE(http.get("/nothing")->body.find("/metrics"), std::string::npos);
    EXPECT_NE(httplib::Client("127.0.0.1", http.server->port()).Post("/health", "x", "text/plain")->status, 200);
}

TEST(http, a_port_in_use_is_an_error_that_names_it) {
    running_server first;
    http_options options;
    options.port = first.server->port();

    auto const second = http_server::start(options, first.snapshots);

    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, exit_code::configuration);
    EXPECT_EQ(second.error().text, "port " + std::to_string(options.port) +
                                       " (metrics, health and administration) is in use: set http_port / --http-port / "
                                       "CHRONIK_HTTP_PORT (kafka_port + 1000 unless set) to another");
}

TEST(http, an_address_of_another_machine_is_an_error_that_names_bind_addr) {
    published<node_snapshot> snapshots{node_snapshot{}};
    http_options options;
    options.address = "192.0.2.1";
    options.port = 10092;

    auto const server = http_server::start(options, snapshots);

    ASSERT_FALSE(server);
    EXPECT_NE(server.error().text.find("192.0.2.1 is not an address of this machine: set bind_addr"),
              std::string::npos);
}

TEST(http, it_stops_at_once_and_frees_its_port) {
    for (int round = 0; round < 20; ++round) {
        running_server http;
        http.server->stop();
        http.server->stop();

        http_options options;
        options.port = http.server->port();
        EXPECT_TRUE(http_server::start(options, http.snapshots));
    }
}

TEST(http, silent_connections_do_not_keep_others_from_being_answered) {
    running_server http(serving());
    std::vector<int> silent;
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(http.server->port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < 8; ++i) {
        silent.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        ASSERT_EQ(::connect(silent.back(), reinterpret_cast<sockaddr const*>(&to), sizeof to), 0);
    }

    httplib::Client client("127.0.0.1", http.server->port());
    client.set_read_timeout(30);
    auto const answer = client.Get("/ready");

    EXPECT_TRUE(answer && answer->status == 200);
    for (int const socket : silent) ::close(socket);
}

TEST(http, snapshots_are_replaced_while_they_are_read) {
    running_server http(serving());
    std::atomic<bool> ending = false;
    std::thread publisher([&] {
        for (std::uint64_t i = 0; !ending; ++i) {
            node_snapshot now = serving();
            now.metrics.add(metrics::journal_syncs, i);
            http.snapshots.set(std::move(now));
        }
    });

    for (int i = 0; i < 50; ++i) EXPECT_EQ(http.get("/metrics")->status, 200);

    ending = true;
    publisher.join();
}

TEST(http, the_cluster_is_told_from_the_snapshot) {
    node_snapshot now = serving();
    now.cluster.metadata_leader = chronik::node_id{2};
    auto& broker = now.cluster.brokers.emplace_back();
    broker.node = chronik::node_id{3};
    broker.state = "alive";
    broker.leaving = true;
    broker.replaced = true;
    broker.capacity = 4;
    broker.tags = {"ssd", "zone=a"};
    broker.replicas = 7;
    now.cluster.rebalance_due = true;
    now.cluster.refused = "t, chronik.placement: 'pin:ssd' leaves 0 brokers for 1 replica";
    now.cluster.moving = 1;
    now.cluster.moves = {{"t", 4, {chronik::node_id{1}, chronik::node_id{3}}, {chronik::node_id{1}}}};
    running_server http(now);

    auto const answer = http.get("/admin/status");

    ASSERT_TRUE(answer);
    auto const told = nlohmann::json::parse(answer->body);
    EXPECT_EQ(told["metadata_leader"], 2);
    EXPECT_EQ(told["brokers"][0]["node"], 3);
    EXPECT_EQ(told["brokers"][0]["state"], "alive");
    EXPECT_EQ(told["brokers"][0]["leaving"], true);
    EXPECT_EQ(told["brokers"][0]["replaced"], true);
    EXPECT_EQ(told["brokers"][0]["capacity"], 4);
    EXPECT_EQ(told["brokers"][0]["tags"], nlohmann::json::array({"ssd", "zone=a"}));
    EXPECT_EQ(told["brokers"][0]["replicas"], 7);
    EXPECT_EQ(told["rebalance"]["due"], true);
    EXPECT_EQ(told["rebalance"]["refused"], now.cluster.refused);
    EXPECT_EQ(told["moves"][0]["partition"], 4);
    EXPECT_EQ(told["moves"][0]["target"], nlohmann::json::array({1}));
}

/// A server that takes commands, and a loop that answers each as it is told to.
struct commanded {
    std::vector<admin::command> seen;
    admin::command_gate gate;
    running_server http;

    explicit commanded(std::function<std::optional<admin::reply>(admin::command const&)> answer,
                       chronik::duration limit = 10s)
        : gate(
              [this, answer](admin::command what, admin::command_gate::answered done) {
                  auto const told = answer(what);
                  seen.push_back(std::move(what));
                  if (told) done(*told);
              },
              limit),
          http(serving(), options()) {}

    http_options options() {
        http_options chosen;
        chosen.commands = &gate;
        return chosen;
    }
    httplib::Client client() { return httplib::Client("127.0.0.1", http.server->port()); }
};

TEST(http_commands, each_path_is_its_command_and_the_answer_is_the_loops) {
    commanded broker([](auto const&) { return admin::reply{202, "begun"}; });

    auto const leave = broker.client().Post("/admin/brokers/3/decommission");
    auto const stay = broker.client().Delete("/admin/brokers/4/decommission");
    auto const even = broker.client().Post("/admin/rebalance");
    auto const lead = broker.client().Post("/admin/partitions/a.b-c_9/12/transfer?to=5");

    for (auto const* each : {&leave, &stay, &even, &lead}) {
        ASSERT_TRUE(*each);
        EXPECT_EQ((*each)->status, 202);
        EXPECT_EQ((*each)->body, "{\"result\":\"begun\"}\n");
    }
    ASSERT_EQ(broker.seen.size(), 4U);
    EXPECT_EQ(std::get<admin::decommission>(broker.seen[0]).node, chronik::node_id{3});
    EXPECT_EQ(std::get<admin::keep>(broker.seen[1]).node, chronik::node_id{4});
    EXPECT_TRUE(std::holds_alternative<admin::rebalance>(broker.seen[2]));
    auto const& moved = std::get<admin::transfer>(broker.seen[3]);
    EXPECT_EQ(moved.topic, "a.b-c_9");
    EXPECT_EQ(moved.partition, 12U);
    EXPECT_EQ(moved.to, chronik::node_id{5});
}

TEST(http_commands, a_node_is_let_in_at_its_address) {
    commanded broker([](auto const&) { return admin::reply{202, "begun"}; });

    auto const derived = broker.client().Post("/admin/brokers/4?address=host-d:9392");
    auto const given = broker.client().Post("/admin/brokers/5?address=%5B::1%5D:9392:77");

    ASSERT_TRUE(derived && given);
    EXPECT_EQ(derived->status, 202) << derived->body;
    EXPECT_EQ(given->status, 202) << given->body;
    ASSERT_EQ(broker.seen.size(), 2U);
    auto const& four = std::get<admin::admit>(broker.seen[0]);
    EXPECT_EQ(four.node, chronik::node_id{4});
    EXPECT_EQ(four.host, "host-d");
    EXPECT_EQ(four.kafka_port, 9392);
    EXPECT_EQ(four.rpc_port, 12392);
    auto const& five = std::get<admin::admit>(broker.seen[1]);
    EXPECT_EQ(five.host, "::1");
    EXPECT_EQ(five.rpc_port, 77);
}

TEST(http_commands, an_address_that_is_none_is_refused_with_the_reason) {
    commanded broker([](auto const&) { return admin::reply{202, "begun"}; });

    for (auto const& [address, why] : {std::pair{"", "say where it is: ?address=HOST:KAFKA_PORT"},
                                       std::pair{"?address=", "say where it is"},
                                       std::pair{"?address=host", "has no Kafka port"},
                                       std::pair{"?address=host:0", "has a Kafka port that"},
                                       std::pair{"?address=host:9092:x", "has an RPC port that"},
                                       std::pair{"?address=ho%20st:9092", "has a host that"},
                                       std::pair{"?address=a:1,5@b:2", "give one address"},
                                       std::pair{"?address=0.0.0.0:9092", "no node can connect to 0.0.0.0"},
                                       std::pair{"?address=host:65000", "would be 65000 + 3000, above 65535"}}) {
        auto const answer = broker.client().Post(std::string{"/admin/brokers/4"} + address);
        ASSERT_TRUE(answer) << address;
        EXPECT_EQ(answer->status, 400) << address;
        EXPECT_NE(answer->body.find(why), std::string::npos) << answer->body;
    }
    auto const nobody = broker.client().Post("/admin/brokers/0?address=host:9092");
    ASSERT_TRUE(nobody);
    EXPECT_EQ(nobody->status, 400);
    EXPECT_TRUE(broker.seen.empty());
}

TEST(http_commands, what_is_no_command_does_not_reach_the_loop) {
    commanded broker([](auto const&) { return admin::reply{202, "begun"}; });

    for (char const* path : {"/admin/brokers/x/decommission", "/admin/brokers/-1/decommission",
                             "/admin/brokers/12345678901/decommission", "/admin/partitions/a%2Fb/0/transfer?to=1"}) {
        auto const answer = broker.client().Post(path, "", "text/plain");
        ASSERT_TRUE(answer) << path;
        EXPECT_EQ(answer->status, 404) << path;
    }
    for (char const* path : {"/admin/partitions/t/0/transfer", "/admin/partitions/t/0/transfer?to=",
                             "/admin/partitions/t/0/transfer?to=1x", "/admin/partitions/t/0/transfer?to=99999999999"}) {
        auto const answer = broker.client().Post(path);
        ASSERT_TRUE(answer) << path;
        EXPECT_EQ(answer->status, 400) << path;
    }
    EXPECT_EQ(broker.client().Get("/admin/rebalance")->status, 404);
    EXPECT_TRUE(broker.seen.empty());
}

TEST(http_commands, a_page_in_a_browser_is_refused) {
    commanded broker([](auto const&) { return admin::reply{202, "begun"}; });
    httplib::Headers const from_a_page{{"Origin", "http://127.0.0.1:8080"}};

    auto const answer = broker.client().Post("/admin/rebalance", from_a_page, "", "text/plain");

    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 403);
    EXPECT_TRUE(broker.seen.empty());
}

TEST(http_commands, a_refusal_of_the_loop_is_an_error) {
    commanded broker([](auto const&) { return admin::reply{409, "t-0 has 3 replicas"}; });
    auto const answer = broker.client().Post("/admin/brokers/3/decommission");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 409);
    EXPECT_EQ(answer->body, "{\"error\":\"t-0 has 3 replicas\"}\n");
}

TEST(http_commands, a_loop_that_does_not_answer_is_told_as_that_and_health_goes_on) {
    commanded broker([](auto const&) { return std::nullopt; }, 50ms);
    auto const answer = broker.client().Post("/admin/rebalance");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 504);
    EXPECT_EQ(broker.http.get("/health")->status, 200);
}

TEST(command_gate, only_so_many_wait_and_a_stop_sends_all_away) {
    std::atomic<std::size_t> delivered = 0;
    admin::command_gate gate([&](auto, auto) { ++delivered; }, 1h);
    std::vector<std::thread> waiting;
    std::atomic<int> sent_away = 0;
    for (std::size_t at = 0; at < admin::command_gate::waiting_max; ++at)
        waiting.emplace_back([&] { sent_away += gate.ask(admin::rebalance{}).status == 503 ? 1 : 0; });
    while (delivered < admin::command_gate::waiting_max) std::this_thread::yield();

    EXPECT_EQ(gate.ask(admin::rebalance{}).status, 503);
    EXPECT_EQ(delivered, admin::command_gate::waiting_max);
    gate.close();
    for (auto& each : waiting) each.join();

    EXPECT_EQ(sent_away, static_cast<int>(admin::command_gate::waiting_max));
    EXPECT_EQ(gate.ask(admin::rebalance{}).status, 503);
    EXPECT_EQ(delivered, admin::command_gate::waiting_max);
}

TEST(command_gate, an_answer_that_comes_too_late_is_no_harm) {
    admin::command_gate::answered late;
    {
        admin::command_gate gate([&](auto, auto done) { late = std::move(done); }, 1ms);
        EXPECT_EQ(gate.ask(admin::rebalance{}).status, 504);
    }
    late({200, "done"});
}

}  // namespace
}  // namespace broker
