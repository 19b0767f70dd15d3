// SPDX-License-Identifier: Apache-2.0
#include <broker/load/settings.hpp>

#include <broker/load/record.hpp>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstdlib>

namespace load {

namespace {

void add_target(CLI::App& to, settings& chosen) {
    to.add_option("--bootstrap", chosen.bootstrap, "host:port,... of the broker");
    to.add_option("--topic", chosen.topic, "its topic")->capture_default_str();
    to.add_option("--client-setting", chosen.client_settings, "name=value of librdkafka; may be repeated");
    to.add_option("--pid", chosen.pids, "a process of the broker, to count what it uses; may be repeated");
    to.add_option("--patience", chosen.patience_s, "seconds without progress after which the run has failed")
        ->capture_default_str();
}

void add_producing(CLI::App& to, settings& chosen) {
    to.add_option("--mock", chosen.mock_brokers, "brokers of librdkafka's mock cluster, instead of --bootstrap");
    to.add_flag("--create", chosen.create, "create the topic, which must not exist");
    to.add_option("--partitions", chosen.partitions)->capture_default_str()->check(CLI::Range(1, 100'000));
    to.add_option("--replicas", chosen.replicas)->capture_default_str()->check(CLI::Range(1, 99));
    to.add_option("--topic-setting", chosen.topic_settings, "name=value; may be repeated");
    to.add_option("--producers", chosen.producers, "clients, with connections of their own")
        ->capture_default_str()
        ->check(CLI::Range(1, 10'000));
    to.add_option("--record-bytes", chosen.record_bytes, "of each value")
        ->capture_default_str()
        ->check(CLI::Range(sizeof(stamp), std::size_t{16} << 20));
    to.add_option("--keys", chosen.keys, "different keys; 0: no key")->capture_default_str();
    to.add_option("--acks", chosen.acks)->capture_default_str()->check(CLI::IsMember({"0", "1", "all"}));
    to.add_option("--idempotence", chosen.idempotence)->capture_default_str();
    to.add_option("--compression", chosen.compression)
        ->capture_default_str()
        ->check(CLI::IsMember({"none", "gzip", "snappy", "lz4", "zstd"}));
    to.add_option("--batch-bytes", chosen.batch_bytes, "the largest batch")->capture_default_str();
    to.add_option("--linger-ms", chosen.linger_ms, "how long a batch waits for more")->capture_default_str();
    to.add_option("--rate", chosen.rate,
                  "records/s of all producers, each sent when it is due, and its latency counted from "
                  "then; 0: as fast as acknowledgements come")
        ->capture_default_str()
        ->check(CLI::NonNegativeNumber);
    to.add_option("--depth", chosen.depth, "without --rate: records under way, of all producers")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    to.add_option("--warm-up", chosen.warm_up_s, "seconds that are not measured")->capture_default_str();
    to.add_option("--seconds", chosen.seconds, "that are measured")->capture_default_str()->check(CLI::PositiveNumber);
    to.add_option("--records", chosen.records, "without --rate: so many, instead of --seconds; no warm-up");
    to.add_option("--seed", chosen.seed, "of keys and values")->capture_default_str();
}

}  // namespace

settings read_settings(int count, char** words) {
    settings chosen;
    CLI::App app{"Puts a load on a Kafka-compatible broker, checks that no record was lost, and tells what it took."};
    app.require_subcommand(1);
    app.fallthrough();
    app.add_option("--json", chosen.json, "a file for the result [standard output]");

    auto* const produce = app.add_subcommand("produce", "producers only");
    auto* const both = app.add_subcommand("end-to-end", "producers, and consumers that read along");
    auto* const consume = app.add_subcommand("consume", "reads what a topic has, as fast as it comes");
    auto* const first = app.add_subcommand("first-ack", "tries until one record is acknowledged; tells when that was");
    auto* const disk = app.add_subcommand("disk", "what the disk takes: writes of 4 KiB and 1 MiB, each synced");
    auto* const loopback = app.add_subcommand("loopback", "what TCP takes on this machine: bytes, and round trips");
    for (auto* const each : {produce, both, consume, first}) add_target(*each, chosen);
    for (auto* const each : {produce, both}) add_producing(*each, chosen);
    for (auto* const each : {both, consume}) {
        each->add_option("--consumers", chosen.consumers, "clients, which share the partitions")->capture_default_str();
    }
    disk->add_option("--directory", chosen.directory, "where the broker's data would be")->required();
    for (auto* const each : {disk, loopback}) each->add_option("--seconds", chosen.seconds)->capture_default_str();

    try {
        app.parse(count, words);
        chosen.mode = app.get_subcommands().front()->get_name();
        bool const needs_broker = chosen.mode != "disk" && chosen.mode != "loopback";
        if (needs_broker && chosen.bootstrap.empty() == (chosen.mock_brokers == 0)) {
            throw CLI::ValidationError{"--bootstrap or --mock: one of the two"};
        }
        if (chosen.mock_brokers != 0 && chosen.mode != "produce")
            throw CLI::ValidationError{"--mock takes produce alone"};
        if (chosen.rate > 0 && chosen.records != 0)
            throw CLI::ValidationError{"--rate and --records exclude each other"};
        if (chosen.acks != "all" && both->count("--idempotence") + produce->count("--idempotence") == 0) {
            chosen.idempotence = false;  // it needs acks=all
        }
        if (chosen.acks == "0" && chosen.mode == "end-to-end") {
            throw CLI::ValidationError{"--acks 0 promises nothing that could be read back"};
        }
    } catch (CLI::ParseError const& error) { std::exit(app.exit(error) == 0 ? 0 : 2); }
    return chosen;
}

nlohmann::json to_json(settings const& chosen) {
    return {{"topic", chosen.topic},
            {"partitions", chosen.partitions},
            {"replicas", chosen.replicas},
            {"topic_settings", chosen.topic_settings},
            {"producers", chosen.producers},
            {"consumers", chosen.consumers},
            {"record_bytes", chosen.record_bytes},
            {"keys", chosen.keys},
            {"acks", chosen.acks},
            {"idempotence", chosen.idempotence},
            {"compression", chosen.compression},
            {"batch_bytes", chosen.batch_bytes},
            {"linger_ms", chosen.linger_ms},
            {"client_settings", chosen.client_settings},
            {"rate", chosen.rate},
            {"depth", chosen.depth},
            {"warm_up_s", chosen.warm_up_s},
            {"seconds", chosen.seconds},
            {"records", chosen.records},
            {"seed", chosen.seed},
            {"mock_brokers", chosen.mock_brokers}};
}

}  // namespace load
