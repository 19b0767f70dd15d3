// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/schema/field.hpp>

#include <boost/hana/tuple.hpp>

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

/// What the offsets topic holds, in Kafka's own formats, so that Kafka's tools read it.
/// Bytes: docs/formats/consumer_offsets.md. source   Kafka's OffsetCommitKey/Value and GroupMetadataKey/Value
namespace broker::groups {

using chronik::schema::field;
using chronik::schema::ignorable;
using chronik::schema::since;
using chronik::schema::until;

/// The key of a committed offset; versions 0 and 1 are alike.
struct offset_key {
    std::string group;
    std::string topic;
    std::int32_t partition = 0;

    static constexpr std::int16_t version = 1;
    static constexpr auto schema =
        boost::hana::make_tuple(field<"group", &offset_key::group>{}, field<"topic", &offset_key::topic>{},
                                field<"partition", &offset_key::partition>{});
    auto operator<=>(offset_key const&) const = default;
};

/// The key of a group's members and generation.
struct group_key {
    std::string group;

    static constexpr std::int16_t version = 2;
    static constexpr auto schema = boost::hana::make_tuple(field<"group", &group_key::group>{});
    auto operator<=>(group_key const&) const = default;
};

/// expire_timestamp   only where an old client asked for a retention of its own; -1: the broker's
struct offset_value {
    std::int64_t offset = 0;
    std::int32_t leader_epoch = -1;
    std::string metadata;
    std::int64_t commit_timestamp = 0;
    std::int64_t expire_timestamp = -1;

    static constexpr chronik::schema::versions described_versions{0, 4};
    static constexpr auto schema = boost::hana::make_tuple(
        field<"offset", &offset_value::offset>{},
        field<"leader_epoch", &offset_value::leader_epoch, since(3), ignorable>{},
        field<"metadata", &offset_value::metadata>{}, field<"commit_timestamp", &offset_value::commit_timestamp>{},
        field<"expire_timestamp", &offset_value::expire_timestamp, since(1), until(1), ignorable>{});
    bool operator==(offset_value const&) const = default;
};

struct stored_member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::string client_id;
    std::string client_host;
    std::int32_t rebalance_timeout = 0;
    std::int32_t session_timeout = 0;
    chronik::shared_bytes subscription;
    chronik::shared_bytes assignment;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"member_id", &stored_member::member_id>{},
        field<"group_instance_id", &stored_member::group_instance_id, since(3), ignorable>{},
        field<"client_id", &stored_member::client_id>{}, field<"client_host", &stored_member::client_host>{},
        field<"rebalance_timeout", &stored_member::rebalance_timeout, since(1), ignorable>{},
        field<"session_timeout", &stored_member::session_timeout>{},
        field<"subscription", &stored_member::subscription>{}, field<"assignment", &stored_member::assignment>{});
    bool operator==(stored_member const&) const = default;
};

/// A generation of a group: its members and who got what; without members, that it is empty and since when.
struct group_value {
    std::string protocol_type;
    std::int32_t generation = 0;
    std::optional<std::string> protocol;
    std::optional<std::string> leader;
    std::int64_t current_state_timestamp = -1;
    std::vector<stored_member> members;

    static constexpr chronik::schema::versions described_versions{0, 4};
    static constexpr auto schema = boost::hana::make_tuple(
        field<"protocol_type", &group_value::protocol_type>{}, field<"generation", &group_value::generation>{},
        field<"protocol", &group_value::protocol>{}, field<"leader", &group_value::leader>{},
        field<"current_state_timestamp", &group_value::current_state_timestamp, since(2), ignorable>{},
        field<"members", &group_value::members>{});
    bool operator==(group_value const&) const = default;
};

/// One record as it goes into a batch. No value: what the key names is gone.
struct log_record {
    std::vector<std::byte> key;
    std::optional<std::vector<std::byte>> value;

    std::size_t size() const { return key.size() + (value ? value->size() : 0); }
    bool operator==(log_record const&) const = default;
};

/// errors   errc::too_large for what no encoding can hold
[[nodiscard]] chronik::result<log_record> to_record(offset_key const& key, offset_value const& value);
[[nodiscard]] chronik::result<log_record> to_record(group_key const& key, group_value const& value);
[[nodiscard]] chronik::result<log_record> to_tombstone(offset_key const& key);
[[nodiscard]] chronik::result<log_record> to_tombstone(group_key const& key);

using record_key = std::variant<offset_key, group_key>;

/// errors   errc::malformed; errc::unsupported_version for records of kinds that this broker does not know
[[nodiscard]] chronik::result<record_key> read_key(std::span<std::byte const> bytes);
[[nodiscard]] chronik::result<offset_value> read_offset(std::span<std::byte const> bytes);
[[nodiscard]] chronik::result<group_value> read_group(std::span<std::byte const> bytes);

}  // namespace broker::groups
