// SPDX-License-Identifier: Apache-2.0
#include <broker/load/consumer.hpp>

#include <broker/load/record.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <string>

namespace load {

namespace {

constexpr int poll_ms = 50;
constexpr std::size_t records_at_once = 1000;

}  // namespace

consumer::consumer(settings const& chosen, std::vector<extent> const& starts, std::vector<int> own)
    : chosen_(&chosen), own_(std::move(own)), next_(starts.size()) {
    std::ranges::transform(starts, next_.begin(), &extent::low);
    configuration made = client_configuration(chosen);
    made.set("group.id", "broker-load");  // librdkafka wants one; nothing is committed
    made.set("enable.auto.commit", "false");
    made.set("enable.auto.offset.store", "false");
    made.set("auto.offset.reset", "error");
    client_ = made.make(RD_KAFKA_CONSUMER);
    rd_kafka_poll_set_consumer(client_.get());
    queue_.reset(rd_kafka_queue_get_consumer(client_.get()));
    partition_list const list{rd_kafka_topic_partition_list_new(static_cast<int>(own_.size()))};
    for (int const partition : own_) {
        rd_kafka_topic_partition_list_add(list.get(), chosen.topic.c_str(), partition)->offset =
            next_[static_cast<std::size_t>(partition)];
    }
    auto const error = rd_kafka_assign(client_.get(), list.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw failure{std::string{"assign: "} + rd_kafka_err2str(error)};
}

consumer::~consumer() {
    queue_.reset();
    rd_kafka_consumer_close(client_.get());
}

void consumer::read_until(std::vector<extent> const& ends) {
    ends_ = ends;
    ends_known_ = true;
}

bool consumer::at_end() const {
    return ends_known_ && std::ranges::all_of(own_, [this](int partition) {
               auto const place = static_cast<std::size_t>(partition);
               return next_[place] >= ends_[place].high;
           });
}

void consumer::run(window measured) {
    measured_ = measured;
    auto const patience = static_cast<nanoseconds>(chosen_->patience_s * static_cast<double>(second));
    auto moved_at = now();
    std::array<rd_kafka_message_t*, records_at_once> records{};
    while (!stopped_ && !at_end()) {
        auto const count = rd_kafka_consume_batch_queue(queue_.get(), poll_ms, records.data(), records.size());
        for (auto* const record : std::span{records.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))}) {
            owned<rd_kafka_message_t, rd_kafka_message_destroy> const one{record};
            take(*one);
        }
        // Before the ends are known nothing may be there to read, for as long as the producers take.
        if (count > 0 || !ends_known_) moved_at = now();
        if (now() - moved_at > patience) return;
    }
}

void consumer::take(rd_kafka_message_t const& record) {
    if (record.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (record.rkt == nullptr) return;  // of a connection: what was not read will be missing
        throw failure{std::string{"reading: "} + rd_kafka_message_errstr(&record)};
    }
    auto const at = now();
    if (first_at_ == 0) first_at_ = at;
    last_at_ = at;
    read_.fetch_add(1, std::memory_order_relaxed);
    bytes_ += record.len;
    auto& next = next_[static_cast<std::size_t>(record.partition)];
    if (record.offset != next) ++misplaced_;
    next = record.offset + 1;
    auto const found = read_stamp({static_cast<char const*>(record.payload), record.len});
    if (!found) {
        ++foreign_;
        return;
    }
    ++by_producer_[found->producer];
    auto& expected = next_sequence_[{record.partition, found->producer}];
    if (found->sequence < expected) ++repeated_;
    expected = std::max(expected, found->sequence + 1);
    if (measured_.has(found->due)) latencies_.record(at > found->due ? at - found->due : 0);
}

}  // namespace load
