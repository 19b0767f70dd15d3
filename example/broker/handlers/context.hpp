// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cluster/cluster.hpp>
#include <cluster/deadlines.hpp>
#include <cluster/producer_ids.hpp>
#include <composition.hpp>
#include <environment.hpp>
#include <groups/service.hpp>
#include <metadata/image.hpp>
#include <partitions/cold_reads.hpp>
#include <partitions/directory.hpp>
#include <settings/settings.hpp>
#include <wire/error_code.hpp>
#include <wire/messages/common.hpp>

#include <chronik/base/random.hpp>

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

namespace broker::handlers {

/// Payloads that went through, as record batches with their headers; for metrics.
struct traffic {
    std::uint64_t produced_bytes = 0;  ///< appended to a log
    std::uint64_t fetched_bytes = 0;   ///< given to readers
};

/// What handlers work on; owned by the broker, used on its loop.
struct context {
    broker::settings const& settings;
    host& logs;
    partitions::directory& partitions;
    broker::cluster& cluster;
    broker::producer_ids& producer_ids;
    broker::groups::service& groups;
    deadlines& timeouts;
    deadlines& polls;  ///< of fetches that wait for records; a stopping broker ends them at once
    event_loop& loop;
    chronik::random& chance;  ///< for ids that only have to differ
    std::function<void()> request_turn;
    partitions::cold_reads& cold;  ///< for fetches of what is not in memory
    traffic moved{};

    /// The partition if this node leads it and can serve; else why not, in the words that send a client to the right
    /// place.
    std::expected<partitions::replica*, wire::error_code> find_leader(metadata::image const& image,
                                                                      std::string const& topic,
                                                                      std::int32_t partition) const;

    /// Says who leads instead, where that is known: the client saves a metadata request (KIP-951).
    void hint_leader(metadata::image const& image, std::string const& topic, std::int32_t partition,
                     wire::leader_and_epoch& leader, std::vector<wire::node_endpoint>& endpoints) const;
};

wire::error_code to_kafka(metadata::error why);

/// Why a proposal to a partition's log failed, or was not taken.
wire::error_code to_kafka(std::error_code proposal);

/// Whether a client means another leader's time than this one's; -1 means none.
wire::error_code epoch_problem(partitions::replica const& led, std::int32_t current_leader_epoch);

}  // namespace broker::handlers
