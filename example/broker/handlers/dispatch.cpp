// SPDX-License-Identifier: Apache-2.0
#include <handlers/dispatch.hpp>

#include <handlers/alter_configs.hpp>
#include <handlers/api_versions.hpp>
#include <handlers/create_partitions.hpp>
#include <handlers/create_topics.hpp>
#include <handlers/delete_records.hpp>
#include <handlers/delete_topics.hpp>
#include <handlers/describe_cluster.hpp>
#include <handlers/describe_configs.hpp>
#include <handlers/describe_log_dirs.hpp>
#include <handlers/describe_topic_partitions.hpp>
#include <handlers/elect_leaders.hpp>
#include <handlers/fetch.hpp>
#include <handlers/find_coordinator.hpp>
#include <handlers/group_admin.hpp>
#include <handlers/group_membership.hpp>
#include <handlers/group_offsets.hpp>
#include <handlers/init_producer_id.hpp>
#include <handlers/list_offsets.hpp>
#include <handlers/metadata.hpp>
#include <handlers/offset_for_leader_epoch.hpp>
#include <handlers/produce.hpp>
#include <handlers/reassignments.hpp>

namespace broker::handlers {

void dispatch(context& in, caller const& from, chronik::shared_bytes const& body, reply to, dispatch_metrics& counted) {
    auto frame = wire::read_request(body);
    if (!frame) {
        ++counted.malformed;
        return to.close("a request header made no sense");
    }
    auto const& header = frame->header;
    auto const* const api = wire::find_api(header.api_key);
    if (api == nullptr || !api->serves(header.api_version)) {
        ++counted.unsupported;
        if (header.api_key == wire::api_versions::request::key) {
            return to.send(wire::frame_unsupported_api_versions(header.correlation_id));
        }
        return to.close("an API or version that was not advertised");
    }
    auto const place = static_cast<std::size_t>(api - wire::api_infos.data());
    ++counted.requests[place];
    to.measure(counted.durations[place], in.loop);
    wire::visit_api(header.api_key, [&]<class Api>(Api) {
        auto asked = wire::decode<typename Api::request>(frame->body, header.api_version);
        if (!asked) {
            ++counted.malformed;
            return to.close("a request's body made no sense");
        }
        request_info const info{header, from};
        handle(in, info, std::move(*asked), answer<typename Api::response>{header, std::move(to)});
    });
}

}  // namespace broker::handlers
