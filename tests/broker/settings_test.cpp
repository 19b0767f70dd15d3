// SPDX-License-Identifier: Apache-2.0
#include <settings/settings.hpp>
#include <settings/settings_table.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <unistd.h>

namespace broker {
namespace {

using namespace std::chrono_literals;
using words = std::vector<char const*>;

startup<invocation> load(words const& arguments, words const& environment = {}) {
    return load_settings(arguments, environment);
}

settings loaded(words const& arguments, words const& environment = {}) {
    auto asked = load(arguments, environment);
    EXPECT_TRUE(asked.has_value()) << asked.error().text;
    return asked ? asked->settings : settings{};
}

std::string refused(words const& arguments, words const& environment = {}) {
    auto const asked = load(arguments, environment);
    if (asked) return "accepted";
    EXPECT_EQ(asked.error().code, exit_code::configuration);
    EXPECT_EQ(asked.error().text.find('\n'), std::string::npos) << "one line: " << asked.error().text;
    return asked.error().text;
}

/// A settings file that goes away with the test.
class settings_file {
public:
    explicit settings_file(std::string_view text)
        : path_((std::filesystem::temp_directory_path() /
                 ("chronik_settings_" + std::to_string(::getpid()) + "_" + std::to_string(++count_) + ".toml"))
                    .string()) {
        std::ofstream(path_) << text;
    }
    ~settings_file() { std::filesystem::remove(path_); }
    settings_file(settings_file const&) = delete;
    settings_file& operator=(settings_file const&) = delete;

    char const* path() const { return path_.c_str(); }

private:
    static inline int count_ = 0;
    std::string path_;
};

TEST(settings, without_any_it_is_one_node_on_9092) {
    settings const one = loaded({});

    EXPECT_TRUE(one.single_node);
    EXPECT_EQ(one.node_id.value, 1u);
    EXPECT_EQ(one.kafka_port, 9092);
    EXPECT_EQ(one.http_port, 10092);
    EXPECT_EQ(one.search_port, 11092);
    EXPECT_EQ(one.rpc_port, 12092);
    EXPECT_EQ(one.bind_addr, "0.0.0.0");
    EXPECT_EQ(one.advertised_addr, "localhost");
    EXPECT_EQ(one.data_dir, "./chronik-data");
    EXPECT_EQ(one.replication_factor_default, 1);
    EXPECT_EQ(one.min_insync_replicas, 1);
    EXPECT_EQ(one.durability, durability::sync);
}

TEST(settings, later_sources_win) {
    settings_file const file("single_node = true\nkafka_port = 7000\nnum_partitions = 3\nlog_level = \"warn\"\n");

    settings const mixed = loaded({"--config", file.path(), "--log-level", "debug"},
                                  {"CHRONIK_NUM_PARTITIONS=5", "CHRONIK_LOG_LEVEL=error", "PATH=/bin"});

    EXPECT_EQ(mixed.kafka_port, 7000);
    EXPECT_EQ(mixed.num_partitions, 5);
    EXPECT_EQ(mixed.log_level, log_level::debug);
}

TEST(settings, file_environment_and_options_give_the_same_cluster) {
    settings_file const file(R"(
node_id = 2
rack = "r2"
min_insync_replicas = 2
request_bytes_max = "50 MiB"
election_timeout_min = "600 ms"
auto_create_topics = false
durability = "page-cache"
[[peers]]
id = 1
host = "a"
kafka_port = 9092
[[peers]]
id = 2
host = "b"
kafka_port = 9192
rpc_port = 7777
[[peers]]
id = 3
host = "::1"
kafka_port = 9092
)");
    char const* const peers = "1@a:9092,2@b:9192:7777,3@[::1]:9092";
    std::string const file_variable = std::string("CHRONIK_CLUSTER_CONFIG=") + file.path();

    settings const by_file = loaded({"--cluster-config", file.path()});
    settings const by_named_file = loaded({}, {file_variable.c_str()});
    settings const by_environment = loaded(
        {}, {"CHRONIK_NODE_ID=2", "CHRONIK_RACK=r2", "CHRONIK_MIN_INSYNC_REPLICAS=2", "CHRONIK_REQUEST_BYTES_MAX=50MiB",
             "CHRONIK_ELECTION_TIMEOUT_MIN=600ms", "CHRONIK_AUTO_CREATE_TOPICS=false", "CHRONIK_DURABILITY=page-cache",
             "CHRONIK_PEERS=1@a:9092,2@b:9192:7777,3@[::1]:9092"});
    settings const by_options = loaded({"--node-id", "2", "--rack=r2", "--min-insync-replicas", "2",
                                        "--request-bytes-max", "50mib", "--election-timeout-min", "600 ms",
                                        "--auto-create-topics=false", "--durability", "page-cache", "--peers", peers});

    EXPECT_EQ(by_file, by_environment);
    EXPECT_EQ(by_file, by_options);
    EXPECT_EQ(by_file, by_named_file);
    EXPECT_FALSE(by_file.single_node);
    EXPECT_EQ(by_file.kafka_port, 9192) << "taken from its own line in peers";
    EXPECT_EQ(by_file.rpc_port, 7777);
    EXPECT_EQ(by_file.advertised_addr, "b");
    EXPECT_EQ(by_file.replication_factor_default, 3);
    ASSERT_EQ(by_file.peers.size(), 2u) << "without itself";
    EXPECT_EQ(by_file.peers[0], (peer{chronik::node_id{1}, "a", 9092, 12092}));
    EXPECT_EQ(by_file.peers[1].host, "::1");
}

TEST(settings, every_setting_can_be_given_in_all_three_places) {
    for (setting const& row : settings_table()) {
        SCOPED_TRACE(row.key);
        std::string const value = row.key == "peers" ? "1@a:9092,2@b:9093" : row.show(loaded({}));
        if (value.empty() || row.key == "single_node") continue;
        bool const alone = row.key != "peers";
        settings_file const file((alone ? "single_node = true\n" : "") + std::string(row.key) + " = \"" + value +
                                 "\"\n");
        std::string const variable = variable_name(row.key) + "=" + value;
        std::string const option = option_name(row.key) + "=" + value;

        settings const by_file = loaded({"--config", file.path()});
        settings const by_variable =
            loaded({}, alone ? words{variable.c_str(), "CHRONIK_SINGLE_NODE=1"} : words{variable.c_str()});
        settings const by_option = loaded(alone ? words{option.c_str(), "--single-node"} : words{option.c_str()});

        EXPECT_EQ(by_file, by_variable);
        EXPECT_EQ(by_file, by_option);
    }
}

TEST(settings, repeated_peers_are_joined_and_other_repeated_options_replace) {
    settings const joined = loaded({"--peers", "2@b:9092", "--peers", "3@c:9092", "--advertised-addr", "x",
                                    "--kafka-port", "1000", "--kafka-port", "2000"});

    EXPECT_EQ(joined.peers.size(), 2u);
    EXPECT_EQ(joined.kafka_port, 2000);
}

TEST(settings, capacity_and_tags_are_read_in_any_order_and_checked) {
    std::vector<std::string> const tags{"ssd", "zone=a"};
    settings_file const file("single_node = true\ncapacity = 20\ntags = [\"zone=a\", \"ssd\"]\n");
    settings const by_file = loaded({"--config", file.path()});
    EXPECT_EQ(by_file.capacity, 20U);
    EXPECT_EQ(by_file.tags, tags);
    EXPECT_EQ(loaded({}, {"CHRONIK_TAGS=zone=a, ssd"}).tags, tags);
    EXPECT_EQ(loaded({"--tags", "zone=a", "--tags", "ssd"}).tags, tags);
    EXPECT_EQ(loaded({}).capacity, 1U);
    EXPECT_TRUE(loaded({}).tags.empty());

    EXPECT_EQ(refused({"--capacity", "0"}), "--capacity: '0' is not a whole number from 1 to 1000000");
    EXPECT_EQ(refused({"--tags", "zone=a,zone=b"}), "--tags: the tag 'zone' is given twice");
    EXPECT_EQ(refused({"--tags", "node=3"}), "--tags: 'node' is a tag that every broker has without being told");
    EXPECT_NE(refused({"--tags", "zone="}).find("'zone=' is not a tag"), std::string::npos);
    settings_file const tables("single_node = true\n[[tags]]\nzone = \"a\"\n");
    EXPECT_NE(refused({"--config", tables.path()}).find("tags takes a list of words"), std::string::npos);
}

TEST(settings, unknown_names_are_answered_with_the_nearest_known_one) {
    settings_file const file("kafka_prot = 9092\n");

    EXPECT_NE(refused({"--config", file.path()}).find(":1: unknown key 'kafka_prot'; did you mean 'kafka_port'?"),
              std::string::npos);
    EXPECT_EQ(refused({}, {"CHRONIK_DATADIR=/x"}), "unknown variable CHRONIK_DATADIR; did you mean CHRONIK_DATA_DIR?");
    EXPECT_EQ(refused({"--advertise-addr=x"}), "unknown option --advertise-addr; did you mean --advertised-addr?");
    EXPECT_EQ(refused({"--bootstrap"}).substr(0, 26), "unknown option --bootstrap");
    EXPECT_NE(refused({"start"}).find("unexpected argument 'start'"), std::string::npos);
}

TEST(settings, names_of_other_brokers_lead_to_ours) {
    EXPECT_EQ(nearest_setting("log.dirs").key, "data_dir");
    EXPECT_EQ(nearest_setting("broker.id").key, "node_id");
    EXPECT_EQ(nearest_setting("advertised.listeners").key, "advertised_addr");
    EXPECT_EQ(nearest_setting("metrics-port").key, "http_port");
    EXPECT_EQ(nearest_setting("raft_port").key, "rpc_port");
    EXPECT_EQ(nearest_setting("default.replication.factor").key, "replication_factor_default");
}

TEST(settings, variables_of_kubernetes_services_and_empty_ones_are_ignored) {
    settings const one = loaded(
        {}, {"CHRONIK_SERVICE_HOST=10.0.0.1", "CHRONIK_SERVICE_PORT_KAFKA=9092", "CHRONIK_PORT=tcp://10.0.0.1:9092",
             "CHRONIK_PORT_9092_TCP_ADDR=10.0.0.1", "CHRONIK_KAFKA_PORT=tcp://10.0.0.1:9092", "CHRONIK_RACK="});

    EXPECT_EQ(one.kafka_port, 9092);
}

TEST(settings, values_that_do_not_fit_name_their_source_and_what_fits) {
    settings_file const file("single_node = true\n\nkafka_port = 70000\n");

    EXPECT_EQ(refused({"--config", file.path()}),
              std::string(file.path()) + ":3: kafka_port: '70000' is not a whole number from 1 to 65535");
    EXPECT_EQ(refused({}, {"CHRONIK_KAFKA_PORT=0"}), "CHRONIK_KAFKA_PORT: '0' is not a whole number from 1 to 65535");
    EXPECT_EQ(refused({"--log-level", "loud"}), "--log-level: 'loud' is none of: trace, debug, info, warn, error");
    EXPECT_NE(refused({"--election-timeout-min", "500"}).find("with a unit"), std::string::npos);
    EXPECT_NE(refused({"--segment-bytes", "64 M"}).find("64 MiB or 64 MB"), std::string::npos);
    EXPECT_NE(refused({"--segment-bytes", "99999999999 TiB"}).find("not a size"), std::string::npos);
    EXPECT_NE(refused({"--bind-addr", "localhost:9092"}).find("not a host name"), std::string::npos);
    EXPECT_NE(refused({"--kafka-port"}).find("--kafka-port"), std::string::npos);
    EXPECT_NE(
        refused({"--config", "/nowhere/chronik.toml"}).find("cannot read the settings file /nowhere/chronik.toml"),
        std::string::npos);
}

TEST(settings, damaged_files_are_refused_with_their_line) {
    settings_file const broken("node_id = 1\nkafka_port = = 2\n");
    settings_file const nested("[server]\nkafka_port = 2\n");
    settings_file const list("kafka_port = [1, 2]\n");
    settings_file const odd_peer("[[peers]]\nid = 1\naddr = \"a\"\n");

    EXPECT_NE(refused({"--config", broken.path()}).find(":2: "), std::string::npos);
    EXPECT_NE(refused({"--config", nested.path()}).find("[server] is not used here"), std::string::npos);
    EXPECT_NE(refused({"--config", list.path()}).find("one value"), std::string::npos);
    EXPECT_NE(refused({"--config", odd_peer.path()}).find("unknown key 'addr' in peers"), std::string::npos);
}

TEST(settings, what_a_refusal_quotes_does_not_break_its_line) {
    settings_file const file("single_node = true\nrack = \"r\"\nlog_level = \"lo\\nud\"\n");

    EXPECT_NE(refused({"--config", file.path()}).find("log_level: 'lo ud' is none of"), std::string::npos);
    EXPECT_NE(refused({"--log-level", "a\nb"}).find("'a b'"), std::string::npos);
}

TEST(settings, an_empty_peer_list_is_an_error_unless_one_node_is_asked_for_by_name) {
    settings_file const file("kafka_port = 9092\n");

    EXPECT_NE(refused({"--cluster-config", file.path()}).find("--single-node"), std::string::npos);
    EXPECT_NE(refused({"--node-id", "2"}).find("no other nodes are configured"), std::string::npos);
    EXPECT_NE(refused({"--single-node=false"}).find("no other nodes"), std::string::npos);
    EXPECT_TRUE(loaded({"--cluster-config", file.path(), "--single-node"}).single_node);
    EXPECT_TRUE(loaded({"--node-id", "2", "--single-node", "true"}).single_node);
    EXPECT_TRUE(loaded({"--kafka-port", "9192", "--data-dir", "/tmp/x"}).single_node)
        << "ports and paths say nothing about a cluster";
    EXPECT_NE(refused({"--single-node", "--peers", "2@b:9092"}).find("remove one of the two"), std::string::npos);
}

TEST(settings, a_list_of_itself_begins_a_cluster_that_may_grow) {
    settings const first = loaded({"--peers", "1@localhost:9192"});

    EXPECT_FALSE(first.single_node);
    EXPECT_TRUE(first.peers.empty());
    EXPECT_EQ(first.kafka_port, 9192);
    EXPECT_EQ(first.advertised_addr, "localhost");
    EXPECT_EQ(first.replication_factor_default, 1);
    EXPECT_EQ(first.min_insync_replicas, 1);
    EXPECT_TRUE(loaded({"--single-node", "--peers", "1@localhost:9192"}).single_node) << "asked for by name";
}

TEST(settings, who_joins_needs_somebody_to_join) {
    char const* const peers = "1@localhost:9092,2@localhost:9192";

    settings const second = loaded({"--node-id", "2", "--peers", peers, "--join"});

    EXPECT_TRUE(second.join);
    EXPECT_EQ(second.peers.size(), 1u);
    EXPECT_FALSE(loaded({"--node-id", "2", "--peers", peers}).join);
    EXPECT_TRUE(loaded({"--node-id", "2", "--peers", peers}, {"CHRONIK_JOIN=yes"}).join);
    EXPECT_NE(refused({"--join"}).find("there is nobody to join: list the cluster's nodes in peers"),
              std::string::npos);
    EXPECT_NE(refused({"--join", "--peers", "1@localhost:9092"}).find("nobody to join"), std::string::npos);
    EXPECT_NE(refused({"--join", "--single-node"}).find("nobody to join"), std::string::npos);
}

TEST(settings, contradicting_peers_are_refused) {
    EXPECT_NE(refused({"--peers", "1@a:9192,2@b:9092", "--kafka-port", "9092"}).find("make them equal"),
              std::string::npos);
    EXPECT_NE(refused({"--peers", "1@a:9092:5,2@b:9092", "--rpc-port", "6"}).find("make them equal"),
              std::string::npos);
    EXPECT_NE(refused({"--peers", "2@a:9092,2@b:9092"}).find("lists node 2 twice"), std::string::npos);
    EXPECT_NE(refused({"--peers", "1@a:9092,2@a:9092"}).find("are both a:9092"), std::string::npos);
    EXPECT_NE(refused({"--peers", "1@a:9092,2@a:10092"}).find("http_port and the Kafka port of node 2"),
              std::string::npos);
    EXPECT_NE(refused({"--peers", "1@a:9092,2@0.0.0.0:9092"}).find("give its name or address"), std::string::npos);
    EXPECT_NE(refused({"--peers", "1@a:9092,b:9092"}).find("has no node id"), std::string::npos);
    EXPECT_NE(refused({"--peers", "1@a,2@b:9092"}).find("has no Kafka port"), std::string::npos);
}

TEST(settings, derived_ports_that_overflow_name_port_purpose_and_setting) {
    EXPECT_EQ(refused({"--kafka-port", "65000"}),
              "the port for metrics, health and administration would be kafka_port 65000 + 1000, above 65535: set "
              "http_port / --http-port / CHRONIK_HTTP_PORT");
    EXPECT_EQ(loaded({"--kafka-port", "65000", "--http-port", "1", "--search-port", "2", "--rpc-port", "3"}).rpc_port,
              3);
    EXPECT_NE(refused({"--peers", "1@a:9092,2@b:65000"}).find("2@b:65000:RPC_PORT"), std::string::npos);
    EXPECT_NE(refused({"--http-port", "9092"}).find("kafka_port and http_port are both 9092"), std::string::npos);
}

TEST(settings, the_search_port_can_be_set_by_variable) {
    EXPECT_EQ(loaded({}, {"CHRONIK_SEARCH_PORT=6080"}).search_port, 6080);
}

TEST(settings, a_wildcard_is_never_advertised) {
    EXPECT_NE(refused({"--advertised-addr", "0.0.0.0"}).find("--advertised-addr"), std::string::npos);
    EXPECT_NE(refused({"--advertised-addr", "::"}).find("--advertised-addr"), std::string::npos);
    EXPECT_NE(refused({"--peers", "2@b:9092"}).find("clients would be told to connect to 0.0.0.0"), std::string::npos);
    EXPECT_EQ(loaded({"--peers", "2@b:9092", "--bind-addr", "10.0.0.7"}).advertised_addr, "10.0.0.7");
}

TEST(settings, impossible_combinations_are_refused) {
    EXPECT_NE(refused({"--replication-factor-default", "3"}).find("more than the 1 nodes"), std::string::npos);
    EXPECT_NE(refused({"--min-insync-replicas", "2"}).find("acks=all could never succeed"), std::string::npos);
    EXPECT_NE(refused({"--heartbeat-interval", "400 ms"}).find("a third"), std::string::npos);
    EXPECT_NE(
        refused({"--election-timeout-max", "100 ms"}).find("election_timeout_max 100 ms (from --election-timeout-max)"),
        std::string::npos);
    EXPECT_NE(refused({"--message-max-bytes", "100 MiB"}).find("does not fit into segment_bytes"), std::string::npos);
    EXPECT_NE(refused({"--inflight-bytes-max", "2 MiB"}).find("raise inflight_bytes_max"), std::string::npos);
}

TEST(settings, three_nodes_on_one_host_collide_nowhere) {
    char const* const peers = "1@localhost:9092,2@localhost:9192,3@localhost:9292";

    for (char const* id : {"1", "2", "3"}) {
        settings const node = loaded({"--node-id", id, "--peers", peers});
        EXPECT_EQ(node.advertised_addr, "localhost");
        EXPECT_EQ(node.min_insync_replicas, 2);
        EXPECT_EQ(node.peers.size(), 2u);
    }
}

TEST(settings, values_are_read_back_as_they_are_shown) {
    settings const sample =
        loaded({"--peers", "1@a:9092,2@[::1]:9093:7000", "--segment-bytes", "5 MiB", "--drain-timeout", "1500 ms"});

    for (setting const& row : settings_table()) {
        SCOPED_TRACE(row.key);
        settings copy = sample;
        if (row.show(sample).empty()) continue;
        ASSERT_TRUE(row.assign(copy, row.show(sample)));
        EXPECT_EQ(copy, sample);
    }
    EXPECT_EQ(sample.drain_timeout, 1500ms);
}

TEST(settings, requests_to_print_answer_instead_of_running) {
    auto const help = load({"--help"});
    auto const check = load({"--check-config", "--kafka-port", "7000"});

    ASSERT_TRUE(help && help->text && check && check->text);
    for (setting const& row : settings_table())
        EXPECT_NE(help->text->find(option_name(row.key)), std::string::npos) << row.key;
    EXPECT_NE(check->text->find("http_port                    8000\n"), std::string::npos) << *check->text;
    EXPECT_EQ(load({"--version"})->text->substr(0, 15), "chronik-broker ");
}

TEST(settings, the_page_in_docs_is_the_printed_one) {
    auto const page = std::filesystem::path{CHRONIK_TESTS} / "../docs/operating/settings.md";
    std::ostringstream written;
    written << std::ifstream(page).rdbuf();

    EXPECT_EQ(written.str(), settings_page())
        << "print it again: chronik-broker --print-settings-doc > docs/operating/settings.md";
}

}  // namespace
}  // namespace broker
