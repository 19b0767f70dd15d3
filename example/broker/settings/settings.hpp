// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <settings/exit.hpp>

#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace broker {

/// When an answer to a producer may leave; named for what it loses.
enum class durability {
    sync,        ///< after the sync: survives power loss
    page_cache,  ///< before the sync: survives the end of the process, not of the machine
};

/// Which strategy of the library decides where replicas go.
enum class placement { sticky, range, round_robin };

enum class log_level { trace, debug, info, warn, error };
enum class log_format { logfmt, json };

/// Another member of the cluster. rpc_port is never 0 after load_settings().
struct peer {
    chronik::node_id id;
    std::string host;
    std::uint16_t kafka_port = 0;
    std::uint16_t rpc_port = 0;

    bool operator==(peer const&) const = default;
};

/// Everything an operator can choose. docs/operating/settings.md is printed from the table behind it.
///
/// What load_settings() returns is complete: a 0 or an empty text that stands for "derive it" here in the defaults
/// has been replaced, except cluster_id and rack, which may stay unset.
struct settings {
    chronik::node_id node_id{1};
    bool single_node = false;
    std::vector<peer> peers;  ///< ascending by id, without this node; none also where a cluster begins with this one
    bool join = false;        ///< waits to be admitted to a cluster that is there, instead of forming one
    std::string cluster_id;   ///< empty: whatever the cluster agrees on
    std::string rack;
    std::uint32_t capacity = 1;
    std::vector<std::string> tags;  ///< ascending; broker_tags.hpp

    std::string bind_addr = "0.0.0.0";
    std::string advertised_addr;
    std::uint16_t kafka_port = 9092;
    std::uint16_t http_port = 0;
    std::uint16_t search_port = 0;  ///< reserved; nothing listens there yet
    std::uint16_t rpc_port = 0;
    bool admin_remote = false;

    std::int16_t replication_factor_default = 0;
    std::int16_t min_insync_replicas = 0;
    std::int32_t num_partitions = 1;
    bool auto_create_topics = true;

    bool auto_rebalance = true;
    std::uint32_t rebalance_moves_max = 10;
    chronik::duration replace_failed_after = std::chrono::minutes{15};
    bool auto_leader_rebalance = true;
    chronik::duration leader_rebalance_interval = std::chrono::minutes{5};
    broker::placement placement = broker::placement::sticky;

    std::int32_t offsets_topic_partitions = 50;
    chronik::duration offsets_retention = std::chrono::hours{7 * 24};
    chronik::duration group_initial_rebalance_delay = std::chrono::seconds{3};
    chronik::duration group_session_timeout_min = std::chrono::seconds{6};
    chronik::duration group_session_timeout_max = std::chrono::minutes{30};
    std::uint32_t group_members_max = 1'000;

    std::string data_dir = "./chronik-data";
    std::uint64_t segment_bytes = 64ULL << 20;
    std::uint64_t journal_bytes_max = 1ULL << 30;
    broker::durability durability = broker::durability::sync;
    bool repair_from_peers = true;
    std::uint64_t metadata_snapshot_bytes = 20ULL << 20;
    std::uint64_t cleaner_memory_max = 64ULL << 20;
    std::uint64_t cleaner_bytes_per_second_max = 64ULL << 20;
    std::uint64_t catch_up_bytes_per_second = 64ULL << 20;

    chronik::duration election_timeout_min = std::chrono::milliseconds{500};
    chronik::duration election_timeout_max = std::chrono::milliseconds{1000};
    chronik::duration heartbeat_interval = std::chrono::milliseconds{100};

    std::uint64_t request_bytes_max = 100ULL << 20;
    std::uint64_t message_max_bytes = 1'048'588;  ///< Kafka's default: 1 MiB of records and a batch header
    std::uint64_t inflight_bytes_max = 256ULL << 20;
    std::uint32_t connections_max = 10'000;
    chronik::duration drain_timeout = std::chrono::seconds{30};

    broker::log_level log_level = broker::log_level::info;
    broker::log_format log_format = broker::log_format::logfmt;
    std::string raft_trace;  ///< empty: none is written

    std::size_t nodes() const { return peers.size() + 1; }
    bool operator==(settings const&) const = default;
};

/// What a command line asks for: to run with these settings, or only to print something and end cleanly.
struct invocation {
    broker::settings settings;
    std::optional<std::string> text;
};

/// Reads the settings from a file, the environment and the command line, later wins, then derives and checks.
///
/// arguments     without the program's name
/// environment   entries NAME=value; only names that begin with CHRONIK_ are looked at
/// errors        exit_code::configuration and one line that names the source, the setting and what to change
startup<invocation> load_settings(std::span<char const* const> arguments, std::span<char const* const> environment);

/// The entries of the process's environment, for load_settings().
std::span<char const* const> process_environment();

}  // namespace broker
