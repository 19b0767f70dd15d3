// SPDX-License-Identifier: Apache-2.0
#include <server/broker.hpp>

#include <metadata/placing.hpp>
#include <metadata/reassignment.hpp>

#include <chronik/base/overloaded.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>

/// What operators ask for over HTTP: looked at against an image that is current, committed like any other change.
namespace broker {

namespace {

using namespace std::chrono_literals;
using admin::reply;
using chronik::node_id;

/// A snapshot older than this means that the loop hangs.
constexpr chronik::duration loop_hang_time = 10s;
/// Together less than a client of the gate waits, so that it learns what this node knows.
constexpr chronik::duration current_limit = 3s;
constexpr chronik::duration commit_limit = 5s;
/// A handover takes a round trip; one that has not come by then does not come.
constexpr chronik::duration handover_limit = 3s;

reply came_of(change_outcome const& outcome, std::string done) {
    if (!outcome.applied) return {504, "it is not known whether it was committed: ask again"};
    if (outcome.applied->outcome != metadata::error::none)
        return {409, std::string{metadata::text(outcome.applied->outcome)}};
    return {202, std::move(done)};
}

/// An admission that was a mistake, or is one no more: who has not come holds nothing.
asio::awaitable<reply> change_admission(cluster& of, node_id node, bool leaves) {
    auto const done = fmt::format("node {} is {}admitted", node.value, leaves ? "not " : "");
    if (of.image()->find_admission(node)->revoked == leaves) co_return reply{200, done};
    metadata::change_membership command{{}, node, leaves};
    auto const outcome = co_await of.commands().submit(std::move(command), commit_limit);
    co_return came_of(outcome, done);
}

asio::awaitable<reply> change_membership(cluster& of, node_id node, bool leaves) {
    auto const image = of.image();
    auto const* const broker = image->find_broker(node);
    if (broker == nullptr) {
        if (image->find_admission(node) != nullptr) co_return co_await change_admission(of, node, leaves);
        co_return reply{404, fmt::format("there is no broker {}", node.value)};
    }
    if (broker->leaving == leaves)
        co_return reply{200, fmt::format("broker {} {}", node.value, leaves ? "leaves already" : "stays")};
    auto const why = leaves ? metadata::needed(*image, node) : std::string{};
    if (!why.empty()) co_return reply{409, why};
    metadata::change_membership command{{}, node, leaves};
    auto const outcome = co_await of.commands().submit(std::move(command), commit_limit);
    co_return came_of(outcome, fmt::format("broker {} {}", node.value,
                                           leaves ? "leaves: what it holds moves away" : "stays, and gets its share"));
}

/// Who is at this address already, in words; empty: nobody. The place of who has left is free.
std::string neighbour(cluster const& of, metadata::image const& image, admin::admit const& wanted) {
    auto const has_left = [&](node_id node) {
        auto const* const broker = image.find_broker(node);
        return broker != nullptr && broker->status == metadata::broker_state::decommissioned;
    };
    for (auto const& [node, broker] : image.brokers()) {
        bool const is_there = broker.host == wanted.host && broker.kafka_port == wanted.kafka_port;
        if (is_there && !has_left(node))
            return fmt::format("broker {} is at {}:{}", node.value, wanted.host, wanted.kafka_port);
    }
    for (auto const& other : of.linked()) {
        bool const is_there = other.host == wanted.host && other.port == wanted.rpc_port;
        if (is_there && other.node != wanted.node && !has_left(other.node))
            return fmt::format("node {} is at {}:{}", other.node.value, wanted.host, wanted.rpc_port);
    }
    return {};
}

/// Why the node cannot be let in; empty: it can.
std::string unwelcome(cluster const& of, metadata::image const& image, admin::admit const& wanted) {
    if (of.is_single_node()) return "this is a single node, which never becomes a cluster";
    if (auto const* const broker = image.find_broker(wanted.node)) {
        if (broker->status == metadata::broker_state::decommissioned)
            return fmt::format("broker {0} is decommissioned: DELETE /admin/brokers/{0}/decommission takes it back, a "
                               "new node takes a new number",
                               wanted.node.value);
        return fmt::format("broker {} {}", wanted.node.value, broker->leaving ? "leaves" : "is a member already");
    }
    if (image.find_admission(wanted.node) == nullptr && of.is_member(wanted.node))
        return fmt::format("node {} was a member when the cluster was formed: start it", wanted.node.value);
    return neighbour(of, image, wanted);
}

asio::awaitable<reply> admit(cluster& of, admin::admit wanted) {
    auto const image = of.image();
    if (auto const why = unwelcome(of, *image, wanted); !why.empty()) co_return reply{409, why};
    auto const done = fmt::format("node {} is admitted: it takes part once it is started with join = true",
                                  wanted.node.value);
    auto const* const known = image->find_admission(wanted.node);
    bool const is_so = known != nullptr && !known->revoked && known->host == wanted.host &&
                       known->kafka_port == wanted.kafka_port && known->rpc_port == wanted.rpc_port;
    if (is_so) co_return reply{200, done};
    metadata::admit_broker command{{}, wanted.node, wanted.host, wanted.kafka_port, wanted.rpc_port};
    auto const outcome = co_await of.commands().submit(std::move(command), commit_limit);
    co_return came_of(outcome, done);
}

asio::awaitable<reply> request_rebalance(cluster& of) {
    metadata::request_rebalance command{};
    auto const outcome = co_await of.commands().submit(std::move(command), commit_limit);
    co_return came_of(outcome, "a rebalance is due");
}

/// Why this broker cannot lead the partition; empty: it can.
std::string unfit(metadata::image const& image, metadata::partition const& led, node_id to) {
    auto const* const broker = image.find_broker(to);
    if (!metadata::holds(led.replicas, to)) return "it has no replica";
    if (!metadata::holds(led.isr, to)) return "its replica is not in sync";
    if (broker == nullptr || broker->status != metadata::broker_state::alive) return "it is not alive";
    return led.leader == chronik::no_node ? "there is no leader to hand over" : "";
}

asio::awaitable<reply> transfer(cluster& of, admin::transfer wanted) {
    auto const image = of.image();
    auto const* const topic = image->find_topic(wanted.topic);
    auto const* const found = topic == nullptr ? nullptr : image->find_partition(*topic, wanted.partition);
    if (found == nullptr) co_return reply{404, fmt::format("there is no {}-{}", wanted.topic, wanted.partition)};
    auto const led_by = [group = found->group](metadata::image const& now) {
        auto const* const one = now.find_partition(group);
        return one == nullptr ? chronik::no_node : one->leader;
    };
    auto const done = fmt::format("broker {} leads {}-{}", wanted.to.value, wanted.topic, wanted.partition);
    if (found->leader == wanted.to) co_return reply{200, done};
    if (auto const why = unfit(*image, *found, wanted.to); !why.empty())
        co_return reply{409, fmt::format("broker {} cannot lead: {}", wanted.to.value, why)};
    of.ask_to_hand_over(*found, wanted.to);
    std::function<bool(metadata::image const&)> leads = [&](auto const& now) { return led_by(now) == wanted.to; };
    if (co_await of.until(std::move(leads), handover_limit)) co_return reply{200, done};
    co_return reply{504, "it does not lead yet: ask again"};
}

asio::awaitable<reply> carry_out(cluster& of, admin::command what) {
    // Before this node counts as alive its image may be old.
    if (!of.ready()) co_return reply{503, "this broker has not joined its cluster yet: ask another"};
    // What another node has just answered counts here, too.
    if (!co_await of.current(current_limit)) co_return reply{503, "the metadata have no leader to ask: ask again"};
    if (auto const* const one = std::get_if<admin::decommission>(&what))
        co_return co_await change_membership(of, one->node, true);
    if (auto const* const one = std::get_if<admin::keep>(&what))
        co_return co_await change_membership(of, one->node, false);
    if (auto* const one = std::get_if<admin::admit>(&what)) co_return co_await admit(of, std::move(*one));
    if (auto* const one = std::get_if<admin::transfer>(&what)) co_return co_await transfer(of, std::move(*one));
    co_return co_await request_rebalance(of);
}

}  // namespace

startup<void> broker_node::open_http() {
    status_.set(snapshot());
    auto http = http_server::start({.address = config_.bind_addr,
                                    .port = config_.http_port,
                                    .commands = &commands_,
                                    .commands_from_anywhere = config_.admin_remote,
                                    .stale_after = loop_hang_time},
                                   status_);
    if (!http) return std::unexpected(http.error());
    http_.emplace(std::move(*http));
    return {};
}

asio::awaitable<void> broker_node::administer(admin::command what, admin::command_gate::answered done) {
    auto const told = co_await carry_out(engine_.members(), std::move(what));
    log_.info("an operator's command: {} {}", told.status, told.text);
    done(told);
}

}  // namespace broker
