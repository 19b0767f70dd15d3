// SPDX-License-Identifier: Apache-2.0
#include <handlers/topics.hpp>

#include <metadata/uuid_text.hpp>

#include <algorithm>

namespace broker::handlers {

namespace {

constexpr chronik::duration leaders_limit = std::chrono::seconds{2};

/// What became of one request's change of topics, as far as it was waited for.
class creations {
public:
    explicit creations(std::size_t topics) : results_(topics) {}

    void refuse_all(wire::error_code error, char const* why) { results_.assign(results_.size(), {error, why}); }

    /// takes_part   whether the command has an item for this topic, if nothing speaks against it
    void take(change_outcome const& outcome, std::function<bool(std::size_t)> const& takes_part) {
        for (auto const& problem : outcome.problems) {
            if (problem.topic < results_.size()) results_[problem.topic] = {to_kafka(problem.error), problem.message};
        }
        if (!outcome.applied && !outcome.decided) {
            for (auto& each : results_) {
                if (each.error != wire::error_code::none) continue;
                each.error = wire::error_code::request_timed_out;
                each.message = "the metadata could not be changed in time; it may still be";
            }
            return;
        }
        // The command holds the topics without a problem, in their order.
        std::size_t item = 0;
        for (std::size_t i = 0; outcome.applied && i < results_.size(); ++i) {
            if (results_[i].error != wire::error_code::none || !takes_part(i)) continue;
            if (item >= outcome.applied->items.size()) break;
            auto const why = outcome.applied->items[item++];
            if (why != metadata::error::none) results_[i] = {to_kafka(why), std::string{metadata::text(why)}};
        }
    }

    bool made(std::size_t topic) const { return results_[topic].error == wire::error_code::none; }
    std::vector<creation> finish() && { return std::move(results_); }

private:
    std::vector<creation> results_;
};

/// With leaders, the client's next request finds what was made usable. Not for long: with a replica down a partition
/// may have to wait for it, and it exists all the same.
asio::awaitable<void> until_led(context& in, std::vector<metadata::uuid> const& topics, chronik::time_point deadline) {
    std::function<bool(metadata::image const&)> led = [&](metadata::image const& image) {
        return std::ranges::all_of(topics, [&](auto const& id) {
            auto const* const topic = image.find_topic(id);
            // Deleted again meanwhile, there is nothing to wait for.
            return topic == nullptr || std::ranges::all_of(topic->groups, [&](auto const group) {
                       return image.find_partition(group)->leader != chronik::no_node;
                   });
        });
    };
    chronik::duration const left = std::clamp<chronik::duration>(deadline - in.loop.now(), {}, leaders_limit);
    static_cast<void>(co_await in.cluster.until(std::move(led), left));
}

/// Until this broker counts as alive, nobody can say where its partitions could go.
asio::awaitable<bool> until_joined(context& in, chronik::duration limit) {
    std::function<bool(metadata::image const&)> joined = [&in](metadata::image const&) { return in.cluster.ready(); };
    co_return co_await in.cluster.until(std::move(joined), limit);
}

constexpr char const* too_many = "too many topics in one request";
constexpr char const* not_joined = "this broker has not joined its cluster yet";

}  // namespace

asio::awaitable<std::vector<creation>> create_topics(context& in, std::vector<metadata::create_request>& topics,
                                                     chronik::duration limit) {
    creations made{topics.size()};
    if (topics.size() > metadata::items_per_command_max) {
        made.refuse_all(wire::error_code::policy_violation, too_many);
        co_return std::move(made).finish();
    }
    auto const deadline = in.loop.now() + limit;
    if (!co_await until_joined(in, limit)) {
        made.refuse_all(wire::error_code::request_timed_out, not_joined);
        co_return std::move(made).finish();
    }
    for (auto& each : topics) each.topic_id = metadata::new_uuid(in.chance);
    chronik::duration const rest = std::max<chronik::duration>(deadline - in.loop.now(), {});
    auto const outcome = co_await in.cluster.commands().create(topics, rest);
    made.take(outcome, [&](std::size_t at) { return !topics[at].validate_only; });

    std::vector<metadata::uuid> created;
    for (std::size_t i = 0; i < topics.size(); ++i)
        if (made.made(i) && !topics[i].validate_only) created.push_back(topics[i].topic_id);
    co_await until_led(in, created, deadline);
    co_return std::move(made).finish();
}

asio::awaitable<std::vector<creation>> create_partitions(context& in, std::vector<metadata::growth_request> topics,
                                                         chronik::duration limit) {
    creations made{topics.size()};
    if (topics.size() > metadata::items_per_command_max) {
        made.refuse_all(wire::error_code::policy_violation, too_many);
        co_return std::move(made).finish();
    }
    auto const deadline = in.loop.now() + limit;
    if (!co_await until_joined(in, limit)) {
        made.refuse_all(wire::error_code::request_timed_out, not_joined);
        co_return std::move(made).finish();
    }
    chronik::duration const rest = std::max<chronik::duration>(deadline - in.loop.now(), {});
    auto const outcome = co_await in.cluster.commands().grow(topics, rest);
    made.take(outcome, [&](std::size_t at) { return !topics[at].validate_only; });

    std::vector<metadata::uuid> grown;
    auto const image = in.cluster.image();
    for (std::size_t i = 0; i < topics.size(); ++i) {
        auto const* const topic = image->find_topic(topics[i].name);
        if (made.made(i) && !topics[i].validate_only && topic != nullptr) grown.push_back(topic->id);
    }
    co_await until_led(in, grown, deadline);
    co_return std::move(made).finish();
}

}  // namespace broker::handlers
