// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker_world/connection.hpp>
#include <broker_world/history.hpp>
#include <broker_world/world.hpp>
#include <cluster/rendezvous.hpp>
#include <environment.hpp>
#include <wire/api_table.hpp>
#include <wire/codec.hpp>
#include <wire/error_code.hpp>
#include <wire/headers.hpp>

#include <chronik/base/assert.hpp>
#include <chronik/base/bytes.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/base/random.hpp>
#include <chronik/base/shared_bytes.hpp>

#include <asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace broker::world {

/// A client as brokers see it: bytes of Kafka's protocol over a connection to each of them, and what Metadata says of
/// who leads what. Its clock is the world's.
///
/// threads   one for each world
class client {
public:
    client(world& in, std::string name, std::uint64_t seed)
        : world_(&in), name_(std::move(name)), chance_(seed),
          loop_(in.events(), chronik::testing::clock{}, world::wall_base) {}
    ~client() {
        for (auto const& [node, link] : links_) link->drop();
    }
    client(client const&) = delete;
    client& operator=(client const&) = delete;

    /// Who leads a partition, by the last answer to Metadata.
    struct leader {
        chronik::node_id node = chronik::no_node;
        std::int32_t epoch = -1;
    };

    event_loop& loop() { return loop_; }
    chronik::random& chance() { return chance_; }
    world& in() const { return *world_; }
    std::string const& name() const { return name_; }

    /// Asks one broker.
    ///
    /// returns   nothing if the connection was refused or lost, or no answer came within `limit`: then the connection
    ///           is given up, as clients do
    template <class Response, class Request>
    asio::awaitable<std::optional<Response>> ask(chronik::node_id at, Request const& asked, std::int16_t version,
                                                 chronik::duration limit) {
        co_return co_await ask_over<Response>(link_to(at), asked, version, limit);
    }
    /// The same over a connection from link_to(): what is asked over one arrives in order, or is lost with all that
    /// comes behind it.
    template <class Response, class Request>
    asio::awaitable<std::optional<Response>> ask_over(std::shared_ptr<connection> link, Request const& asked,
                                                      std::int16_t version, chronik::duration limit) {
        auto request = encode(asked, version);
        auto const expected = correlation_;
        if (!link) {
            // As long as it takes to hear that nobody listens.
            co_await pause(std::chrono::milliseconds{1});
            co_return std::nullopt;
        }
        auto const answer = std::make_shared<rendezvous<heard>>(loop_);
        send_over(*link, std::move(request), [answer](heard what) { answer->bring(std::move(what)); });
        auto const told = co_await answer->wait(limit);
        if (!told) link->drop();
        if (!told || !told->arrived) co_return std::nullopt;
        co_return decode<Response>(told->answer, Request::key, version, expected);
    }
    /// As ask(), for a request that has no answer. False if nobody listens.
    template <class Request>
    bool tell(chronik::node_id at, Request const& asked, std::int16_t version) {
        auto const link = link_to(at);
        auto request = encode(asked, version);
        if (!link) return false;
        send_over(*link, std::move(request), {});
        return true;
    }

    /// The connection to a broker, made if there is none. Nothing if nobody listens.
    std::shared_ptr<connection> link_to(chronik::node_id at) {
        auto& link = links_[at];
        if (!link || !link->is_open()) link = world_->connect(at, name_);
        if (!link) links_.erase(at);
        auto const found = links_.find(at);
        return found == links_.end() ? nullptr : found->second;
    }

    asio::awaitable<void> pause(chronik::duration limit) {
        timer rest{loop_};
        co_await rest.pause(limit);
    }
    /// Before trying again: up to this long, by chance.
    asio::awaitable<void> back_off(std::chrono::milliseconds most = std::chrono::milliseconds{200}) {
        co_await pause(std::chrono::milliseconds{chance_.between(1, static_cast<std::uint64_t>(most.count()))});
    }

    /// Asks any broker who leads this topic's partitions. False if it could not be learned now.
    asio::awaitable<bool> refresh(std::string topic) {
        wire::metadata::request asked;
        asked.topics.emplace().push_back({{}, topic});
        asked.allow_auto_topic_creation = false;
        auto const told = co_await ask<wire::metadata::response>(any_node(), asked, 9, request_limit);
        if (!told || told->topics.size() != 1 || told->topics[0].error != wire::error_code::none) co_return false;
        for (auto const& each : told->topics[0].partitions) {
            auto& known = leaders_[{topic, each.partition_index}];
            // An old word does not count over a newer one.
            if (each.leader_epoch < known.epoch) continue;
            known.epoch = each.leader_epoch;
            known.node = each.leader_id < 0 ? chronik::no_node
                                            : chronik::node_id{static_cast<std::uint32_t>(each.leader_id)};
        }
        co_return true;
    }
    /// no_node where nobody has said so yet.
    leader leader_of(place const& where) const {
        auto const found = leaders_.find(where);
        return found == leaders_.end() ? leader{} : found->second;
    }

    chronik::node_id any_node() {
        auto const& all = world_->nodes();
        return all[static_cast<std::size_t>(chance_.below(all.size()))];
    }

    static constexpr chronik::duration request_limit = std::chrono::seconds{3};

private:
    void send_over(connection& link, chronik::shared_bytes request, connection::told_type told) {
        // Now and then something on the way loses a connection that works.
        if (chance_.below(1'000) == 0) link.drop();
        link.ask(std::move(request), std::move(told));
    }

    template <class Request>
    chronik::shared_bytes encode(Request const& asked, std::int16_t version) {
        wire::request_header const header{Request::key, version, ++correlation_, name_};
        auto const framed = wire::frame_request(header, asked);
        // What clients of this world say, their versions can say.
        CHRONIK_ASSERT(framed.has_value());
        std::vector<std::byte> all;
        for (auto const& part : *framed) all.insert(all.end(), part.view().begin(), part.view().end());
        // The broker writes into the memory of a request, so each has its own.
        all.erase(all.begin(), all.begin() + wire::frame_prefix_bytes);
        return chronik::shared_bytes{std::move(all)};
    }

    template <class Response>
    std::optional<Response> decode(chronik::shared_bytes const& answer, std::int16_t key, std::int16_t version,
                                   std::int32_t expected) {
        std::size_t const header = wire::find_api(key)->response_header_version(version) >= 1 ? 5 : 4;
        bool const is_whole = answer.size() >= header;
        auto const correlation =
            is_whole ? chronik::load<std::int32_t, std::endian::big>(answer.data()) : std::int32_t{-1};
        if (correlation != expected) {
            world_->found().report("client " + name_ + ": an answer is not to what was asked");
            return std::nullopt;
        }
        auto decoded = wire::decode<Response>(answer.slice(header, answer.size() - header), version);
        if (decoded) return std::optional{std::move(*decoded)};
        world_->found().report("client " + name_ + ": an answer cannot be read: " + decoded.error().message());
        return std::nullopt;
    }

    world* world_;
    std::string name_;
    chronik::random chance_;
    event_loop loop_;
    std::map<chronik::node_id, std::shared_ptr<connection>> links_;
    std::map<place, leader> leaders_;
    std::int32_t correlation_ = 0;
};

}  // namespace broker::world
