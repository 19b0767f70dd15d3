// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// AlterConfigs, key 33, versions 0 to 2: what is not named goes back to its default. IncrementalAlterConfigs is what
/// clients of today send.
namespace broker::wire::alter_configs {

struct config {
    std::string name;
    std::optional<std::string> value;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &config::name>{},
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

    static constexpr std::int16_t key = 33;
    static constexpr schema::versions described_versions{0, 2};
    static constexpr schema::version flexible_since = 2;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"resources", &request::resources>{},
        field<"validate_only", &request::validate_only>{});
    bool operator==(request const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    std::vector<altered_resource> responses;

    static constexpr schema::versions described_versions{0, 2};
    static constexpr schema::version flexible_since = 2;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms>{},
        field<"responses", &response::responses>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::alter_configs
