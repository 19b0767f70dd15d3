// SPDX-License-Identifier: Apache-2.0
#include <handlers/alter_configs.hpp>

#include <metadata/config_changes.hpp>
#include <metadata/placing.hpp>
#include <settings/kafka_names.hpp>
#include <settings/settings_table.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <utility>

namespace broker::handlers {

namespace {

using metadata::config_operation;
using wire::error_code;
using wire::resource_type;

/// The requests name no time; clients wait for 30 s or longer.
constexpr std::chrono::seconds change_limit{25};
/// One answer names each of them; no tool changes so many at once.
constexpr std::size_t resources_max = metadata::items_per_command_max;

/// What is to be done to one resource, whichever API said so.
///
/// replaces   what is not named goes back to its default
/// refused    it makes no sense, whatever the topic has
struct wish {
    resource_type type = resource_type::unknown;
    std::string name;
    bool replaces = false;
    std::vector<metadata::config_step> steps = {};
    std::optional<metadata::problem> refused = {};
};

std::optional<config_operation> operation_of(wire::incremental_alter_configs::operation asked) {
    using enum wire::incremental_alter_configs::operation;
    switch (asked) {
        case set: return config_operation::set;
        case remove: return config_operation::remove;
        case append: return config_operation::append;
        case subtract: return config_operation::subtract;
    }
    return std::nullopt;
}

/// Why a broker's configuration cannot be changed; there is always a reason.
metadata::problem broker_problem(wish const& wanted) {
    using metadata::error;
    if (wanted.steps.empty()) return {error::invalid_request, "A broker's configurations are set when it starts."};
    auto const& name = wanted.steps.front().name;
    auto const* const row = find_kafka_name(name);
    bool const known = row != nullptr || std::ranges::any_of(metadata::known_configs, [&](auto const& each) {
                           return each.broker_name == name;
                       });
    if (!known) return {error::invalid_config, "Unknown broker config name: " + name};
    std::string const how = row == nullptr || row->key.empty()
                                ? " cannot be changed for all topics; topics have their own"
                                : " is set when the broker starts, by " + places(row->key);
    return {error::invalid_config, name + how + "."};
}

class change {
public:
    change(context& in, std::vector<wish> wishes, bool validate_only)
        : in_(in), wishes_(std::move(wishes)), validate_only_(validate_only), results_(wishes_.size()) {
        for (std::size_t at = 0; at < wishes_.size(); ++at) {
            results_[at].type = wishes_[at].type;
            results_[at].name = wishes_[at].name;
        }
    }

    asio::awaitable<std::vector<wire::altered_resource>> make() {
        sort();
        auto const deadline = in_.loop.now() + change_limit;
        for (auto now = in_.loop.now(); !waiting_.empty() && now < deadline; now = in_.loop.now()) {
            auto command = next_command();
            if (command.topics.empty()) break;
            auto const outcome = co_await in_.cluster.commands().submit(std::move(command), deadline - now);
            take(outcome);
        }
        for (auto const at : waiting_)
            refuse(at, error_code::request_timed_out, "The change was not committed in time; it may still be.");
        co_return std::move(results_);
    }

private:
    void refuse(std::size_t at, error_code error, std::string why) {
        results_[at].error = error;
        results_[at].error_message = std::move(why);
    }
    void refuse(std::size_t at, metadata::problem why) { refuse(at, to_kafka(why.why), std::move(why.message)); }

    /// Topics wait for a command; everything else has its answer already.
    void sort() {
        std::map<std::pair<resource_type, std::string>, int> named;
        for (auto const& each : wishes_) ++named[{each.type, each.name}];
        for (std::size_t at = 0; at < wishes_.size(); ++at) {
            auto const& wanted = wishes_[at];
            if (named[{wanted.type, wanted.name}] > 1)
                refuse(at, error_code::invalid_request, "Each resource must appear at most once.");
            else if (wanted.refused)
                refuse(at, *wanted.refused);
            else if (at >= resources_max)
                refuse(at, error_code::policy_violation, "Too many resources in one request.");
            else if (wanted.type == resource_type::broker)
                refuse(at, broker_problem(wanted));
            else if (wanted.type != resource_type::topic)
                refuse(at, error_code::invalid_request, "Only topics have configurations that can be changed here.");
            else
                waiting_.push_back(at);
        }
    }

    /// What is left to do, worked out against the newest image; what that answers already waits no longer.
    metadata::change_configs next_command() {
        metadata::change_configs command;
        std::vector<std::size_t> still;
        auto const image = in_.cluster.image();
        for (auto const at : waiting_) {
            auto const* const topic = image->find_topic(wishes_[at].name);
            if (topic == nullptr) {
                // Before the metadata is current nobody can say that something does not exist.
                refuse(at, in_.cluster.ready() ? error_code::unknown_topic_or_partition : error_code::request_timed_out,
                       "There is no topic '" + wishes_[at].name + "'.");
                continue;
            }
            auto changed = metadata::changed_configs(
                wishes_[at].replaces ? std::vector<metadata::config_entry>{} : topic->configs, wishes_[at].steps);
            if (!changed) {
                refuse(at, std::move(changed.error()));
            } else if (auto why = metadata::policy_change_problem(*image, *topic, *changed)) {
                refuse(at, *std::move(why));
            } else if (!validate_only_ && *changed != topic->configs) {
                command.topics.push_back({topic->id, topic->configs_at, std::move(*changed)});
                still.push_back(at);
            }
        }
        waiting_ = std::move(still);
        return command;
    }

    /// Whoever was overtaken by another change waits for the next command.
    void take(change_outcome const& outcome) {
        if (!outcome.applied) return;
        std::vector<std::size_t> still;
        for (std::size_t item = 0; item < waiting_.size(); ++item) {
            auto const& items = outcome.applied->items;
            auto const why = item < items.size() ? items[item] : outcome.applied->outcome;
            if (why == metadata::error::superseded) still.push_back(waiting_[item]);
            else if (why != metadata::error::none) refuse(waiting_[item], {why, std::string{metadata::text(why)}});
        }
        waiting_ = std::move(still);
    }

    context& in_;
    std::vector<wish> wishes_;
    bool validate_only_;
    std::vector<wire::altered_resource> results_;
    std::vector<std::size_t> waiting_;  ///< topics whose change is not yet committed, by their place in the request
};

template <class Response>
asio::awaitable<void> run(context& in, std::vector<wish> wishes, bool validate_only, answer<Response> done) {
    change making{in, std::move(wishes), validate_only};
    Response response;
    response.responses = co_await making.make();
    done(response);
}

}  // namespace

void handle(context& in, request_info const&, wire::incremental_alter_configs::request&& asked,
            answer<wire::incremental_alter_configs::response> done) {
    std::vector<wish> wishes;
    wishes.reserve(asked.resources.size());
    for (auto& resource : asked.resources) {
        wish& wanted = wishes.emplace_back(wish{resource.type, std::move(resource.name)});
        for (auto& each : resource.configs) {
            auto const operation = operation_of(each.operation);
            if (!operation) {
                wanted.refused = {metadata::error::invalid_request, "Unknown operation on " + each.name + "."};
                break;
            }
            wanted.steps.push_back({std::move(each.name), *operation, std::move(each.value)});
        }
    }
    in.loop.start(run(in, std::move(wishes), asked.validate_only, std::move(done)));
}

void handle(context& in, request_info const&, wire::alter_configs::request&& asked,
            answer<wire::alter_configs::response> done) {
    std::vector<wish> wishes;
    wishes.reserve(asked.resources.size());
    for (auto& resource : asked.resources) {
        wish& wanted = wishes.emplace_back(wish{resource.type, std::move(resource.name), true});
        for (auto& each : resource.configs)
            wanted.steps.push_back({std::move(each.name), config_operation::set, std::move(each.value)});
    }
    in.loop.start(run(in, std::move(wishes), asked.validate_only, std::move(done)));
}

}  // namespace broker::handlers
