// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// DescribeConfigs, key 32, versions 1 to 4.
namespace broker::wire::describe_configs {

/// configuration_keys   null: all of them
struct resource {
    resource_type type = resource_type::unknown;
    std::string name;
    std::optional<std::vector<std::string>> configuration_keys;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"resource_type", &resource::type>{},
        field<"resource_name", &resource::name>{},
        field<"configuration_keys", &resource::configuration_keys>{});
    bool operator==(resource const&) const = default;
};

struct request {
    std::vector<resource> resources;
    bool include_synonyms = false;
    bool include_documentation = false;

    static constexpr std::int16_t key = 32;
    static constexpr schema::versions described_versions{1, 4};
    static constexpr schema::version flexible_since = 4;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"resources", &request::resources>{},
        field<"include_synonyms", &request::include_synonyms>{},
        field<"include_documentation", &request::include_documentation, since(3)>{});
    bool operator==(request const&) const = default;
};

/// Where else the configuration could be set, and what it is there.
struct synonym {
    std::string name;
    std::optional<std::string> value;
    config_source source = config_source::unknown;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &synonym::name>{},
        field<"value", &synonym::value>{},
        field<"source", &synonym::source>{});
    bool operator==(synonym const&) const = default;
};

enum class config_type : std::int8_t {
    unknown = 0,
    boolean = 1,
    string = 2,
    int32 = 3,
    int16 = 4,
    int64 = 5,
    floating = 6,
    list = 7,
};

/// synonyms   the one in effect first
struct config {
    std::string name;
    std::optional<std::string> value;
    bool read_only = false;
    config_source source = config_source::unknown;
    bool is_sensitive = false;
    std::vector<synonym> synonyms;
    config_type type = config_type::unknown;
    std::optional<std::string> documentation;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &config::name>{},
        field<"value", &config::value>{},
        field<"read_only", &config::read_only>{},
        field<"config_source", &config::source>{},
        field<"is_sensitive", &config::is_sensitive>{},
        field<"synonyms", &config::synonyms>{},
        field<"config_type", &config::type, since(3), ignorable>{},
        field<"documentation", &config::documentation, since(3), ignorable>{});
    bool operator==(config const&) const = default;
};

struct result {
    error_code error = error_code::none;
    std::optional<std::string> error_message;
    resource_type type = resource_type::unknown;
    std::string name;
    std::vector<config> configs;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"error_code", &result::error>{},
        field<"error_message", &result::error_message>{},
        field<"resource_type", &result::type>{},
        field<"resource_name", &result::name>{},
        field<"configs", &result::configs>{});
    bool operator==(result const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    std::vector<result> results;

    static constexpr schema::versions described_versions{1, 4};
    static constexpr schema::version flexible_since = 4;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms>{},
        field<"results", &response::results>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::describe_configs
