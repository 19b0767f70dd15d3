// SPDX-License-Identifier: Apache-2.0
#include <broker/load/runs.hpp>

#include <broker/load/client.hpp>
#include <broker/load/clock.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace load {

namespace {

/// What became of the one record.
struct outcome {
    nanoseconds acknowledged_at = 0;
    std::string refused{};

    bool is_open() const { return acknowledged_at == 0 && refused.empty(); }
};

configuration impatient(settings const& chosen) {
    configuration made = producer_configuration(chosen);
    // The broker may not be there yet: it is looked for as often as it costs nothing to speak of.
    made.set("reconnect.backoff.ms", "2");
    made.set("reconnect.backoff.max.ms", "10");
    made.set("retry.backoff.ms", "5");
    made.set("linger.ms", "0");
    // An idempotent producer asks for its id every half second only, whenever the broker came.
    made.set("enable.idempotence", "false");
    return made;
}

/// By itself the client looks once a second for a topic that it has not found: it is asked to look now.
///
/// returns   when a broker has answered, or after a tenth of a second
void look_for_leader(rd_kafka_t* client, rd_kafka_topic_t* topic) {
    struct rd_kafka_metadata const* told = nullptr;  // the function has the same name
    if (rd_kafka_metadata(client, 0, topic, &told, 100) == RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_metadata_destroy(told);
}

}  // namespace

nlohmann::json run_first_ack(settings const& chosen) {
    configuration made = impatient(chosen);
    outcome told;
    rd_kafka_conf_set_opaque(made.get(), &told);
    rd_kafka_conf_set_dr_msg_cb(made.get(), [](rd_kafka_t*, rd_kafka_message_t const* record, void* opaque) {
        auto& out = *static_cast<outcome*>(opaque);
        if (record->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            out.acknowledged_at = now();
        } else {
            out.refused = rd_kafka_err2str(record->err);
        }
    });
    client_handle const client = made.make(RD_KAFKA_PRODUCER);
    topic_handle const topic{rd_kafka_topic_new(client.get(), chosen.topic.c_str(), nullptr)};
    std::string value = "first";
    if (rd_kafka_produce(topic.get(), 0, RD_KAFKA_MSG_F_COPY, value.data(), value.size(), nullptr, 0, nullptr) != 0) {
        throw failure{rd_kafka_err2str(rd_kafka_last_error())};
    }
    auto const given_up = now() + static_cast<nanoseconds>(chosen.patience_s * 1e9);
    while (told.is_open() && now() < given_up) {
        look_for_leader(client.get(), topic.get());
        rd_kafka_poll(client.get(), 2);
    }
    if (!told.refused.empty()) throw failure{"the record was refused: " + told.refused};
    if (told.acknowledged_at == 0) {
        rd_kafka_purge(client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        throw failure{"nothing was acknowledged"};
    }
    return {{"mode", chosen.mode}, {"acknowledged_at_ns", told.acknowledged_at}, {"failures", nlohmann::json::array()}};
}

}  // namespace load
