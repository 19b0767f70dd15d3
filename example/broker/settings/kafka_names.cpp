// SPDX-License-Identifier: Apache-2.0
#include <settings/kafka_names.hpp>

#include <settings/settings_table.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>

namespace broker {
namespace {

using S = settings;
using text = std::optional<std::string>;
using enum kafka_type;

template <auto Member>
text number(S const& from) {
    return std::to_string(from.*Member);
}
template <auto Member>
text milliseconds(S const& from) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(from.*Member).count());
}
template <auto Member>
text seconds(S const& from) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(from.*Member).count());
}
template <auto Member>
text minutes(S const& from) {
    return std::to_string(std::chrono::duration_cast<std::chrono::minutes>(from.*Member).count());
}
text truth(bool holds) { return holds ? "true" : "false"; }
text node_number(S const& from) { return std::to_string(from.node_id.value); }
text listener(std::string const& host, std::uint16_t port) {
    bool const is_ipv6 = host.find(':') != std::string::npos;
    return "PLAINTEXT://" + (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}
text data_folder(S const& from) {
    std::error_code failed;
    auto const whole = std::filesystem::absolute(from.data_dir, failed);
    return failed ? from.data_dir : whole.lexically_normal().string();
}

// clang-format off
constexpr std::array table{
    kafka_name{"node.id", "node_id", int32, "", node_number},
    kafka_name{"broker.id", "node_id", int32, "", node_number},
    kafka_name{"broker.rack", "rack", string, "",
        [](S const& from) { return from.rack.empty() ? text{} : text{from.rack}; }},
    kafka_name{"listeners", "bind_addr", list, "",
        [](S const& from) { return listener(from.bind_addr, from.kafka_port); }},
    kafka_name{"advertised.listeners", "advertised_addr", list, "",
        [](S const& from) { return listener(from.advertised_addr, from.kafka_port); }},
    kafka_name{"log.dir", "data_dir", string, "", data_folder},
    kafka_name{"log.dirs", "data_dir", list, "", data_folder},
    kafka_name{"num.partitions", "num_partitions", int32, "", number<&S::num_partitions>},
    kafka_name{"default.replication.factor", "replication_factor_default", int32, "",
        number<&S::replication_factor_default>},
    kafka_name{"min.insync.replicas", "min_insync_replicas", int32, "", number<&S::min_insync_replicas>},
    kafka_name{"message.max.bytes", "message_max_bytes", int32, "", number<&S::message_max_bytes>},
    kafka_name{"auto.create.topics.enable", "auto_create_topics", boolean, "",
        [](S const& from) { return truth(from.auto_create_topics); }},
    kafka_name{"auto.leader.rebalance.enable", "auto_leader_rebalance", boolean, "",
        [](S const& from) { return truth(from.auto_leader_rebalance); }},
    kafka_name{"leader.imbalance.check.interval.seconds", "leader_rebalance_interval", int64, "",
        seconds<&S::leader_rebalance_interval>},
    kafka_name{"delete.topic.enable", "", boolean, "Topics can always be deleted.",
        [](S const&) { return truth(true); }},
    kafka_name{"offsets.topic.num.partitions", "offsets_topic_partitions", int32, "",
        number<&S::offsets_topic_partitions>},
    kafka_name{"offsets.topic.replication.factor", "replication_factor_default", int32, "",
        number<&S::replication_factor_default>},
    kafka_name{"offsets.retention.minutes", "offsets_retention", int32, "", minutes<&S::offsets_retention>},
    kafka_name{"group.initial.rebalance.delay.ms", "group_initial_rebalance_delay", int32, "",
        milliseconds<&S::group_initial_rebalance_delay>},
    kafka_name{"group.min.session.timeout.ms", "group_session_timeout_min", int32, "",
        milliseconds<&S::group_session_timeout_min>},
    kafka_name{"group.max.session.timeout.ms", "group_session_timeout_max", int32, "",
        milliseconds<&S::group_session_timeout_max>},
    kafka_name{"group.max.size", "group_members_max", int32, "", number<&S::group_members_max>},
    kafka_name{"socket.request.max.bytes", "request_bytes_max", int32, "", number<&S::request_bytes_max>},
    kafka_name{"queued.max.request.bytes", "inflight_bytes_max", int64, "", number<&S::inflight_bytes_max>},
    kafka_name{"max.connections", "connections_max", int32, "", number<&S::connections_max>},
};
// clang-format on

static_assert(std::ranges::all_of(table, [](kafka_name const& row) { return row.key.empty() == !row.meaning.empty(); }),
              "a row has a setting, or its own words");

}  // namespace

std::span<kafka_name const> kafka_names() { return table; }

kafka_name const* find_kafka_name(std::string_view name) {
    auto const* const found = std::ranges::find(table, name, &kafka_name::name);
    return found == table.end() ? nullptr : found;
}

bool is_default(kafka_name const& row, settings const& config) { return row.value(config) == row.value(settings{}); }

std::string_view meaning_of(kafka_name const& row) {
    return row.key.empty() ? row.meaning : find_setting(row.key)->meaning;
}

}  // namespace broker
