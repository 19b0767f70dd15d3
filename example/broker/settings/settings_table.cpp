// SPDX-License-Identifier: Apache-2.0
#include <broker_tags.hpp>
#include <settings/settings_table.hpp>
#include <settings/values.hpp>

#include <algorithm>
#include <array>
#include <numeric>

namespace broker {
namespace {

template <auto Member, class Kind>
std::expected<void, std::string> assign(settings& target, std::string_view text) {
    auto value = Kind::read(text);
    if (!value) return std::unexpected(std::move(value.error()));
    target.*Member = std::move(*value);
    return {};
}

template <auto Member, class Kind>
std::string show(settings const& source) {
    return Kind::show(source.*Member);
}

struct words {
    std::string_view key, value, derived, meaning, elsewhere = "";
};

template <auto Member, class Kind>
constexpr setting row(std::string_view section, words const& text) {
    return {section,
            text.key,
            text.value,
            text.derived,
            text.meaning,
            text.elsewhere,
            assign<Member, Kind>,
            show<Member, Kind>,
            std::is_same_v<Kind, bool_value>,
            std::is_same_v<Kind, peers_value> || std::is_same_v<Kind, tags_value>};
}

using S = settings;
constexpr std::uint64_t kib = 1ULL << 10, mib = 1ULL << 20, gib = 1ULL << 30;

constexpr std::string_view node = "Node and cluster";
constexpr std::string_view net = "Addresses and ports";
constexpr std::string_view topics = "Topics";
constexpr std::string_view balance = "Balance";
constexpr std::string_view consumers = "Consumer groups";
constexpr std::string_view storage = "Storage";
constexpr std::string_view timing = "Timing between nodes";
constexpr std::string_view limits = "Limits";
constexpr std::string_view logging = "Logging";

// clang-format off
constexpr std::array table{
    row<&S::node_id, node_id_value>(node, {"node_id", "ID", "",
        "This node's number, at least 1, different on each node of a cluster.", "broker_id,id"}),
    row<&S::single_node, bool_value>(node, {"single_node", "true|false",
        "true when no file, no node_id, no cluster_id and no peers are given; else false",
        "The cluster is this node alone, and stays so. Has to be said by name once anything about a cluster is "
        "configured.",
        "standalone"}),
    row<&S::peers, peers_value>(node, {"peers", "ID@HOST:PORT[:RPC_PORT],...", "none",
        "Every node of the cluster, with its Kafka port; this node may be listed, and then its ports and host are "
        "taken from the list unless they are set. A list of this node alone begins a cluster that may grow. In the "
        "file also as [[peers]] tables of id, host, kafka_port, rpc_port.",
        "seed_servers,controller_quorum_voters,nodes,bootstrap_expect"}),
    row<&S::join, bool_value>(node, {"join", "true|false", "",
        "With an empty data directory the node waits until the cluster of its peers admits it, instead of forming one "
        "with them. Later starts do not look at it.", "join_cluster,auto_join"}),
    row<&S::cluster_id, text_value>(node, {"cluster_id", "TEXT", "what the cluster agreed on when it was formed",
        "Refuses a data directory of another cluster.", "cluster_name"}),
    row<&S::rack, text_value>(node, {"rack", "TEXT", "none",
        "Where the node stands: replicas are spread over racks.",
        "broker_rack,client_rack"}),
    row<&S::capacity, number_value<std::uint32_t, 1, capacity_max>>(node, {"capacity", "NUMBER", "",
        "How much of the partitions this broker is to hold in relation to the others, in any unit that is the same for "
        "all: with 2 twice as many replicas and leaders as with 1. Racks and the policies of topics come before it. "
        "Another number at the next start makes a rebalance due.",
        "weight,broker_capacity"}),
    row<&S::tags, tags_value>(node, {"tags", "KEY=VALUE|WORD,...", "none",
        "What policies of topics (chronik.placement) may ask for: ssd, zone=a. At most 32; every broker has node=ID "
        "and rack=RACK besides. Others at the next start make a rebalance due.",
        "labels,node_attributes"}),

    row<&S::bind_addr, host_value>(net, {"bind_addr", "HOST", "",
        "Address to listen on; 0.0.0.0 is every IPv4 address, :: every address.",
        "listeners,host,listen_addr,gossip_bind_addr"}),
    row<&S::advertised_addr, host_value>(net, {"advertised_addr", "HOST",
        "this node's host in peers; else bind_addr when it is no wildcard; else localhost on a single node",
        "Where clients are told to connect. Never a wildcard.", "advertised_listeners,advertised_host"}),
    row<&S::kafka_port, port_value>(net, {"kafka_port", "PORT", "", "Port for Kafka clients.", "port"}),
    row<&S::http_port, port_value>(net, {"http_port", "PORT", "kafka_port + 1000",
        "Port for metrics, health, readiness and administration.", "metrics_port,admin_port"}),
    row<&S::search_port, port_value>(net, {"search_port", "PORT", "kafka_port + 2000",
        "Reserved for search; checked like the others, not opened by this release."}),
    row<&S::rpc_port, port_value>(net, {"rpc_port", "PORT", "kafka_port + 3000",
        "Port for the other nodes of the cluster.", "raft_port,cluster_port,controller_port"}),
    row<&S::admin_remote, bool_value>(net, {"admin_remote", "true|false", "",
        "Whether http_port takes commands from other machines too. Nothing there is authenticated: whoever reaches it "
        "can then move partitions and send brokers away.", "enable_remote_admin"}),

    row<&S::replication_factor_default, number_value<std::int16_t, 1>>(topics,
        {"replication_factor_default", "COUNT", "3, or the number of nodes when that is less",
        "Replicas of a topic that is created without saying how many.",
        "default_replication_factor,replication_factor"}),
    row<&S::min_insync_replicas, number_value<std::int16_t, 1>>(topics,
        {"min_insync_replicas", "COUNT", "2 with three nodes or more, else 1",
        "With fewer replicas in sync, producers with acks=all get a retriable error.", "min_isr"}),
    row<&S::num_partitions, number_value<std::int32_t, 1, 10'000>>(topics, {"num_partitions", "COUNT", "",
        "Partitions of a topic that is created without saying how many.", "default_partitions"}),
    row<&S::auto_create_topics, bool_value>(topics, {"auto_create_topics", "true|false", "",
        "A client that asks for an unknown topic creates it, unless the client forbids it.",
        "auto_create_topics_enable"}),

    row<&S::auto_rebalance, bool_value>(balance, {"auto_rebalance", "true|false", "",
        "When a broker has joined, partitions move until all brokers carry alike. What counts is the setting of the "
        "node that leads the metadata, here and below: give all nodes the same.",
        "auto_balancer_enable,partition_autobalancing_mode"}),
    row<&S::rebalance_moves_max, number_value<std::uint32_t, 1, 1'000>>(balance, {"rebalance_moves_max", "COUNT", "",
        "Partitions that a rebalance moves at the same time; each newcomer is sent a whole log.",
        "num_concurrent_partition_movements_per_broker,partition_autobalancing_concurrent_moves"}),
    row<&S::replace_failed_after, duration_value<0, 30LL * 86'400'000>>(balance,
        {"replace_failed_after", "DURATION", "",
        "When a broker has been away for so long, others get what it holds, if there are enough; when it comes back, "
        "it gets its share as one that joins does. 0 waits for it without end, and so does auto_rebalance = false.",
        "partition_autobalancing_node_unavailable_timeout_sec"}),
    row<&S::auto_leader_rebalance, bool_value>(balance, {"auto_leader_rebalance", "true|false", "",
        "Leaderships go back to the preferred replicas, the first of each list, once those are in sync.",
        "auto_leader_rebalance_enable"}),
    row<&S::leader_rebalance_interval, duration_value<100, 86'400'000>>(balance,
        {"leader_rebalance_interval", "DURATION", "", "How often it is looked whether they do.",
        "leader_imbalance_check_interval_seconds"}),
    row<&S::placement, placement_value>(balance, {"placement", "sticky|range|round_robin", "",
        "How replicas are placed. sticky spreads over racks and moves as little as it can; the other two know no racks "
        "and place everything anew when a broker joins, range so that topics of one size lie alike. All honour the "
        "policies of topics first, and follow the capacity of brokers last."}),

    row<&S::offsets_topic_partitions, number_value<std::int32_t, 1, 10'000>>(consumers,
        {"offsets_topic_partitions", "COUNT", "",
        "Partitions of __consumer_offsets when it is made, on the first use of a group; each has a coordinator.",
        "offsets_topic_num_partitions"}),
    row<&S::offsets_retention, duration_value<1'000, 3'650LL * 86'400'000>>(consumers,
        {"offsets_retention", "DURATION", "",
        "How long a group without members keeps its committed offsets.", "offsets_retention_minutes"}),
    row<&S::group_initial_rebalance_delay, duration_value<0, 600'000>>(consumers,
        {"group_initial_rebalance_delay", "DURATION", "",
        "How long an empty group waits for further members after the first, before it assigns partitions.",
        "group_initial_rebalance_delay_ms"}),
    row<&S::group_session_timeout_min, duration_value<1, 3'600'000>>(consumers,
        {"group_session_timeout_min", "DURATION", "",
        "The shortest silence a member may ask to be forgiven.", "group_min_session_timeout_ms"}),
    row<&S::group_session_timeout_max, duration_value<1, 86'400'000>>(consumers,
        {"group_session_timeout_max", "DURATION", "",
        "The longest; what was assigned to a dead member is not read for so long.", "group_max_session_timeout_ms"}),
    row<&S::group_members_max, number_value<std::uint32_t, 1, 100'000>>(consumers, {"group_members_max", "COUNT", "",
        "Members of one group; one more is refused.", "group_max_size"}),

    row<&S::data_dir, text_value>(storage, {"data_dir", "DIR", "",
        "Everything the node keeps. Belongs to one node of one cluster.", "log_dirs,log_dir,data_directory"}),
    row<&S::segment_bytes, size_value<4 * mib, 1 * gib>>(storage, {"segment_bytes", "BYTES", "",
        "Size of a journal file, but for the first of all, which has 4 MiB; files are preallocated and recycled.",
        "log_segment_bytes"}),
    row<&S::journal_bytes_max, size_value<8 * mib, 256 * gib>>(storage, {"journal_bytes_max", "BYTES", "",
        "Journal files in use beyond which the oldest records move into files of their partitions.",
        "max_wal_size,wal_bytes_max"}),
    row<&S::durability, durability_value>(storage, {"durability", "sync|page-cache", "",
        "sync answers producers after the disk has the records. page-cache answers before: a power failure of a "
        "majority then loses acknowledged records.", "fsync,flush_messages"}),
    row<&S::repair_from_peers, bool_value>(storage, {"repair_from_peers", "true|false", "",
        "A start that finds changed bytes in its journal keeps what is sound and gets the rest from the other "
        "replicas, if every partition here has some; the damaged files stay beside it. false: it refuses."}),
    row<&S::metadata_snapshot_bytes, size_value<4 * kib, 64 * mib>>(storage,
        {"metadata_snapshot_bytes", "BYTES", "",
        "Commands to the metadata after which it is written down as a whole, and its log is cut behind that.",
        "metadata_log_max_record_bytes_between_snapshots"}),
    row<&S::cleaner_memory_max, size_value<1 * mib, 64 * gib>>(storage, {"cleaner_memory_max", "BYTES", "",
        "For the keys of a compacted partition while it is cleaned, 27 bytes each; with more keys it takes several "
        "passes.", "log_cleaner_dedupe_buffer_size"}),
    row<&S::cleaner_bytes_per_second_max, size_value<64 * kib, 64 * gib>>(storage,
        {"cleaner_bytes_per_second_max", "BYTES", "",
        "What the cleaner of compacted topics reads in a second, at most.", "log_cleaner_io_max_bytes_per_second"}),
    row<&S::catch_up_bytes_per_second, size_value<64 * kib, 64 * gib>>(storage,
        {"catch_up_bytes_per_second", "BYTES", "",
        "What the leader of a partition that moves sends its newcomers in a second, at most.",
        "leader_replication_throttled_rate"}),

    row<&S::election_timeout_min, duration_value<50, 60'000>>(timing, {"election_timeout_min", "DURATION", "",
        "A follower that hears nothing for this long may stand for election.", "election_timeout"}),
    row<&S::election_timeout_max, duration_value<50, 120'000>>(timing, {"election_timeout_max", "DURATION", "",
        "Each wait is chosen at random between the two, so that candidates rarely meet."}),
    row<&S::heartbeat_interval, duration_value<5, 30'000>>(timing, {"heartbeat_interval", "DURATION", "",
        "How often a leader lets its followers know; at most a third of election_timeout_min.", "heartbeat_timeout"}),
    row<&S::drain_timeout, duration_value<0, 3'600'000>>(timing, {"drain_timeout", "DURATION", "",
        "How long a stopping node tries to hand over its leaderships and finish requests.", "shutdown_timeout"}),

    row<&S::request_bytes_max, size_value<1 * mib, 1 * gib>>(limits, {"request_bytes_max", "BYTES", "",
        "A larger request closes its connection before memory is taken for it.", "socket_request_max_bytes"}),
    row<&S::message_max_bytes, size_value<1 * kib, 1 * gib>>(limits, {"message_max_bytes", "BYTES", "",
        "A larger record batch is answered with MESSAGE_TOO_LARGE; topics may set their own.", "max_message_bytes"}),
    row<&S::inflight_bytes_max, size_value<1 * mib, 1024 * gib>>(limits, {"inflight_bytes_max", "BYTES", "",
        "Requests of all clients that are received and not yet answered; at the limit, reading from clients waits.",
        "queued_max_bytes"}),
    row<&S::connections_max, number_value<std::uint32_t, 1, 1'000'000>>(limits, {"connections_max", "COUNT", "",
        "Client connections; one more is closed at once. A start lowers it to what the limit of open files (ulimit -n) "
        "has room for beside what the broker needs itself.", "max_connections"}),

    row<&S::log_level, log_level_value>(logging, {"log_level", "trace|debug|info|warn|error", "",
        "The least important lines that are written."}),
    row<&S::log_format, log_format_value>(logging, {"log_format", "logfmt|json", "",
        "One line per event, as key=value or as a JSON object."}),
    row<&S::raft_trace, text_value>(logging, {"raft_trace", "FILE", "none",
        "Where each change of role, term, vote, leader, commit index and members of every group is written, a line "
        "each. For looking into what happened, and not for always: it has a line for each commit."}),
};
// clang-format on

std::string with_underscores(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        if (c == '-' || c == '.') return '_';
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

/// Levenshtein: insertions, deletions and replacements that turn one into the other.
std::size_t edits(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= from.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= to.size(); ++j) {
            std::size_t const replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

std::size_t edits_to(setting const& candidate, std::string_view key) {
    std::size_t least = edits(key, candidate.key);
    std::string_view names = candidate.elsewhere;
    while (!names.empty()) {
        std::size_t const comma = std::min(names.find(','), names.size());
        least = std::min(least, edits(key, names.substr(0, comma)));
        names.remove_prefix(std::min(comma + 1, names.size()));
    }
    return least;
}

}  // namespace

std::span<setting const> settings_table() { return table; }

setting const* find_setting(std::string_view key) {
    auto const found = std::ranges::find(table, key, &setting::key);
    return found == table.end() ? nullptr : &*found;
}

setting const& nearest_setting(std::string_view key) {
    std::string const wanted = with_underscores(key);
    return *std::ranges::min_element(table, {}, [&](setting const& each) { return edits_to(each, wanted); });
}

std::string variable_name(std::string_view key) {
    std::string name = "CHRONIK_" + std::string(key);
    for (char& c : name) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return name;
}

std::string option_name(std::string_view key) {
    std::string name = "--" + std::string(key);
    std::ranges::replace(name, '_', '-');
    return name;
}

std::string places(std::string_view key) {
    return std::string(key) + " / " + option_name(key) + " / " + variable_name(key);
}

std::string default_text(setting const& row) {
    return row.derived.empty() ? row.show(settings{}) : std::string(row.derived);
}

}  // namespace broker
