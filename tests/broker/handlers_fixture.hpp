// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <log/log.hpp>
#include <server/broker.hpp>
#include <settings/settings.hpp>
#include <wire/batch_builder.hpp>
#include <wire/headers.hpp>

#include <chronik/base/bytes.hpp>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// A whole broker in this process, on free ports and a folder of its own, and clients that speak raw Kafka to it.
namespace broker::tests {

/// Two different ports that nobody listens on. Another process may still be faster to take one.
inline std::pair<std::uint16_t, std::uint16_t> free_ports() {
    asio::io_context loop;
    asio::ip::tcp::endpoint const any{asio::ip::make_address("127.0.0.1"), 0};
    asio::ip::tcp::acceptor one{loop, any};
    asio::ip::tcp::acceptor other{loop, any};
    return {one.local_endpoint().port(), other.local_endpoint().port()};
}

class running_broker {
public:
    /// more   settings beside those that every test has
    explicit running_broker(std::vector<std::string> more = {"--segment-bytes=8MiB"},
                            partitions::file_memory memory = memory_of_system())
        : settings_(std::move(more)), memory_(std::move(memory)), lines_({.level = log_level::error}) {
        std::string pattern = (std::filesystem::temp_directory_path() / "chronik_handlers_XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        std::string why;
        for (int tries = 0; tries < 10 && !node_; ++tries) why = open();
        if (!node_) throw std::runtime_error(why);
        thread_ = std::thread{[this] { exit_ = node_->run(); }};
    }
    ~running_broker() {
        stop();
        std::filesystem::remove_all(folder_);
    }

    /// The way a supervisor stops it.
    exit_code stop() {
        if (thread_.joinable()) {
            ::kill(::getpid(), SIGTERM);
            thread_.join();
            node_.reset();
        }
        return exit_;
    }

    std::uint16_t port() const { return port_; }

private:
    /// returns   why there is no node; empty if there is one
    std::string open() {
        auto const [kafka, http] = free_ports();
        port_ = kafka;
        std::vector<std::string> texts{"--bind-addr=127.0.0.1", "--advertised-addr=127.0.0.1",
                                       "--data-dir=" + folder_ + "/data", "--kafka-port=" + std::to_string(kafka),
                                       "--http-port=" + std::to_string(http), "--offsets-topic-partitions=3",
                                       "--group-initial-rebalance-delay=0ms"};
        texts.insert(texts.end(), settings_.begin(), settings_.end());
        std::vector<char const*> arguments;
        for (auto const& each : texts) arguments.push_back(each.c_str());
        auto asked = load_settings(arguments, {});
        if (!asked) return asked.error().text;
        auto opened = broker_node::open(asked->settings, lines_, memory_);
        if (!opened) return opened.error().text;
        node_ = std::move(*opened);
        return {};
    }

    std::vector<std::string> settings_;
    partitions::file_memory memory_;
    std::string folder_;
    std::uint16_t port_ = 0;
    log_writer lines_;
    std::unique_ptr<broker_node> node_;
    std::thread thread_;
    exit_code exit_ = exit_code::clean;
};

class raw_client {
public:
    explicit raw_client(std::uint16_t port) : socket_(loop_) {
        socket_.connect({asio::ip::make_address("127.0.0.1"), port});
    }

    template <class Request>
    void send(Request const& asked, std::int16_t version) {
        wire::request_header const header{Request::key, version, ++correlation_, "handlers_test"};
        auto const framed = wire::frame_request(header, asked);
        ASSERT_TRUE(framed) << framed.error().message();
        for (auto const& part : *framed) asio::write(socket_, asio::buffer(part.data(), part.size()));
    }
    void send_raw(std::vector<std::byte> const& bytes) { asio::write(socket_, asio::buffer(bytes)); }

    /// The answer to the oldest request without one; nothing if the connection was closed.
    template <class Response>
    std::optional<Response> receive(std::int16_t version, std::int16_t key) {
        auto const body = receive_bytes();
        if (!body) return std::nullopt;
        ++answered_;
        EXPECT_EQ((chronik::load<std::int32_t, std::endian::big>(body->data())), answered_);
        std::size_t const header = wire::find_api(key)->response_header_version(version) >= 1 ? 5 : 4;
        auto decoded = wire::decode<Response>(body->slice(header, body->size() - header), version);
        EXPECT_TRUE(decoded) << decoded.error().message();
        return decoded ? std::optional{std::move(*decoded)} : std::nullopt;
    }

    std::optional<chronik::shared_bytes> receive_bytes() {
        std::error_code failed;
        std::byte prefix[4];
        asio::read(socket_, asio::buffer(prefix), failed);
        if (failed) return std::nullopt;
        std::vector<std::byte> body(chronik::load<std::uint32_t, std::endian::big>(prefix));
        asio::read(socket_, asio::buffer(body), failed);
        if (failed) return std::nullopt;
        return chronik::shared_bytes{std::move(body)};
    }

    /// Whether the broker has said anything that was not received.
    bool hears() { return socket_.available() != 0; }

    template <class Response, class Request>
    std::optional<Response> ask(Request const& asked, std::int16_t version) {
        send(asked, version);
        return receive<Response>(version, Request::key);
    }

private:
    asio::io_context loop_;
    asio::ip::tcp::socket socket_;
    std::int32_t correlation_ = 0;
    std::int32_t answered_ = 0;
};

/// One broker for all tests of a suite, because starting one takes longer than any of them.
class handlers : public testing::Test {
protected:
    static void SetUpTestSuite() { begin(std::make_unique<running_broker>()); }
    static void begin(std::unique_ptr<running_broker> made) {
        broker_ = std::move(made);
        raw_client first{broker_->port()};
        wire::metadata::request nobody;
        nobody.topics.emplace().push_back({{}, "nobody_makes_this"});
        nobody.allow_auto_topic_creation = false;
        // Until it has joined its cluster, a broker does not say that something does not exist.
        auto const deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
        wire::error_code said = wire::error_code::none;
        while (said != wire::error_code::unknown_topic_or_partition && std::chrono::steady_clock::now() < deadline) {
            said = first.ask<wire::metadata::response>(nobody, 9)->topics.at(0).error;
        }
        ASSERT_EQ(said, wire::error_code::unknown_topic_or_partition) << "the broker did not become ready";
    }
    static void TearDownTestSuite() {
        if (!broker_) return;  // it could not be set up, which has been told
        EXPECT_EQ(broker_->stop(), exit_code::clean);
        broker_.reset();
    }

    handlers() : client(broker_->port()) {}

    static running_broker& broker() { return *broker_; }
    static std::uint16_t port() { return broker_->port(); }

    static wire::create_topics::request creation(std::string name, std::int32_t partitions = 1) {
        wire::create_topics::request asked;
        auto& topic = asked.topics.emplace_back();
        topic.name = std::move(name);
        topic.num_partitions = partitions;
        topic.replication_factor = 1;
        asked.timeout_ms = 20'000;
        return asked;
    }
    void create(std::string const& name, std::int32_t partitions = 1) {
        auto const made = client.ask<wire::create_topics::response>(creation(name, partitions), 7);
        ASSERT_TRUE(made && made->topics.size() == 1);
        ASSERT_EQ(made->topics[0].error, wire::error_code::none) << made->topics[0].error_message.value_or("");
    }

    static wire::produce::request production(std::string const& topic, std::optional<chronik::shared_bytes> records,
                                             std::int16_t acks = -1) {
        wire::produce::request asked;
        asked.acks = acks;
        asked.timeout_ms = 20'000;
        auto& named = asked.topics.emplace_back();
        named.name = topic;
        named.partitions.push_back({0, std::move(records)});
        return asked;
    }
    static chronik::shared_bytes bytes_of(wire::batch_builder const& batch) {
        return chronik::shared_bytes{batch.build()};
    }
    static chronik::shared_bytes one_record(std::string_view value = "v", std::int64_t time = 1000) {
        return bytes_of(wire::batch_builder{}.add("k", value, time));
    }
    wire::produce::partition_response produce(std::string const& topic, std::optional<chronik::shared_bytes> records,
                                              std::int16_t acks = -1) {
        auto const answer = client.ask<wire::produce::response>(production(topic, std::move(records), acks), 9);
        if (!answer || answer->topics.size() != 1) {
            ADD_FAILURE() << "no answer to a produce request";
            return {};
        }
        return answer->topics[0].partitions.at(0);
    }

    static wire::fetch::request fetching(std::string const& topic, std::int64_t offset, std::int32_t wait_ms = 0) {
        wire::fetch::request asked;
        asked.max_wait_ms = wait_ms;
        asked.min_bytes = 1;
        auto& named = asked.topics.emplace_back();
        named.name = topic;
        auto& partition = named.partitions.emplace_back();
        partition.fetch_offset = offset;
        partition.partition_max_bytes = 1 << 20;
        return asked;
    }
    wire::fetch::partition_response fetch(wire::fetch::request const& asked) {
        auto const answer = client.ask<wire::fetch::response>(asked, 11);
        if (!answer || answer->topics.size() != 1) {
            ADD_FAILURE() << "no answer to a fetch request";
            return {};
        }
        return answer->topics[0].partitions.at(0);
    }
    /// The bytes of fetched records, in one piece.
    static std::vector<std::byte> joined(wire::fetch::partition_response const& fetched) {
        return fetched.records ? fetched.records->flat() : std::vector<std::byte>{};
    }

    wire::list_offsets::partition_response offset_at(std::string const& topic, std::int64_t timestamp) {
        wire::list_offsets::request asked;
        asked.replica_id = -1;
        asked.topics.push_back({topic, {{0, -1, timestamp}}});
        auto const answer = client.ask<wire::list_offsets::response>(asked, 7);
        if (!answer) {
            ADD_FAILURE() << "no answer to a list offsets request";
            return {};
        }
        return answer->topics.at(0).partitions.at(0);
    }

    raw_client client;

private:
    static inline std::unique_ptr<running_broker> broker_;
};

}  // namespace broker::tests
