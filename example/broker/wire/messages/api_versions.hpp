// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// ApiVersions, key 18, versions 0 to 4: which APIs and versions this broker speaks.
///
/// Its answer always has response header version 0, because a client asks before it knows anything.
namespace broker::wire::api_versions {

struct request {
    std::string client_software_name;
    std::string client_software_version;

    static constexpr std::int16_t key = 18;
    static constexpr schema::versions described_versions{0, 4};
    static constexpr schema::version flexible_since = 3;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"client_software_name", &request::client_software_name, since(3), ignorable>{},
        field<"client_software_version", &request::client_software_version, since(3), ignorable>{});
    bool operator==(request const&) const = default;
};

struct key_range {
    std::int16_t api_key = 0;
    std::int16_t min_version = 0;
    std::int16_t max_version = 0;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"api_key", &key_range::api_key>{},
        field<"min_version", &key_range::min_version>{},
        field<"max_version", &key_range::max_version>{});
    bool operator==(key_range const&) const = default;
};

/// In versions 0 to 3 a feature whose min_version is 0 must be left out (KAFKA-17011).
struct supported_feature {
    std::string name;
    std::int16_t min_version = 0;
    std::int16_t max_version = 0;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &supported_feature::name>{},
        field<"min_version", &supported_feature::min_version>{},
        field<"max_version", &supported_feature::max_version>{});
    bool operator==(supported_feature const&) const = default;
};

struct finalized_feature {
    std::string name;
    std::int16_t max_version_level = 0;
    std::int16_t min_version_level = 0;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &finalized_feature::name>{},
        field<"max_version_level", &finalized_feature::max_version_level>{},
        field<"min_version_level", &finalized_feature::min_version_level>{});
    bool operator==(finalized_feature const&) const = default;
};

struct response {
    error_code error = error_code::none;
    std::vector<key_range> api_keys;
    std::int32_t throttle_time_ms = 0;
    std::vector<supported_feature> supported_features;
    std::int64_t finalized_features_epoch = -1;
    std::vector<finalized_feature> finalized_features;
    bool zk_migration_ready = false;

    static constexpr schema::versions described_versions{0, 4};
    static constexpr schema::version flexible_since = 3;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"error_code", &response::error>{},
        field<"api_keys", &response::api_keys>{},
        field<"throttle_time_ms", &response::throttle_time_ms, since(1), ignorable>{},
        field<"supported_features", &response::supported_features, tagged<0>(3), ignorable>{},
        field<"finalized_features_epoch", &response::finalized_features_epoch, tagged<1>(3), ignorable>{},
        field<"finalized_features", &response::finalized_features, tagged<2>(3), ignorable>{},
        field<"zk_migration_ready", &response::zk_migration_ready, tagged<3>(3), ignorable>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::api_versions
