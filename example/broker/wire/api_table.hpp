// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/fixed_string.hpp>

#include <wire/messages/alter_configs.hpp>
#include <wire/messages/alter_partition_reassignments.hpp>
#include <wire/messages/api_versions.hpp>
#include <wire/messages/create_partitions.hpp>
#include <wire/messages/create_topics.hpp>
#include <wire/messages/delete_groups.hpp>
#include <wire/messages/delete_records.hpp>
#include <wire/messages/delete_topics.hpp>
#include <wire/messages/describe_cluster.hpp>
#include <wire/messages/describe_configs.hpp>
#include <wire/messages/describe_groups.hpp>
#include <wire/messages/describe_log_dirs.hpp>
#include <wire/messages/describe_topic_partitions.hpp>
#include <wire/messages/elect_leaders.hpp>
#include <wire/messages/fetch.hpp>
#include <wire/messages/find_coordinator.hpp>
#include <wire/messages/heartbeat.hpp>
#include <wire/messages/incremental_alter_configs.hpp>
#include <wire/messages/init_producer_id.hpp>
#include <wire/messages/join_group.hpp>
#include <wire/messages/leave_group.hpp>
#include <wire/messages/list_groups.hpp>
#include <wire/messages/list_offsets.hpp>
#include <wire/messages/list_partition_reassignments.hpp>
#include <wire/messages/metadata.hpp>
#include <wire/messages/offset_commit.hpp>
#include <wire/messages/offset_delete.hpp>
#include <wire/messages/offset_fetch.hpp>
#include <wire/messages/offset_for_leader_epoch.hpp>
#include <wire/messages/produce.hpp>
#include <wire/messages/sync_group.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace broker::wire {

/// One API of the broker. It is stateless; its type is the information.
///
/// Served       versions a request may have
/// Advertised   versions that ApiVersions names; wider than Served only to satisfy a client's quirk
template <chronik::fixed_string Name, class Request, class Response, schema::versions Served,
          schema::versions Advertised = Served>
struct api {
    using request = Request;
    using response = Response;

    static constexpr std::int16_t key = Request::key;
    static constexpr std::string_view name = Name.view();
    static constexpr schema::versions served = Served;
    static constexpr schema::versions advertised = Advertised;
    static constexpr schema::version flexible_since = Request::flexible_since;

    static_assert(Request::flexible_since == Response::flexible_since,
                  "a request and its answer turn flexible together");
    static_assert(Request::described_versions.first <= Served.first && Served.last <= Request::described_versions.last,
                  "a served version must be described");
    static_assert(Request::described_versions == Response::described_versions,
                  "a request has an answer in every version");
    static_assert(Advertised.first <= Served.first && Served.last <= Advertised.last, "what is served is advertised");
};

/// Every API this broker serves, once. ApiVersions' answer, header versions and dispatch derive from it.
inline constexpr auto apis = boost::hana::make_tuple(
    // Advertised from 0: librdkafka before 2.11.1 stops compressing otherwise (KAFKA-18659).
    api<"Produce", produce::request, produce::response, schema::versions{3, 12}, schema::versions{0, 12}>{},
    api<"Fetch", fetch::request, fetch::response, schema::versions{4, 17}>{},
    api<"ListOffsets", list_offsets::request, list_offsets::response, schema::versions{1, 10}>{},
    api<"Metadata", metadata::request, metadata::response, schema::versions{0, 13}>{},
    api<"OffsetCommit", offset_commit::request, offset_commit::response, schema::versions{2, 9}>{},
    api<"OffsetFetch", offset_fetch::request, offset_fetch::response, schema::versions{1, 9}>{},
    api<"FindCoordinator", find_coordinator::request, find_coordinator::response, schema::versions{0, 5}>{},
    api<"JoinGroup", join_group::request, join_group::response, schema::versions{0, 9}>{},
    api<"Heartbeat", heartbeat::request, heartbeat::response, schema::versions{0, 4}>{},
    api<"LeaveGroup", leave_group::request, leave_group::response, schema::versions{0, 5}>{},
    api<"SyncGroup", sync_group::request, sync_group::response, schema::versions{0, 5}>{},
    api<"DescribeGroups", describe_groups::request, describe_groups::response, schema::versions{0, 6}>{},
    api<"ListGroups", list_groups::request, list_groups::response, schema::versions{0, 5}>{},
    api<"ApiVersions", api_versions::request, api_versions::response, schema::versions{0, 4}>{},
    api<"CreateTopics", create_topics::request, create_topics::response, schema::versions{0, 7}>{},
    api<"DeleteTopics", delete_topics::request, delete_topics::response, schema::versions{0, 6}>{},
    api<"DeleteRecords", delete_records::request, delete_records::response, schema::versions{0, 2}>{},
    api<"InitProducerId", init_producer_id::request, init_producer_id::response, schema::versions{0, 5}>{},
    api<"OffsetForLeaderEpoch", offset_for_leader_epoch::request, offset_for_leader_epoch::response,
        schema::versions{2, 4}>{},
    api<"DescribeConfigs", describe_configs::request, describe_configs::response, schema::versions{1, 4}>{},
    api<"AlterConfigs", alter_configs::request, alter_configs::response, schema::versions{0, 2}>{},
    api<"DescribeLogDirs", describe_log_dirs::request, describe_log_dirs::response, schema::versions{0, 5}>{},
    api<"CreatePartitions", create_partitions::request, create_partitions::response, schema::versions{0, 3}>{},
    api<"DeleteGroups", delete_groups::request, delete_groups::response, schema::versions{0, 2}>{},
    api<"ElectLeaders", elect_leaders::request, elect_leaders::response, schema::versions{0, 2}>{},
    api<"IncrementalAlterConfigs", incremental_alter_configs::request, incremental_alter_configs::response,
        schema::versions{0, 1}>{},
    api<"AlterPartitionReassignments", alter_partition_reassignments::request, alter_partition_reassignments::response,
        schema::versions{0, 1}>{},
    api<"ListPartitionReassignments", list_partition_reassignments::request, list_partition_reassignments::response,
        schema::versions{0, 0}>{},
    api<"OffsetDelete", offset_delete::request, offset_delete::response, schema::versions{0, 0}>{},
    api<"DescribeCluster", describe_cluster::request, describe_cluster::response, schema::versions{0, 2}>{},
    api<"DescribeTopicPartitions", describe_topic_partitions::request, describe_topic_partitions::response,
        schema::versions{0, 0}>{});

/// An API as a value, for code that does not need its types.
struct api_info {
    std::int16_t key;
    std::string_view name;
    schema::versions served;
    schema::versions advertised;
    schema::version flexible_since;

    constexpr bool serves(schema::version at) const { return served.contains(at); }
    constexpr std::int16_t request_header_version(schema::version at) const { return at >= flexible_since ? 2 : 1; }
    /// Always 0 for ApiVersions: a client reads that answer before it knows what the broker speaks.
    constexpr std::int16_t response_header_version(schema::version at) const {
        return key != api_versions::request::key && at >= flexible_since ? 1 : 0;
    }
};

/// Ascending keys.
inline constexpr auto api_infos = boost::hana::unpack(apis, []<class... Api>(Api...) {
    std::array infos{api_info{Api::key, Api::name, Api::served, Api::advertised, Api::flexible_since}...};
    std::ranges::sort(infos, {}, &api_info::key);
    return infos;
});
static_assert(std::ranges::adjacent_find(api_infos, {}, &api_info::key) == api_infos.end(),
              "two APIs have the same key");

/// Null for a key that is not served.
constexpr api_info const* find_api(std::int16_t key) {
    auto const* const found = std::ranges::lower_bound(api_infos, key, {}, &api_info::key);
    return found != api_infos.end() && found->key == key ? &*found : nullptr;
}

/// Calls `visit(api<...>{})` for the API of this key; false if it is not served.
template <class Visit>
bool visit_api(std::int16_t key, Visit&& visit) {
    return boost::hana::unpack(apis, [&]<class... Api>(Api...) {
        return ((Api::key == key && (static_cast<void>(visit(Api{})), true)) || ...);
    });
}

/// What ApiVersions answers; features and epoch are the handler's to add.
inline api_versions::response supported_apis() {
    api_versions::response answer;
    for (auto const& each : api_infos) {
        answer.api_keys.push_back({each.key, each.advertised.first, each.advertised.last});
    }
    return answer;
}

/// The answer to an ApiVersions request of a version we do not know, to be encoded as version 0.
/// The ranges are in it because Java clients retry with them and older ones loop without.
inline api_versions::response unsupported_api_versions() {
    auto answer = supported_apis();
    answer.error = error_code::unsupported_version;
    return answer;
}

}  // namespace broker::wire
