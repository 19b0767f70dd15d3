// SPDX-License-Identifier: Apache-2.0
#include <settings/ports.hpp>
#include <settings/settings_table.hpp>
#include <settings/values.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace broker {
namespace {

/// Besides the records, a journal record carries headers, and a file its own.
constexpr std::uint64_t journal_overhead_bytes = 64 << 10;

class completion {
public:
    completion(settings& target, std::span<given const> values, bool with_file)
        : settings_(target), values_(values), with_file_(with_file) {}

    startup<void> run() {
        // Each step relies on those before it.
        for (auto const step : {&completion::drop_self, &completion::choose_cluster, &completion::derive_ports,
                                &completion::derive_address, &completion::check_endpoints,
                                &completion::derive_replication, &completion::check_timing, &completion::check_sizes}) {
            if (auto done = (this->*step)(); !done) return done;
        }
        return {};
    }

private:
    given const* source(std::string_view key) const {
        auto const found =
            std::ranges::find(values_.rbegin(), values_.rend(), key, [](given const& each) { return each.row->key; });
        return found == values_.rend() ? nullptr : &*found;
    }

    /// "kafka_port 9092 (from chronik.toml:3)", "http_port 10092 (the default)"
    std::string named(std::string_view key) const {
        auto const* from = source(key);
        return fmt::format("{} {} ({})", key, find_setting(key)->show(settings_),
                           from ? "from " + from->origin : "the default");
    }

    /// One file may describe all nodes of a cluster and be given to each, so a node finds itself in the list.
    startup<void> drop_self() {
        auto& peers = settings_.peers;
        std::ranges::sort(peers, {}, &peer::id);
        if (auto const twice = std::ranges::adjacent_find(peers, {}, &peer::id); twice != peers.end()) {
            return refuse(
                fmt::format("{} lists node {} twice: give each node its own id", origin_of_peers(), twice->id.value));
        }
        auto const self = std::ranges::find(peers, settings_.node_id, &peer::id);
        if (self == peers.end()) return {};
        for (auto const& [key, member, listed] : {std::tuple{"kafka_port", &settings::kafka_port, self->kafka_port},
                                                  std::tuple{"rpc_port", &settings::rpc_port, self->rpc_port}}) {
            if (listed == 0) continue;
            if (source(key) != nullptr && settings_.*member != listed) {
                return refuse(
                    fmt::format("{} gives node {} {} {}, but this node {} has {}: make them equal, or correct node_id",
                                origin_of_peers(), self->id.value, key, listed, settings_.node_id.value, named(key)));
            }
            settings_.*member = listed;
        }
        host_in_peers_ = self->host;
        is_listed_ = true;
        peers.erase(self);
        return {};
    }

    std::string origin_of_peers() const {
        auto const* from = source("peers");
        return from ? "peers (from " + from->origin + ")" : std::string("peers");
    }

    startup<void> choose_cluster() {
        bool const alone = settings_.peers.empty();
        if (settings_.single_node && !alone) {
            return refuse(fmt::format("single_node is true, but {} lists {} other nodes: remove one of the two",
                                      origin_of_peers(), settings_.peers.size()));
        }
        if (settings_.join && alone) {
            return refuse(fmt::format("join is true, but there is nobody to join: list the cluster's nodes in {}",
                                      places("peers")));
        }
        // A list of itself: a cluster that begins with one node.
        bool const begins = is_listed_ && !settings_.single_node;
        if (!alone || begins) return {};
        bool const cluster_meant =
            with_file_ || source("single_node") || source("peers") || source("node_id") || source("cluster_id");
        if (!settings_.single_node && cluster_meant) {
            return refuse(
                fmt::format("no other nodes are configured: list the cluster's nodes in {}, this one alone where it "
                            "begins with one, or ask for one node with single_node = true / --single-node / "
                            "CHRONIK_SINGLE_NODE=true",
                            places("peers")));
        }
        settings_.single_node = true;
        return {};
    }

    startup<void> derive_ports() {
        for (port_use const& use : port_uses) {
            std::uint16_t& port = settings_.*use.member;
            if (port != 0) continue;
            auto const derived = derive(settings_.kafka_port, use.distance);
            if (!derived) {
                return refuse(fmt::format("the port for {} would be kafka_port {} + {}, above 65535: set {}",
                                          use.purpose, settings_.kafka_port, use.distance, places(use.setting)));
            }
            port = *derived;
        }
        for (peer& each : settings_.peers) {
            if (each.rpc_port != 0) continue;
            auto const derived = derive(each.kafka_port, rpc_port_use.distance);
            if (!derived) {
                return refuse(fmt::format(
                    "the port for other nodes on node {} would be its Kafka port {} + {}, above 65535: "
                    "give its RPC port in peers, {}@{}:{}:RPC_PORT",
                    each.id.value, each.kafka_port, rpc_port_use.distance, each.id.value, each.host, each.kafka_port));
            }
            each.rpc_port = *derived;
        }
        return {};
    }

    static std::optional<std::uint16_t> derive(std::uint16_t base, std::uint16_t distance) {
        std::uint32_t const sum = std::uint32_t{base} + distance;
        return sum > 65535 ? std::nullopt : std::optional(static_cast<std::uint16_t>(sum));
    }

    startup<void> derive_address() {
        for (peer const& each : settings_.peers) {
            if (is_wildcard(each.host)) {
                return refuse(
                    fmt::format("{} gives node {} the host {}, where no node can connect to: give its name or address",
                                origin_of_peers(), each.id.value, each.host));
            }
        }
        std::string& advertised = settings_.advertised_addr;
        if (advertised.empty() && !host_in_peers_.empty()) advertised = host_in_peers_;
        if (advertised.empty() && !is_wildcard(settings_.bind_addr)) advertised = settings_.bind_addr;
        if (advertised.empty() && settings_.single_node) advertised = "localhost";
        if (advertised.empty() || is_wildcard(advertised)) {
            return refuse(
                fmt::format("clients would be told to connect to {}, which is every address and none: set {} to this "
                            "node's name or address",
                            advertised.empty() ? settings_.bind_addr : advertised, places("advertised_addr")));
        }
        return {};
    }

    /// Nodes on one host must not share a port; found here, the message can name both owners.
    startup<void> check_endpoints() {
        std::map<std::pair<std::string, std::uint16_t>, std::string> owners;
        for (port_use const& use : port_uses) {
            std::uint16_t const port = settings_.*use.member;
            auto const [at, fresh] = owners.try_emplace({settings_.advertised_addr, port}, std::string(use.setting));
            if (!fresh)
                return refuse(fmt::format("{} and {} are both {}: set {} to another", at->second, use.setting, port,
                                          places(use.setting)));
        }
        for (peer const& each : settings_.peers) {
            for (auto const& [what, port] : {std::pair{"Kafka", each.kafka_port}, std::pair{"RPC", each.rpc_port}}) {
                std::string const owner = fmt::format("the {} port of node {}", what, each.id.value);
                auto const [at, fresh] = owners.try_emplace({each.host, port}, owner);
                if (!fresh) {
                    return refuse(fmt::format("{} and {} are both {}:{}: give each its own in {}", at->second, owner,
                                              each.host, port, origin_of_peers()));
                }
            }
        }
        return {};
    }

    startup<void> derive_replication() {
        auto const nodes = static_cast<std::int64_t>(settings_.nodes());
        auto& factor = settings_.replication_factor_default;
        auto& in_sync = settings_.min_insync_replicas;
        if (factor == 0) factor = static_cast<std::int16_t>(std::min<std::int64_t>(3, nodes));
        if (in_sync == 0) in_sync = nodes >= 3 && factor >= 2 ? 2 : 1;
        if (factor > nodes) {
            return refuse(fmt::format("{} is more than the {} nodes of the cluster: lower it, or add nodes to peers",
                                      named("replication_factor_default"), nodes));
        }
        if (in_sync > factor) {
            return refuse(fmt::format("{} is more than {}, so acks=all could never succeed: lower it",
                                      named("min_insync_replicas"), named("replication_factor_default")));
        }
        return {};
    }

    startup<void> check_timing() {
        if (settings_.election_timeout_max < settings_.election_timeout_min) {
            return refuse(fmt::format("{} is less than {}: raise it", named("election_timeout_max"),
                                      named("election_timeout_min")));
        }
        if (settings_.heartbeat_interval * 3 > settings_.election_timeout_min) {
            return refuse(
                fmt::format("{} is more than a third of {}, so one lost heartbeat could depose a leader: lower it",
                            named("heartbeat_interval"), named("election_timeout_min")));
        }
        if (settings_.group_session_timeout_max < settings_.group_session_timeout_min) {
            return refuse(fmt::format("{} is less than {}: raise it", named("group_session_timeout_max"),
                                      named("group_session_timeout_min")));
        }
        return {};
    }

    startup<void> check_sizes() {
        if (settings_.data_dir.empty()) return refuse(fmt::format("data_dir is empty: set {}", places("data_dir")));
        if (settings_.message_max_bytes > settings_.request_bytes_max) {
            return refuse(
                fmt::format("{} is more than {}: lower it", named("message_max_bytes"), named("request_bytes_max")));
        }
        if (settings_.message_max_bytes + journal_overhead_bytes > settings_.segment_bytes) {
            return refuse(fmt::format("{} does not fit into {} with its headers: lower it, or raise segment_bytes",
                                      named("message_max_bytes"), named("segment_bytes")));
        }
        if (settings_.request_bytes_max > settings_.inflight_bytes_max) {
            return refuse(fmt::format("{} is more than {}: raise inflight_bytes_max", named("request_bytes_max"),
                                      named("inflight_bytes_max")));
        }
        return {};
    }

    settings& settings_;
    std::span<given const> values_;
    bool with_file_;
    std::string host_in_peers_;
    bool is_listed_ = false;
};

}  // namespace

startup<void> complete_settings(settings& target, std::span<given const> values, bool with_file) {
    return completion{target, values, with_file}.run();
}

}  // namespace broker
