// SPDX-License-Identifier: Apache-2.0
#include <handlers/create_partitions.hpp>

#include <groups/offsets_topic.hpp>
#include <handlers/topics.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace broker::handlers {

namespace {

using wire::error_code;
namespace message = wire::create_partitions;

metadata::growth_request to_request(message::topic const& asked, bool validate_only) {
    metadata::growth_request wanted{asked.name, asked.count, std::nullopt, validate_only};
    if (!asked.assignments) return wanted;
    auto& lists = wanted.assignment.emplace();
    for (auto const& each : *asked.assignments) {
        auto& replicas = lists.emplace_back().replicas;
        for (auto const id : each.broker_ids) replicas.push_back(chronik::node_id{static_cast<std::uint32_t>(id)});
    }
    return wanted;
}

asio::awaitable<void> run(context& in, message::request asked, answer<message::response> done) {
    message::response response;
    std::vector<metadata::growth_request> wanted;
    std::vector<std::size_t> place;  // of each wish in the answer
    for (auto const& topic : asked.topics) {
        auto& answer = response.results.emplace_back();
        answer.name = topic.name;
        if (groups::is_internal(topic.name)) {
            answer.error = error_code::invalid_request;
            answer.error_message = "Groups are found by the number of this topic's partitions, so that stays.";
            continue;
        }
        place.push_back(response.results.size() - 1);
        wanted.push_back(to_request(topic, asked.validate_only));
    }
    if (!wanted.empty()) {
        auto const limit = std::chrono::milliseconds{std::clamp(asked.timeout_ms, 0, 600'000)};
        auto const results = co_await create_partitions(in, std::move(wanted), limit);
        for (std::size_t at = 0; at < place.size(); ++at) {
            response.results[place[at]].error = results[at].error;
            response.results[place[at]].error_message = results[at].message;
        }
    }
    done(response);
}

}  // namespace

void handle(context& in, request_info const&, message::request&& asked, answer<message::response> done) {
    in.loop.start(run(in, std::move(asked), std::move(done)));
}

}  // namespace broker::handlers
