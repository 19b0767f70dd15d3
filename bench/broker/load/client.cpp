// SPDX-License-Identifier: Apache-2.0
#include <broker/load/client.hpp>

#include <broker/load/clock.hpp>

#include <array>
#include <cmath>

namespace load {

namespace {

/// One question for a partition's offsets; whom the client asks may be dead.
constexpr int offsets_ms = 2000;

}  // namespace

void configuration::set(std::string const& name, std::string const& value) {
    std::array<char, 512> why{};
    if (rd_kafka_conf_set(held_.get(), name.c_str(), value.c_str(), why.data(), why.size()) != RD_KAFKA_CONF_OK) {
        throw failure{why.data()};
    }
}

void configuration::set(std::string const& pair) {
    auto const equals = pair.find('=');
    if (equals == std::string::npos) throw failure{pair + ": not of the form name=value"};
    set(pair.substr(0, equals), pair.substr(equals + 1));
}

client_handle configuration::make(rd_kafka_type_t type) {
    std::array<char, 512> why{};
    client_handle made{rd_kafka_new(type, held_.get(), why.data(), why.size())};
    if (!made) throw failure{why.data()};
    static_cast<void>(held_.release());  // the client's now
    return made;
}

configuration client_configuration(settings const& chosen) {
    configuration made;
    made.set("bootstrap.servers", chosen.bootstrap);
    // Errors of connections are told by what they lead to; a broker that is being started or killed makes many.
    made.set("log_level", "2");
    for (auto const& pair : chosen.client_settings) made.set(pair);
    return made;
}

configuration producer_configuration(settings const& chosen) {
    configuration made = client_configuration(chosen);
    made.set("acks", chosen.acks);
    made.set("enable.idempotence", chosen.idempotence ? "true" : "false");
    made.set("compression.codec", chosen.compression);
    made.set("batch.size", std::to_string(chosen.batch_bytes));
    made.set("linger.ms", std::to_string(chosen.linger_ms));
    made.set("partitioner", "murmur2_random");  // where Java's clients put a key
    made.set("queue.buffering.max.messages", "1000000");
    made.set("queue.buffering.max.kbytes", "1048576");
    return made;
}

administrator::administrator(settings const& chosen)
    : client_(client_configuration(chosen).make(RD_KAFKA_PRODUCER)),
      timeout_ms_(static_cast<int>(std::lround(chosen.patience_s * 1000))) {}

void administrator::create_topic(settings const& chosen) {
    std::array<char, 512> why{};
    owned<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy> const wanted{
        rd_kafka_NewTopic_new(chosen.topic.c_str(), chosen.partitions, chosen.replicas, why.data(), why.size())};
    if (!wanted) throw failure{why.data()};
    for (auto const& pair : chosen.topic_settings) {
        auto const equals = pair.find('=');
        if (equals == std::string::npos) throw failure{pair + ": not of the form name=value"};
        rd_kafka_NewTopic_set_config(wanted.get(), pair.substr(0, equals).c_str(), pair.substr(equals + 1).c_str());
    }
    owned<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy> const options{
        rd_kafka_AdminOptions_new(client_.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS)};
    rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms_, why.data(), why.size());
    rd_kafka_AdminOptions_set_operation_timeout(options.get(), timeout_ms_, why.data(), why.size());
    queue_handle const queue{rd_kafka_queue_new(client_.get())};
    auto* topic = wanted.get();
    rd_kafka_CreateTopics(client_.get(), &topic, 1, options.get(), queue.get());
    owned<rd_kafka_event_t, rd_kafka_event_destroy> const event{rd_kafka_queue_poll(queue.get(), timeout_ms_ + 1000)};
    if (!event) throw failure{"no answer to CreateTopics"};
    if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        throw failure{std::string{"CreateTopics: "} + rd_kafka_event_error_string(event.get())};
    }
    std::size_t count = 0;
    auto const* const answers =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
    for (std::size_t i = 0; i < count; ++i) {
        if (rd_kafka_topic_result_error(answers[i]) == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
        char const* const text = rd_kafka_topic_result_error_string(answers[i]);
        throw failure{"CreateTopics: " + std::string{text != nullptr ? text : "refused without a word"}};
    }
    auto const given_up = now() + static_cast<nanoseconds>(timeout_ms_) * 1'000'000;
    while (partitions_with_leader(chosen.topic, true) != chosen.partitions) {
        if (now() > given_up) throw failure{"the new topic's partitions have no leaders"};
        sleep_until(now() + second / 100);
    }
}

int administrator::partitions(std::string const& topic) { return partitions_with_leader(topic, false); }

int administrator::partitions_with_leader(std::string const& topic, bool all_needed) {
    topic_handle const handle{rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr)};
    struct rd_kafka_metadata const* raw = nullptr;  // a function has the same name
    auto const error = rd_kafka_metadata(client_.get(), 0, handle.get(), &raw, timeout_ms_);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw failure{std::string{"Metadata: "} + rd_kafka_err2str(error)};
    owned<struct rd_kafka_metadata const, rd_kafka_metadata_destroy> const answer{raw};
    int found = 0;
    for (int t = 0; t < answer->topic_cnt; ++t) {
        for (int p = 0; p < answer->topics[t].partition_cnt; ++p) {
            if (!all_needed || answer->topics[t].partitions[p].leader >= 0) ++found;
        }
    }
    return found;
}

std::vector<extent> administrator::extents(std::string const& topic, int partitions) {
    std::vector<extent> found(static_cast<std::size_t>(partitions));
    auto const given_up = now() + static_cast<nanoseconds>(timeout_ms_) * 1'000'000;
    for (int p = 0; p < partitions; ++p) {
        auto& one = found[static_cast<std::size_t>(p)];
        for (;;) {
            auto const error =
                rd_kafka_query_watermark_offsets(client_.get(), topic.c_str(), p, &one.low, &one.high, offsets_ms);
            if (error == RD_KAFKA_RESP_ERR_NO_ERROR) break;
            // The client passes on what it would itself try again when it produces: a new topic's leader that does not
            // know of it yet. A leader that has died it goes on waiting for, until it hears of the next one.
            bool const passes = error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
                                error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
                                error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
                                error == RD_KAFKA_RESP_ERR__TIMED_OUT || error == RD_KAFKA_RESP_ERR__TRANSPORT ||
                                error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
            if (!passes || now() > given_up) throw failure{std::string{"ListOffsets: "} + rd_kafka_err2str(error)};
            sleep_until(now() + second / 100);
            static_cast<void>(partitions_with_leader(topic, true));
        }
    }
    return found;
}

}  // namespace load
