// SPDX-License-Identifier: Apache-2.0
#include <handlers/metadata.hpp>

#include <groups/offsets_topic.hpp>
#include <handlers/nodes.hpp>
#include <handlers/topics.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

namespace broker::handlers {

namespace {

using wire::error_code;
namespace message = wire::metadata;

/// How long a metadata request waits for topics that it creates; after that the client asks again.
constexpr std::chrono::seconds creation_limit{2};
/// Topics that one request creates by naming them; the client asks again for the others.
constexpr std::size_t creations_max = 1000;

void add_brokers(context const& in, metadata::image const& image, message::response& response) {
    for (auto const& [node, broker] : image.brokers()) {
        if (!reachable(image, node)) continue;
        auto& one = response.brokers.emplace_back();
        one.node_id = number(node);
        one.host = broker.host;
        one.port = broker.kafka_port;
        if (!broker.rack.empty()) one.rack = broker.rack;
    }
    if (response.brokers.empty()) {
        // Before this node has joined a client at least keeps the address it came by.
        auto& self = response.brokers.emplace_back();
        self.node_id = number(in.settings.node_id);
        self.host = in.settings.advertised_addr;
        self.port = in.settings.kafka_port;
    }
}

message::topic describe(context const& in, metadata::image const& image, metadata::topic const& topic) {
    message::topic out;
    out.name = topic.name;
    out.id = topic.id;
    out.is_internal = groups::is_internal(topic.name);
    out.partitions.reserve(topic.groups.size());
    for (auto const group : topic.groups) {
        auto const& state = *image.find_partition(group);
        auto& one = out.partitions.emplace_back();
        one.partition_index = static_cast<std::int32_t>(state.index);
        one.leader_epoch = static_cast<std::int32_t>(state.leader_epoch.value);
        one.replica_nodes = numbers(state.replicas);
        one.isr_nodes = numbers(state.isr);
        one.offline_replicas = offline(image, state);
        one.leader_id = reachable_leader(in, image, state);
        if (one.leader_id < 0) one.error = error_code::leader_not_available;
    }
    return out;
}

/// What this node tells of a topic as long as it does not know who leads: ask again.
message::topic unsettled(metadata::topic const& topic) {
    message::topic out;
    out.name = topic.name;
    out.id = topic.id;
    out.error = error_code::leader_not_available;
    return out;
}

message::topic missing(context const& in, message::topic_request const& asked) {
    message::topic out;
    out.name = asked.name;
    out.id = asked.id;
    if (!in.cluster.ready()) out.error = error_code::leader_not_available;
    else out.error = asked.name ? error_code::unknown_topic_or_partition : error_code::unknown_topic_id;
    return out;
}

/// This node has been part of the cluster, and hears of no leader of the metadata: what it knows may be old.
bool is_cut_off(context const& in) { return in.cluster.settled() && in.cluster.controller_node() == chronik::no_node; }

bool names_no_leader(message::response const& told) {
    return std::ranges::any_of(told.topics, [](auto const& topic) {
        return std::ranges::any_of(topic.partitions, [](auto const& one) { return one.leader_id < 0; });
    });
}

class metadata_answer {
public:
    metadata_answer(context& in, message::request asked, wire::schema::version version)
        : in_(in), asked_(std::move(asked)), version_(version) {}

    asio::awaitable<message::response> make() {
        if (in_.settings.auto_create_topics && asked_.allow_auto_topic_creation && in_.cluster.ready())
            co_await create_missing();
        auto const image = in_.cluster.image();
        message::response response;
        add_brokers(in_, *image, response);
        if (!image->cluster_id.empty()) response.cluster_id = image->cluster_id;
        auto const controller = in_.cluster.controller_node();
        response.controller_id = reachable(*image, controller) ? number(controller) : -1;
        if (message::wants_all_topics(asked_, version_)) {
            image->for_each_topic(
                [&](metadata::topic const& topic) { response.topics.push_back(tell(*image, topic)); });
            std::ranges::sort(response.topics, {}, [](auto const& topic) { return topic.name; });
            co_return response;
        }
        // Each topic once: an answer must not be longer than that of a request for all, however often one is named.
        std::set<std::pair<std::optional<std::string>, wire::topic_id>> seen;
        for (auto const& topic : *asked_.topics) {
            if (!seen.emplace(topic.name, topic.id).second) continue;
            auto const* const known = topic.name ? image->find_topic(*topic.name) : image->find_topic(topic.id);
            if (known != nullptr) {
                response.topics.push_back(tell(*image, *known));
                continue;
            }
            response.topics.push_back(missing(in_, topic));
            auto const failed = refused_.find(topic.name.value_or(""));
            if (failed != refused_.end()) response.topics.back().error = failed->second;
        }
        co_return response;
    }

private:
    message::topic tell(metadata::image const& image, metadata::topic const& topic) const {
        return in_.cluster.settled() ? describe(in_, image, topic) : unsettled(topic);
    }

    asio::awaitable<void> create_missing() {
        if (message::wants_all_topics(asked_, version_)) co_return;
        auto const image = in_.cluster.image();
        std::set<std::string> names;
        for (auto const& topic : *asked_.topics) {
            if (names.size() == creations_max) break;
            if (topic.name && image->find_topic(*topic.name) == nullptr) names.insert(*topic.name);
        }
        std::vector<metadata::create_request> wanted;
        for (auto const& name : names) {
            if (groups::is_internal(name)) wanted.push_back(groups::offsets_topic_request(in_.settings));
            else wanted.emplace_back().name = name;
        }
        if (wanted.empty()) co_return;
        auto const results = co_await create_topics(in_, wanted, creation_limit);
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            auto error = results[i].error;
            // Another client was faster, or it takes longer: the topic is there, or will be. And as the default
            // replication factor never exceeds the cluster's nodes, when it cannot be met some have not joined yet.
            if (error == error_code::topic_already_exists || error == error_code::request_timed_out ||
                error == error_code::invalid_replication_factor)
                error = error_code::leader_not_available;
            if (error != error_code::none) refused_.emplace(wanted[i].name, error);
        }
    }

    context& in_;
    message::request asked_;
    wire::schema::version version_;
    std::map<std::string, error_code> refused_;
};

asio::awaitable<void> run(context& in, message::request asked, wire::schema::version version,
                          answer<message::response> done) {
    metadata_answer making{in, std::move(asked), version};
    auto const told = co_await making.make();
    // A client that hears nothing useful goes on asking the connection that it used last: librdkafka for ever.
    if (is_cut_off(in) && names_no_leader(told)) co_return done.close("cut off from the cluster, others may know");
    done(told);
}

}  // namespace

void handle(context& in, request_info const& info, message::request&& asked, answer<message::response> done) {
    in.loop.start(run(in, std::move(asked), info.version(), std::move(done)));
}

}  // namespace broker::handlers
