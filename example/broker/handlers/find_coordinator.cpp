// SPDX-License-Identifier: Apache-2.0
#include <handlers/find_coordinator.hpp>

#include <groups/key_hash.hpp>
#include <handlers/topics.hpp>

#include <chrono>

namespace broker::handlers {

namespace {

using wire::error_code;
namespace message = wire::find_coordinator;

/// From this version on several keys are asked for at once.
constexpr wire::schema::version many_since = 4;
/// How long a request waits for the topic that it makes; after that the client asks again.
constexpr std::chrono::seconds creation_limit{5};

message::coordinator refused(std::string key, error_code why, char const* text) {
    message::coordinator out;
    out.key = std::move(key);
    out.node_id = -1;
    out.port = -1;
    out.error = why;
    out.error_message = text;
    return out;
}

message::coordinator find(metadata::image const& image, std::string key) {
    auto const* const topic = image.find_topic(groups::offsets_topic);
    if (topic == nullptr) {
        return refused(std::move(key), error_code::coordinator_not_available,
                       "the topic of committed offsets is being made");
    }
    auto const* const partition = image.find_partition(*topic, groups::partition_of(key, topic->groups.size()));
    auto const* const broker = image.find_broker(partition->leader);
    if (broker == nullptr || broker->status == metadata::broker_state::failed) {
        return refused(std::move(key), error_code::coordinator_not_available,
                       "the partition of this group has no leader now");
    }
    message::coordinator out;
    out.key = std::move(key);
    out.node_id = static_cast<std::int32_t>(broker->node.value);
    out.host = broker->host;
    out.port = broker->kafka_port;
    return out;
}

asio::awaitable<void> run(context& in, message::request asked, wire::schema::version version,
                          answer<message::response> done) {
    auto keys = std::move(asked.coordinator_keys);
    if (version < many_since) keys.assign(1, std::move(asked.group));
    bool const for_groups = asked.kind == message::key_type::group;
    if (for_groups && in.cluster.image()->find_topic(groups::offsets_topic) == nullptr) {
        std::vector<metadata::create_request> wanted{groups::offsets_topic_request(in.settings)};
        // Another request may be faster; whether there is a leader now is seen below.
        static_cast<void>(co_await create_topics(in, wanted, creation_limit));
    }
    auto const image = in.cluster.image();
    message::response response;
    for (auto& key : keys) {
        response.coordinators.push_back(for_groups ? find(*image, std::move(key))
                                                   : refused(std::move(key), error_code::invalid_request,
                                                             "this broker has no transactions and no share groups"));
    }
    if (version < many_since) {
        auto const one = std::move(response.coordinators.front());
        response.coordinators.clear();
        response.error = one.error;
        response.error_message = one.error_message;
        response.node_id = one.node_id;
        response.host = one.host;
        response.port = one.port;
    }
    done(response);
}

}  // namespace

void handle(context& in, request_info const& info, message::request&& asked, answer<message::response> done) {
    in.loop.start(run(in, std::move(asked), info.version(), std::move(done)));
}

}  // namespace broker::handlers
