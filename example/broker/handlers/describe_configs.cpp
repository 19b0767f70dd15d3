// SPDX-License-Identifier: Apache-2.0
#include <handlers/describe_configs.hpp>

#include <metadata/topic_configs.hpp>
#include <settings/kafka_names.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace broker::handlers {

namespace {

using metadata::config_kind;
using metadata::known_config;
using wire::config_source;
using wire::error_code;
using wire::resource_type;
namespace message = wire::describe_configs;

message::config_type type_of(known_config const& known) {
    using enum message::config_type;
    switch (known.kind) {
        case config_kind::whole_number: return known.most <= metadata::int32_max ? int32 : int64;
        case config_kind::fraction: return floating;
        case config_kind::truth:
        case config_kind::truth_choice: return boolean;
        case config_kind::choice:
        case config_kind::placement: return string;
        case config_kind::list_choice:
        case config_kind::list: return list;
    }
    return unknown;
}

message::config_type type_of(kafka_name const& row) {
    using enum message::config_type;
    switch (row.type) {
        case kafka_type::boolean: return boolean;
        case kafka_type::string: return string;
        case kafka_type::int32: return int32;
        case kafka_type::int64: return int64;
        case kafka_type::list: return list;
    }
    return unknown;
}

/// One request, resource by resource.
class description {
public:
    description(context const& in, message::request const& asked)
        : settings_(in.settings), image_(in.cluster.image()), ready_(in.cluster.ready()), asked_(asked) {}

    message::result of(message::resource const& wanted) const {
        message::result out;
        out.type = wanted.type;
        out.name = wanted.name;
        switch (wanted.type) {
            case resource_type::topic: describe_topic(wanted, out); break;
            case resource_type::broker: describe_broker(wanted, out); break;
            default:
                refuse(out, error_code::invalid_request, "Only topics and brokers have configurations here.");
                break;
        }
        return out;
    }

private:
    static void refuse(message::result& out, error_code error, std::string why) {
        out.error = error;
        out.error_message = std::move(why);
    }

    static bool wants(message::resource const& wanted, std::string_view name) {
        auto const& keys = wanted.configuration_keys;
        return !keys || std::ranges::find(*keys, name) != keys->end();
    }

    void describe_topic(message::resource const& wanted, message::result& out) const {
        auto const* const topic = image_->find_topic(wanted.name);
        if (topic == nullptr) {
            // Before the metadata is current nobody can say that something does not exist.
            return refuse(out, ready_ ? error_code::unknown_topic_or_partition : error_code::leader_not_available,
                          "There is no topic '" + wanted.name + "'.");
        }
        for (known_config const& known : metadata::known_configs) {
            if (!wants(wanted, known.name)) continue;
            auto& one = out.configs.emplace_back();
            one.name = known.name;
            one.synonyms = broker_wide(known);
            if (auto const* const own = topic->config(known.name))
                one.synonyms.insert(one.synonyms.begin(),
                                    message::synonym{one.name, *own, config_source::dynamic_topic});
            one.type = type_of(known);
            finish(one, known.meaning);
        }
    }

    void describe_broker(message::resource const& wanted, message::result& out) const {
        if (wanted.name.empty()) return;  // nothing is set for all brokers at once
        auto const self = std::to_string(settings_.node_id.value);
        if (wanted.name != self)
            return refuse(out, error_code::invalid_request,
                          "This is broker " + self + ", and not " + wanted.name + ".");
        for (kafka_name const& row : kafka_names()) {
            if (!wants(wanted, row.name)) continue;
            auto& one = out.configs.emplace_back();
            one.name = row.name;
            one.synonyms.push_back(stated(row));
            one.type = type_of(row);
            one.read_only = true;
            finish(one, meaning_of(row));
        }
        for (known_config const& known : metadata::known_configs) {
            bool const has_name = !known.broker_name.empty() && find_kafka_name(known.broker_name) == nullptr;
            if (!has_name || !wants(wanted, known.broker_name)) continue;
            auto& one = out.configs.emplace_back();
            one.name = known.broker_name;
            one.synonyms = broker_wide(known);
            one.type = type_of(known);
            one.read_only = true;
            finish(one, known.meaning);
        }
    }

    message::synonym stated(kafka_name const& row) const {
        auto const source = is_default(row, settings_) ? config_source::built_in : config_source::static_broker;
        return {std::string{row.name}, row.value(settings_), source};
    }

    /// What a topic without a word of its own has.
    std::vector<message::synonym> broker_wide(known_config const& known) const {
        if (auto const* const row = find_kafka_name(known.broker_name)) return {stated(*row)};
        auto const name = known.broker_name.empty() ? known.name : known.broker_name;
        return {{std::string{name}, std::string{known.otherwise}, config_source::built_in}};
    }

    /// The first synonym is what counts; the client gets as much of the rest as it wants.
    void finish(message::config& one, std::string_view meaning) const {
        one.value = one.synonyms.front().value;
        one.source = one.synonyms.front().source;
        if (!asked_.include_synonyms) one.synonyms.clear();
        if (asked_.include_documentation) one.documentation = meaning;
    }

    broker::settings const& settings_;
    std::shared_ptr<metadata::image const> image_;
    bool ready_;
    message::request const& asked_;
};

}  // namespace

void handle(context& in, request_info const&, message::request&& asked, answer<message::response> done) {
    message::response response;
    description const described{in, asked};
    response.results.reserve(asked.resources.size());
    for (auto const& wanted : asked.resources) response.results.push_back(described.of(wanted));
    done(response);
}

}  // namespace broker::handlers
