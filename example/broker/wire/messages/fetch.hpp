// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/schema/shared_chain.hpp>

#include <wire/messages/common.hpp>

#include <limits>

/// Fetch, key 1, versions 4 to 17: read record batches from an offset on.
///
/// From version 13 on topics are named by id. Records are sent from where they lie; see gather_writer.hpp.
namespace broker::wire::fetch {

struct replica_state {
    std::int32_t replica_id = -1;
    std::int64_t replica_epoch = -1;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"replica_id", &replica_state::replica_id>{},
        field<"replica_epoch", &replica_state::replica_epoch>{});
    bool operator==(replica_state const&) const = default;
};

struct partition_request {
    std::int32_t partition = 0;
    std::int32_t current_leader_epoch = -1;
    std::int64_t fetch_offset = 0;
    std::int32_t last_fetched_epoch = -1;
    std::int64_t log_start_offset = -1;
    std::int32_t partition_max_bytes = 0;
    schema::uuid replica_directory_id;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"partition", &partition_request::partition>{},
        field<"current_leader_epoch", &partition_request::current_leader_epoch, since(9), ignorable>{},
        field<"fetch_offset", &partition_request::fetch_offset>{},
        field<"last_fetched_epoch", &partition_request::last_fetched_epoch, since(12)>{},
        field<"log_start_offset", &partition_request::log_start_offset, since(5), ignorable>{},
        field<"partition_max_bytes", &partition_request::partition_max_bytes>{},
        field<"replica_directory_id", &partition_request::replica_directory_id, tagged<0>(17), ignorable>{});
    bool operator==(partition_request const&) const = default;
};

struct topic_request {
    std::string name;
    topic_id id;
    std::vector<partition_request> partitions;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"topic", &topic_request::name, until(12), ignorable>{},
        field<"topic_id", &topic_request::id, since(13), ignorable>{},
        field<"partitions", &topic_request::partitions>{});
    bool operator==(topic_request const&) const = default;
};

struct forgotten_topic {
    std::string name;
    topic_id id;
    std::vector<std::int32_t> partitions;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"topic", &forgotten_topic::name, until(12), ignorable>{},
        field<"topic_id", &forgotten_topic::id, since(13), ignorable>{},
        field<"partitions", &forgotten_topic::partitions>{});
    bool operator==(forgotten_topic const&) const = default;
};

struct request {
    std::optional<std::string> cluster_id;
    std::int32_t replica_id = -1;
    fetch::replica_state replica_state;
    std::int32_t max_wait_ms = 0;
    std::int32_t min_bytes = 0;
    std::int32_t max_bytes = std::numeric_limits<std::int32_t>::max();
    std::int8_t isolation_level = 0;
    std::int32_t session_id = 0;
    std::int32_t session_epoch = -1;
    std::vector<topic_request> topics;
    std::vector<forgotten_topic> forgotten_topics;
    std::string rack_id;

    static constexpr std::int16_t key = 1;
    static constexpr schema::versions described_versions{4, 17};
    static constexpr schema::version flexible_since = 12;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"cluster_id", &request::cluster_id, tagged<0>(12), ignorable>{},
        field<"replica_id", &request::replica_id, until(14)>{},
        field<"replica_state", &request::replica_state, tagged<1>(15)>{},
        field<"max_wait_ms", &request::max_wait_ms>{},
        field<"min_bytes", &request::min_bytes>{},
        field<"max_bytes", &request::max_bytes>{},
        field<"isolation_level", &request::isolation_level>{},
        field<"session_id", &request::session_id, since(7), ignorable>{},
        field<"session_epoch", &request::session_epoch, since(7), ignorable>{},
        field<"topics", &request::topics>{},
        field<"forgotten_topics_data", &request::forgotten_topics, since(7)>{},
        field<"rack_id", &request::rack_id, since(11), ignorable>{});
    bool operator==(request const&) const = default;
};

struct epoch_end_offset {
    std::int32_t epoch = -1;
    std::int64_t end_offset = -1;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"epoch", &epoch_end_offset::epoch>{},
        field<"end_offset", &epoch_end_offset::end_offset>{});
    bool operator==(epoch_end_offset const&) const = default;
};

struct snapshot_id {
    std::int64_t end_offset = -1;
    std::int32_t epoch = -1;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"end_offset", &snapshot_id::end_offset>{},
        field<"epoch", &snapshot_id::epoch>{});
    bool operator==(snapshot_id const&) const = default;
};

struct aborted_transaction {
    std::int64_t producer_id = 0;
    std::int64_t first_offset = 0;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"producer_id", &aborted_transaction::producer_id>{},
        field<"first_offset", &aborted_transaction::first_offset>{});
    bool operator==(aborted_transaction const&) const = default;
};

/// Records are empty, not null, unless someone says null: librdkafka does not expect a null.
/// Aborted transactions must be in offset order; clients have shown rolled-back records otherwise.
struct partition_response {
    std::int32_t partition_index = 0;
    error_code error = error_code::none;
    std::int64_t high_watermark = 0;
    std::int64_t last_stable_offset = -1;
    std::int64_t log_start_offset = -1;
    epoch_end_offset diverging_epoch;
    leader_and_epoch current_leader;
    fetch::snapshot_id snapshot_id;
    std::optional<std::vector<aborted_transaction>> aborted_transactions;
    std::int32_t preferred_read_replica = -1;
    std::optional<schema::shared_chain> records = schema::shared_chain{};

    static constexpr auto schema = boost::hana::make_tuple(
        field<"partition_index", &partition_response::partition_index>{},
        field<"error_code", &partition_response::error>{},
        field<"high_watermark", &partition_response::high_watermark>{},
        field<"last_stable_offset", &partition_response::last_stable_offset>{},
        field<"log_start_offset", &partition_response::log_start_offset, since(5), ignorable>{},
        field<"diverging_epoch", &partition_response::diverging_epoch, tagged<0>(12)>{},
        // A hint that an old client cannot read is no loss.
        field<"current_leader", &partition_response::current_leader, tagged<1>(12), ignorable>{},
        field<"snapshot_id", &partition_response::snapshot_id, tagged<2>(12)>{},
        field<"aborted_transactions", &partition_response::aborted_transactions>{},
        field<"preferred_read_replica", &partition_response::preferred_read_replica, since(11)>{},
        field<"records", &partition_response::records>{});
    bool operator==(partition_response const&) const = default;
};

struct topic_response {
    std::string name;
    topic_id id;
    std::vector<partition_response> partitions;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"topic", &topic_response::name, until(12), ignorable>{},
        field<"topic_id", &topic_response::id, since(13), ignorable>{},
        field<"partitions", &topic_response::partitions>{});
    bool operator==(topic_response const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    error_code error = error_code::none;
    std::int32_t session_id = 0;
    std::vector<topic_response> topics;
    std::vector<node_endpoint> node_endpoints;

    static constexpr schema::versions described_versions{4, 17};
    static constexpr schema::version flexible_since = 12;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms>{},
        field<"error_code", &response::error, since(7), ignorable>{},
        field<"session_id", &response::session_id, since(7)>{},
        field<"responses", &response::topics>{},
        field<"node_endpoints", &response::node_endpoints, tagged<0>(16), ignorable>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::fetch
