// SPDX-License-Identifier: Apache-2.0
#include <broker/load/runs.hpp>

#include <broker/load/client.hpp>
#include <broker/load/clock.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace load {

nlohmann::json run_first_ack(settings const& chosen) {
    configuration made = producer_configuration(chosen);
    // The broker may not be there yet: it is looked for as often as it costs nothing to speak of.
    made.set("reconnect.backoff.ms", "2");
    made.set("reconnect.backoff.max.ms", "10");
    made.set("retry.backoff.ms", "5");
    made.set("topic.metadata.refresh.fast.interval.ms", "10");
    made.set("linger.ms", "0");
    // An idempotent producer asks for its id every half second only, whenever the broker came.
    made.set("enable.idempotence", "false");
    nanoseconds acknowledged_at = 0;
    std::string refused;
    struct outcome {
        nanoseconds& at;
        std::string& refused;
    } told{acknowledged_at, refused};
    rd_kafka_conf_set_opaque(made.get(), &told);
    rd_kafka_conf_set_dr_msg_cb(made.get(), [](rd_kafka_t*, rd_kafka_message_t const* record, void* opaque) {
        auto& out = *static_cast<outcome*>(opaque);
        if (record->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            out.at = now();
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
    while (acknowledged_at == 0 && refused.empty() && now() < given_up) rd_kafka_poll(client.get(), 100);
    if (!refused.empty()) throw failure{"the record was refused: " + refused};
    if (acknowledged_at == 0) {
        rd_kafka_purge(client.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        throw failure{"nothing was acknowledged"};
    }
    return {{"mode", chosen.mode}, {"acknowledged_at_ns", acknowledged_at}, {"failures", nlohmann::json::array()}};
}

}  // namespace load
