// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <settings/settings.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace broker {

enum class kafka_type { boolean, string, int32, int64, list };

/// One of this broker's settings under the name that it has in Kafka, for tools that ask for the configuration of a
/// broker.
///
/// key       the setting's row in the table; empty: what this broker always does
/// meaning   for rows without a key; the others take the table's
/// value     nothing: not set
struct kafka_name {
    std::string_view name;
    std::string_view key;
    kafka_type type;
    std::string_view meaning;
    std::optional<std::string> (*value)(settings const&);
};

std::span<kafka_name const> kafka_names();
/// Null for a name under which no setting of ours is known.
kafka_name const* find_kafka_name(std::string_view name);

/// Whether an operator has chosen it, as far as the value tells.
bool is_default(kafka_name const& row, settings const& config);
std::string_view meaning_of(kafka_name const& row);

}  // namespace broker
