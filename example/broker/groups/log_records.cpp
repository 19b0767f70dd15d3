// SPDX-License-Identifier: Apache-2.0
#include <groups/log_records.hpp>

#include <chronik/schema/decode.hpp>
#include <chronik/schema/encode.hpp>

#include <wire/kafka_format.hpp>

#include <bit>

namespace broker::groups {

namespace {

using chronik::errc;
using chronik::failure;
using chronik::result;
using wire::kafka_format;

/// As written by Kafka since 2.1: with leader epoch and static members, before the flexible encoding.
constexpr std::int16_t value_version = 3;
/// The only version that carries an expiry of its own.
constexpr std::int16_t expiring_version = 1;
constexpr std::int16_t flexible_since = 4;

template <class Message>
result<std::vector<std::byte>> encoded(Message const& message, std::int16_t version) {
    std::vector<std::byte> bytes;
    chronik::byte_writer out{bytes};
    out.number<std::int16_t, std::endian::big>(version);
    auto const done = chronik::schema::encode(message, version, kafka_format{.flexible = version >= flexible_since},
                                              out);
    if (!done) return std::unexpected(done.error());
    return bytes;
}

template <class Key, class Value>
result<log_record> record_of(Key const& key, Value const& value, std::int16_t version) {
    auto name = encoded(key, Key::version);
    if (!name) return std::unexpected(name.error());
    auto content = encoded(value, version);
    if (!content) return std::unexpected(content.error());
    return log_record{std::move(*name), std::move(*content)};
}

template <class Key>
result<log_record> tombstone_of(Key const& key) {
    auto name = encoded(key, Key::version);
    if (!name) return std::unexpected(name.error());
    return log_record{std::move(*name), std::nullopt};
}

struct versioned {
    std::int16_t version;
    chronik::shared_bytes body;
};

/// A copy: what stays of a record must not hold on to the log's memory.
result<versioned> split(std::span<std::byte const> bytes) {
    if (bytes.size() < sizeof(std::int16_t)) return failure(errc::malformed);
    return versioned{chronik::load<std::int16_t, std::endian::big>(bytes.data()),
                     chronik::shared_bytes::copy_of(bytes.subspan(sizeof(std::int16_t)))};
}

template <class Value>
result<Value> read_value(std::span<std::byte const> bytes) {
    auto const parts = split(bytes);
    if (!parts) return std::unexpected(parts.error());
    if (!Value::described_versions.contains(parts->version)) return failure(errc::unsupported_version);
    constexpr chronik::schema::decode_limits limits{.allocated_bytes_max = wire::decoded_bytes_max,
                                                    .nesting_max = wire::nesting_max};
    return chronik::schema::decode<Value>(parts->body, parts->version,
                                          kafka_format{.flexible = parts->version >= flexible_since}, limits);
}

}  // namespace

result<log_record> to_record(offset_key const& key, offset_value const& value) {
    return record_of(key, value, value.expire_timestamp >= 0 ? expiring_version : value_version);
}
result<log_record> to_record(group_key const& key, group_value const& value) {
    return record_of(key, value, value_version);
}
result<log_record> to_tombstone(offset_key const& key) { return tombstone_of(key); }
result<log_record> to_tombstone(group_key const& key) { return tombstone_of(key); }

result<record_key> read_key(std::span<std::byte const> bytes) {
    auto const parts = split(bytes);
    if (!parts) return std::unexpected(parts.error());
    auto const as = [&]<class Key>() -> result<record_key> {
        auto key = chronik::schema::decode<Key>(parts->body, parts->version, kafka_format{});
        if (!key) return std::unexpected(key.error());
        return record_key{std::move(*key)};
    };
    if (parts->version == 0 || parts->version == offset_key::version) return as.template operator()<offset_key>();
    if (parts->version == group_key::version) return as.template operator()<group_key>();
    return failure(errc::unsupported_version);
}

result<offset_value> read_offset(std::span<std::byte const> bytes) { return read_value<offset_value>(bytes); }
result<group_value> read_group(std::span<std::byte const> bytes) { return read_value<group_value>(bytes); }

}  // namespace broker::groups
