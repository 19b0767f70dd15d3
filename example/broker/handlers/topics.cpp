// SPDX-License-Identifier: Apache-2.0
#include <handlers/topics.hpp>

#include <metadata/uuid_text.hpp>

#include <chronik/net/host_driver.hpp>

#include <algorithm>

namespace broker::handlers {

namespace {

constexpr chronik::duration leaders_limit = std::chrono::seconds{2};

bool all_led(metadata::image const& image, std::vector<metadata::create_request> const& topics,
             std::vector<creation> const& results) {
    for (std::size_t i = 0; i < topics.size(); ++i) {
        if (results[i].error != wire::error_code::none || topics[i].validate_only) continue;
        auto const* const topic = image.find_topic(topics[i].topic_id);
        if (topic == nullptr) continue;  // deleted again meanwhile
        for (auto const group : topic->groups) {
            if (image.find_partition(group)->leader == chronik::no_node) return false;
        }
    }
    return true;
}

}  // namespace

asio::awaitable<std::vector<creation>> create_topics(context& in, std::vector<metadata::create_request>& topics,
                                                     chronik::duration limit) {
    if (topics.size() > metadata::items_per_command_max) {
        creation const refused{wire::error_code::policy_violation, "too many topics in one request"};
        co_return std::vector<creation>(topics.size(), refused);
    }
    auto const deadline = chronik::net::steady_now() + limit;
    // Until this broker counts as alive, nobody can say where its topics could go.
    std::function<bool(metadata::image const&)> joined = [&in](metadata::image const&) { return in.cluster.ready(); };
    if (!co_await in.cluster.until(std::move(joined), limit)) {
        creation const refused{wire::error_code::request_timed_out, "this broker has not joined its cluster yet"};
        co_return std::vector<creation>(topics.size(), refused);
    }
    for (auto& each : topics) each.topic_id = metadata::new_uuid(in.chance);
    chronik::duration const rest = std::max<chronik::duration>(deadline - chronik::net::steady_now(), {});
    auto const outcome = co_await in.cluster.commands().create(topics, rest);

    std::vector<creation> results(topics.size());
    for (auto const& problem : outcome.problems) {
        if (problem.topic < results.size()) results[problem.topic] = {to_kafka(problem.error), problem.message};
    }
    if (!outcome.applied && !outcome.decided) {
        for (auto& each : results) {
            if (each.error != wire::error_code::none) continue;
            each.error = wire::error_code::request_timed_out;
            each.message = "the metadata could not be changed in time; the topic may still be created";
        }
        co_return results;
    }
    // The command holds the topics without a problem, in their order.
    std::size_t item = 0;
    for (std::size_t i = 0; outcome.applied && i < results.size(); ++i) {
        if (results[i].error != wire::error_code::none || topics[i].validate_only) continue;
        if (item >= outcome.applied->items.size()) break;
        auto const why = outcome.applied->items[item++];
        if (why != metadata::error::none) results[i] = {to_kafka(why), std::string{metadata::text(why)}};
    }
    // The topic exists either way; with leaders the client's next request finds it usable.
    std::function<bool(metadata::image const&)> led = [&](metadata::image const& image) {
        return all_led(image, topics, results);
    };
    // Not for long: with a replica down a partition may have to wait for it, and the topic exists all the same.
    chronik::duration const left =
        std::clamp<chronik::duration>(deadline - chronik::net::steady_now(), {}, leaders_limit);
    static_cast<void>(co_await in.cluster.until(std::move(led), left));
    co_return results;
}

}  // namespace broker::handlers
