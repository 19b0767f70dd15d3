// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker/load/settings.hpp>

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace load {

/// Something that makes the run's figures worthless: its text is the result.
struct failure : std::runtime_error {
    using runtime_error::runtime_error;
};

template <auto Free>
struct freed_by {
    template <class T>
    void operator()(T* what) const {
        Free(what);
    }
};
template <class T, auto Free>
using owned = std::unique_ptr<T, freed_by<Free>>;

using client_handle = owned<rd_kafka_t, rd_kafka_destroy>;
using topic_handle = owned<rd_kafka_topic_t, rd_kafka_topic_destroy>;
using queue_handle = owned<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using partition_list = owned<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;

/// A client's settings on their way to rd_kafka_new.
class configuration {
public:
    configuration() : held_(rd_kafka_conf_new()) {}

    /// throws   failure, for a name or value that librdkafka does not take
    void set(std::string const& name, std::string const& value);
    /// `name=value`
    void set(std::string const& pair);
    rd_kafka_conf_t* get() { return held_.get(); }

    /// throws   failure
    client_handle make(rd_kafka_type_t type);

private:
    owned<rd_kafka_conf_t, rd_kafka_conf_destroy> held_;
};

/// What every client of a run has in common.
configuration client_configuration(settings const& chosen);
configuration producer_configuration(settings const& chosen);

/// The first and the next offset of a partition.
struct extent {
    std::int64_t low = 0;
    std::int64_t high = 0;
};

/// Topics, as an administrator sees them.
class administrator {
public:
    explicit administrator(settings const& chosen);

    /// Creates the topic and waits until each partition has a leader.
    void create_topic(settings const& chosen);
    /// How many partitions the topic has.
    int partitions(std::string const& topic);
    std::vector<extent> extents(std::string const& topic, int partitions);

private:
    int partitions_with_leader(std::string const& topic, bool all_needed);

    client_handle client_;
    int timeout_ms_;
};

}  // namespace load
