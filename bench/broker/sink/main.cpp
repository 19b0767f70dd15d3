// SPDX-License-Identifier: Apache-2.0
#include <broker/sink/server.hpp>

#include <CLI/CLI.hpp>
#include <asio/signal_set.hpp>
#include <nlohmann/json.hpp>

#include <csignal>
#include <cstdio>
#include <exception>

namespace {

nlohmann::json describe(sink::ledger const& received) {
    nlohmann::json topics = nlohmann::json::object();
    sink::tally sum;
    for (auto const& [name, topic] : received.topics) {
        for (auto const& each : topic.partitions) {
            topics[name].push_back(each.records);
            sum.records += each.records;
            sum.batches += each.batches;
            sum.bytes += each.bytes;
        }
    }
    return {{"connections", received.connections},
            {"requests", received.requests},
            {"produce_requests", received.produce_requests},
            {"received_bytes", received.received_bytes},
            {"records", sum.records},
            {"batches", sum.batches},
            {"batch_bytes", sum.bytes},
            {"topics", topics}};
}

}  // namespace

/// Runs until SIGTERM or SIGINT; then says what was received. 1: the port could not be had, or accepting failed.
int main(int count, char** words) {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    CLI::App app{"A server for Kafka's producers that counts what it receives and stores nothing."};
    app.add_option("--host", host, "the address to listen on, and to tell clients")->capture_default_str();
    app.add_option("--port", port, "0: any that is free")->capture_default_str();
    CLI11_PARSE(app, count, words);
    try {
        asio::io_context loop{1};
        sink::server server{loop, host, port};
        asio::signal_set stops{loop, SIGTERM, SIGINT};
        stops.async_wait([&loop](std::error_code, int) { loop.stop(); });
        server.start();
        std::printf("listening on %s:%u\n", server.where().host.c_str(), server.where().port);
        std::fflush(stdout);
        loop.run();
        std::printf("%s\n", describe(server.received()).dump().c_str());
        return 0;
    } catch (std::exception const& error) {
        std::fprintf(stderr, "broker-sink: %s\n", error.what());
        return 1;
    }
}
