// SPDX-License-Identifier: Apache-2.0
#include <broker/load/producer.hpp>

#include <broker/load/record.hpp>

#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cmath>
#include <thread>

namespace load {

namespace {

constexpr std::size_t values_bytes = 256 * 1024;
/// Records that become due within it are sent together: more wake-ups would load the machine and measure nothing.
constexpr nanoseconds tick = 100'000;
constexpr int poll_ms = 50;
constexpr auto relaxed = std::memory_order_relaxed;

}  // namespace

producer::producer(settings const& chosen, std::uint32_t number, int partitions)
    : chosen_(&chosen),
      number_(number),
      chance_(chosen.seed + number),
      values_(filler(std::max<std::size_t>(1, values_bytes / chosen.record_bytes) * chosen.record_bytes,
                     chosen.seed + number)),
      last_in_partition_(static_cast<std::size_t>(partitions)) {
    configuration made = producer_configuration(chosen);
    rd_kafka_conf_set_opaque(made.get(), this);
    rd_kafka_conf_set_dr_msg_cb(made.get(), [](rd_kafka_t*, rd_kafka_message_t const* record, void* self) {
        static_cast<producer*>(self)->on_outcome(*record);
    });
    client_ = made.make(RD_KAFKA_PRODUCER);
    topic_.reset(rd_kafka_topic_new(client_.get(), chosen.topic.c_str(), nullptr));
    if (!topic_) throw failure{std::string{"the topic: "} + rd_kafka_err2str(rd_kafka_last_error())};
}

producer::~producer() {
    // What has no outcome by now was counted as lost; without this the destructor would wait for it.
    rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
}

void producer::on_outcome(rd_kafka_message_t const& record) {
    if (record.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (refused_ == 0) first_refusal_ = rd_kafka_err2str(record.err);
        refused_.fetch_add(1, relaxed);
        return;
    }
    auto const at = now();
    auto const due = reinterpret_cast<std::uintptr_t>(record._private);
    if (measured_.has(due)) latencies_.record(at > due ? at - due : 0);
    auto& last = last_in_partition_[static_cast<std::size_t>(record.partition)];
    if (last != 0) longest_silence_ = std::max(longest_silence_, at - last);
    last = at;
    last_acknowledged_ = at;
    acknowledged_.fetch_add(1, relaxed);
}

/// returns   false when the client's queue is full
bool producer::send(nanoseconds due) {
    std::size_t const size = chosen_->record_bytes;
    std::span<char> const value{values_.data() + (sent_ * size) % values_.size(), size};
    write_stamp(value, {.producer = number_, .sequence = sent_, .due = due});
    std::array<char, 16> key{'k', 'e', 'y', '-'};
    std::size_t key_bytes = 0;
    if (chosen_->keys != 0) {
        auto const end = std::to_chars(key.data() + 4, key.data() + key.size(), chance_.below(chosen_->keys));
        key_bytes = static_cast<std::size_t>(end.ptr - key.data());
    }
    int const failed =
        rd_kafka_produce(topic_.get(), RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value.data(), value.size(),
                         key_bytes == 0 ? nullptr : key.data(), key_bytes, reinterpret_cast<void*>(due));
    if (failed == 0) {
        sent_.fetch_add(1, relaxed);
        return true;
    }
    auto const error = rd_kafka_last_error();
    if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) return false;
    throw failure{std::string{"a record could not be handed to the client: "} + rd_kafka_err2str(error)};
}

void producer::run(schedule const& when) {
    measured_ = when.measured;
    ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    sleep_until(when.starts);
    if (when.interval_ns > 0) {
        run_open(when);
    } else {
        run_closed(when);
        drain();
    }
}

void producer::run_open(schedule const& when) {
    std::atomic<bool> sending = true;  // past the end, too: who is late sends what was due
    std::thread outcomes{[this, &sending] {
        while (sending && !stopped_) rd_kafka_poll(client_.get(), poll_ms);
        drain();
    }};
    try {
        for (std::uint64_t i = 0; !stopped_; ++i) {
            auto const due =
                when.starts + static_cast<nanoseconds>(when.first_ns + static_cast<double>(i) * when.interval_ns);
            if (due >= when.ends) break;
            if (auto const at = now(); due > at) sleep_until(std::max(due, at + tick));
            while (!stopped_ && !send(due)) sleep_until(now() + tick);
        }
    } catch (failure const&) {
        stopped_ = true;
        outcomes.join();
        throw;
    }
    sending = false;
    outcomes.join();
}

void producer::run_closed(schedule const& when) {
    while (!stopped_ && now() < when.ends) {
        bool full = false;
        while (!full && sent_ - acknowledged_ - refused_ < when.depth && (when.records == 0 || sent_ < when.records)) {
            full = !send(now());
            if (sent_ % 1024 == 0) break;  // acknowledgements of many records are taken between
        }
        if (when.records != 0 && sent_ >= when.records) return;
        bool const wait = full || sent_ - acknowledged_ - refused_ >= when.depth;
        rd_kafka_poll(client_.get(), wait ? poll_ms : 0);
    }
}

void producer::drain() {
    std::uint64_t before = 0;
    auto moved_at = now();
    auto const patience = static_cast<nanoseconds>(chosen_->patience_s * static_cast<double>(second));
    while (acknowledged_ + refused_ < sent_ && now() - moved_at < patience) {
        rd_kafka_poll(client_.get(), poll_ms);
        if (auto const done = acknowledged_ + refused_; done != before) {
            before = done;
            moved_at = now();
        }
    }
}

}  // namespace load
