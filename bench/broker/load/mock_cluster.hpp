// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker/load/client.hpp>

#include <librdkafka/rdkafka_mock.h>

namespace load {

/// librdkafka's mock cluster, as long as this lives: what the client can do when the broker costs next to nothing.
/// Points `chosen` at it.
class mock_cluster {
public:
    explicit mock_cluster(settings& chosen) {
        configuration made;
        made.set("log_level", "2");  // it misses the broker that it is going to be
        client_ = made.make(RD_KAFKA_PRODUCER);
        cluster_.reset(rd_kafka_mock_cluster_new(client_.get(), chosen.mock_brokers));
        if (!cluster_) throw failure{"the mock cluster did not start"};
        auto const error =
            rd_kafka_mock_topic_create(cluster_.get(), chosen.topic.c_str(), chosen.partitions, chosen.mock_brokers);
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) throw failure{rd_kafka_err2str(error)};
        chosen.bootstrap = rd_kafka_mock_cluster_bootstraps(cluster_.get());
        chosen.create = false;
    }

private:
    client_handle client_;
    owned<rd_kafka_mock_cluster_t, rd_kafka_mock_cluster_destroy> cluster_;
};

}  // namespace load
