// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker/load/client.hpp>
#include <broker/load/clock.hpp>
#include <broker/load/histogram.hpp>

#include <atomic>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace load {

/// One Kafka consumer that reads some partitions of the topic, without a group, and looks at each record.
///
/// threads   run() has one of its own; read() may be called by others, everything else after run() has returned
class consumer {
public:
    /// starts   where each partition of the topic is read from; `own` are those that this consumer reads
    consumer(settings const& chosen, std::vector<extent> const& starts, std::vector<int> own);
    ~consumer();
    consumer(consumer const&) = delete;
    consumer& operator=(consumer const&) = delete;

    /// Reads until each partition's end is reached; the ends may become known later, by read_until().
    void run(window measured);
    /// ends   of every partition of the topic
    void read_until(std::vector<extent> const& ends);
    void stop() { stopped_ = true; }

    std::uint64_t read() const { return read_; }
    std::uint64_t bytes() const { return bytes_; }
    nanoseconds first_at() const { return first_at_; }
    nanoseconds last_at() const { return last_at_; }
    /// From when a record was due to when it was here.
    histogram const& latencies() const { return latencies_; }

    /// Offsets that were jumped over or came twice, and values that no producer of ours wrote.
    std::uint64_t misplaced() const { return misplaced_; }
    std::uint64_t foreign() const { return foreign_; }
    /// Records whose sequence did not grow within their partition: doubled by a retry, or out of order.
    std::uint64_t repeated() const { return repeated_; }
    /// Records of each producer.
    std::map<std::uint32_t, std::uint64_t> const& by_producer() const { return by_producer_; }

private:
    void take(rd_kafka_message_t const& record);
    bool at_end() const;

    settings const* chosen_;
    std::vector<int> own_;
    std::vector<std::int64_t> next_;  ///< of each partition of the topic
    std::vector<extent> ends_;        ///< read when ends_known_
    std::atomic<bool> ends_known_ = false;
    std::atomic<bool> stopped_ = false;
    std::atomic<std::uint64_t> read_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t misplaced_ = 0;
    std::uint64_t foreign_ = 0;
    std::uint64_t repeated_ = 0;
    nanoseconds first_at_ = 0;
    nanoseconds last_at_ = 0;
    window measured_;
    histogram latencies_;
    std::map<std::uint32_t, std::uint64_t> by_producer_;
    std::map<std::pair<int, std::uint32_t>, std::uint64_t> next_sequence_;  ///< by partition and producer
    client_handle client_;
    queue_handle queue_;
};

}  // namespace load
