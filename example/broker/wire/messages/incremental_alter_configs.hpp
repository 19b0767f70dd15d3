// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// IncrementalAlterConfigs, key 44, versions 0 and 1: what is not named stays (KIP-339).
namespace broker::wire::incremental_alter_configs {

/// append and subtract are for lists.
enum class operation : std::int8_t { set = 0, remove = 1, append = 2, subtract = 3 };

struct config {
    std::string name;
    incremental_alter_configs::operation operation = incremental_alter_configs::operation::set;
    std::optional<std::string> value;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &config::name>{},
        field<"config_operation", &config::operation>{},
        field<"value", &config::value>{});
    bool operator==(config const&) const = default;
};

struct resource {
    resource_type type = resource_type::unknown;
    std::string name;
    std::vector<config> configs;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"resource_type", &resource::type>{},
        field<"resource_name", &resource::name>{},
        field<"configs", &resource::configs>{});
    bool operator==(resource const&) const = default;
};

struct request {
    std::vector<resource> resources;
    bool validate_only = false;

    static constexpr std::int16_t key = 44;
    static constexpr schema::versions described_versions{0, 1};
    static constexpr schema::version flexible_since = 1;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"resources", &request::resources>{},
        field<"validate_only", &request::validate_only>{});
    bool operator==(request const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    std::vector<altered_resource> responses;

    static constexpr schema::versions described_versions{0, 1};
    static constexpr schema::version flexible_since = 1;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms>{},
        field<"responses", &response::responses>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::incremental_alter_configs
