// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker/load/client.hpp>
#include <broker/load/clock.hpp>
#include <broker/load/histogram.hpp>

#include <chronik/base/random.hpp>

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace load {

/// When a producer sends, and when it ends.
struct schedule {
    nanoseconds starts = 0;
    nanoseconds ends = 0;       ///< nothing is due from then on
    window measured;            ///< whose latencies count
    double interval_ns = 0;     ///< open loop: between two records; 0 is closed loop
    double first_ns = 0;        ///< open loop: the first one, after `starts`; producers take turns
    std::uint64_t records = 0;  ///< closed loop: so many and no more; 0 is no limit
    std::uint32_t depth = 1;    ///< closed loop: records under way
};

/// One Kafka producer, with a librdkafka instance of its own.
///
/// Open loop: a record's latency counts from when it was due, however late it was sent, so that a broker that stands
/// still is charged for everyone who would have come meanwhile. Closed loop: from when it was handed to the client.
/// threads   run() has one of its own, and in the open loop a second takes the acknowledgements; the counters may be
///           read by others, everything else after run() has returned
class producer {
public:
    producer(settings const& chosen, std::uint32_t number, int partitions);
    ~producer();
    producer(producer const&) = delete;
    producer& operator=(producer const&) = delete;

    /// Sends until the schedule ends, and returns when each record has an outcome or nothing moved for the patience.
    void run(schedule const& when);
    /// Lets run() end soon.
    void stop() { stopped_ = true; }

    std::uint64_t sent() const { return sent_; }
    std::uint64_t acknowledged() const { return acknowledged_; }
    std::uint64_t refused() const { return refused_; }
    /// What the first refused record was told; empty without one.
    std::string const& first_refusal() const { return first_refusal_; }
    histogram const& latencies() const { return latencies_; }
    /// The longest time between two acknowledgements in the same partition.
    nanoseconds longest_silence() const { return longest_silence_; }
    nanoseconds last_acknowledged() const { return last_acknowledged_; }
    rd_kafka_t* client() const { return client_.get(); }

private:
    void run_open(schedule const& when);
    void run_closed(schedule const& when);
    void drain();
    bool send(nanoseconds due);
    void on_outcome(rd_kafka_message_t const& record);

    settings const* chosen_;
    std::uint32_t number_;
    chronik::random chance_;
    std::string values_;  ///< as many as fit into some cache, behind each other; sent in turns
    std::vector<nanoseconds> last_in_partition_;
    window measured_;
    histogram latencies_;
    nanoseconds longest_silence_ = 0;
    nanoseconds last_acknowledged_ = 0;
    std::string first_refusal_;
    std::atomic<std::uint64_t> sent_ = 0;
    std::atomic<std::uint64_t> acknowledged_ = 0;
    std::atomic<std::uint64_t> refused_ = 0;
    std::atomic<bool> stopped_ = false;
    client_handle client_;
    topic_handle topic_;
};

}  // namespace load
