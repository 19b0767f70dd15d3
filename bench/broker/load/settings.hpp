// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace load {

/// What to do to which broker; see `broker-load --help` for the words of each.
struct settings {
    std::string mode;
    std::string bootstrap;
    int mock_brokers = 0;  ///< more than 0: librdkafka's own mock cluster instead of `bootstrap`
    std::string topic = "load";
    bool create = false;
    int partitions = 16;
    int replicas = 1;
    std::vector<std::string> topic_settings;  ///< name=value

    std::uint32_t producers = 1;
    std::uint32_t consumers = 1;
    std::uint32_t record_bytes = 1024;
    std::uint32_t keys = 0;  ///< different keys; 0 sends records without one
    std::string acks = "all";
    bool idempotence = true;
    std::string compression = "none";
    std::uint32_t batch_bytes = 1'000'000;
    double linger_ms = 5;
    std::vector<std::string> client_settings;  ///< name=value

    double rate = 0;                ///< records/s of all producers together, sent when due; 0 is closed loop
    std::uint32_t depth = 100'000;  ///< closed loop: records without an acknowledgement, of all producers together
    double warm_up_s = 2;
    double seconds = 10;
    std::uint64_t records = 0;  ///< closed loop: so many instead of `seconds`, without warm-up
    std::uint64_t seed = 1;
    double patience_s = 60;  ///< without any progress

    std::vector<int> pids;  ///< the broker's processes, whose use of the machine is counted
    std::string json;       ///< a file for the result; empty prints it
    std::string directory;  ///< of `disk`
};

/// Reads the command line; prints help or what is wrong with it and ends the process where that is all there is to do.
settings read_settings(int count, char** words);

nlohmann::json to_json(settings const& chosen);

}  // namespace load
