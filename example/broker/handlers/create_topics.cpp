// SPDX-License-Identifier: Apache-2.0
#include <handlers/create_topics.hpp>

#include <handlers/topics.hpp>

#include <algorithm>
#include <chrono>

namespace broker::handlers {

namespace {

namespace message = wire::create_topics;

metadata::create_request to_request(message::topic_request const& asked, bool validate_only) {
    metadata::create_request wanted;
    wanted.name = asked.name;
    wanted.partitions = asked.num_partitions;
    wanted.replication = asked.replication_factor;
    wanted.validate_only = validate_only;
    for (auto const& each : asked.assignments) {
        auto& manual = wanted.assignment.emplace_back();
        manual.partition = each.partition_index;
        for (auto const id : each.broker_ids)
            manual.replicas.push_back(chronik::node_id{static_cast<std::uint32_t>(id)});
    }
    for (auto const& each : asked.configs) {
        if (each.value) wanted.configs.push_back({each.name, *each.value});
    }
    return wanted;
}

void describe(metadata::image const& image, metadata::create_request const& wanted, message::topic_response& answer) {
    auto const* const topic = image.find_topic(wanted.topic_id);
    if (topic == nullptr) return;
    answer.id = topic->id;
    answer.num_partitions = static_cast<std::int32_t>(topic->groups.size());
    answer.replication_factor = static_cast<std::int16_t>(image.find_partition(*topic, 0)->replicas.size());
    auto& configs = answer.configs.emplace();
    for (auto const& each : topic->configs) {
        auto& one = configs.emplace_back();
        one.name = each.name;
        one.value = each.value;
        one.config_source = 1;
    }
}

asio::awaitable<void> run(context& in, message::request asked, answer<message::response> done) {
    std::vector<metadata::create_request> wanted;
    wanted.reserve(asked.topics.size());
    for (auto const& topic : asked.topics) wanted.push_back(to_request(topic, asked.validate_only));
    auto const limit = std::chrono::milliseconds{std::clamp(asked.timeout_ms, 0, 600'000)};
    auto const results = co_await create_topics(in, wanted, limit);

    message::response response;
    auto const image = in.cluster.image();
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        auto& answer = response.topics.emplace_back();
        answer.name = wanted[i].name;
        answer.error = results[i].error;
        answer.error_message = results[i].message;
        if (answer.error == wire::error_code::none) describe(*image, wanted[i], answer);
    }
    done(response);
}

}  // namespace

void handle(context& in, request_info const&, message::request&& asked, answer<message::response> done) {
    in.loop.start(run(in, std::move(asked), std::move(done)));
}

}  // namespace broker::handlers
