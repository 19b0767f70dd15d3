// SPDX-License-Identifier: Apache-2.0
#include <handlers/delete_topics.hpp>

#include <algorithm>
#include <chrono>

namespace broker::handlers {

namespace {

using wire::error_code;
namespace message = wire::delete_topics;

asio::awaitable<void> run(context& in, message::request asked, answer<message::response> done) {
    for (auto& name : asked.topic_names) asked.topics.push_back({std::move(name), {}});
    message::response response;
    metadata::delete_topics command;
    std::vector<std::size_t> place;  // of each item of the command in the answer
    auto const image = in.cluster.image();
    for (auto const& topic : asked.topics) {
        auto& answer = response.topics.emplace_back();
        answer.name = topic.name;
        answer.id = topic.id;
        auto const* const known = topic.name ? image->find_topic(*topic.name) : image->find_topic(topic.id);
        if (known == nullptr) {
            // Before the metadata is current nobody can say that something does not exist.
            if (!in.cluster.ready()) answer.error = error_code::request_timed_out;
            else answer.error = topic.name ? error_code::unknown_topic_or_partition : error_code::unknown_topic_id;
            continue;
        }
        answer.name = known->name;
        answer.id = known->id;
        if (command.topics.size() == metadata::items_per_command_max) {
            answer.error = error_code::policy_violation;
            continue;
        }
        place.push_back(response.topics.size() - 1);
        command.topics.push_back(known->id);
    }
    if (!command.topics.empty()) {
        auto const limit = std::chrono::milliseconds{std::clamp(asked.timeout_ms, 0, 600'000)};
        auto const outcome = co_await in.cluster.commands().submit(std::move(command), limit);
        for (std::size_t i = 0; i < place.size(); ++i) {
            auto& answer = response.topics[place[i]];
            if (!outcome.applied) answer.error = error_code::request_timed_out;
            else if (i < outcome.applied->items.size()) answer.error = to_kafka(outcome.applied->items[i]);
            else answer.error = to_kafka(outcome.applied->outcome);
        }
    }
    done(response);
}

}  // namespace

void handle(context& in, request_info const&, message::request&& asked, answer<message::response> done) {
    in.loop.start(run(in, std::move(asked), std::move(done)));
}

}  // namespace broker::handlers
