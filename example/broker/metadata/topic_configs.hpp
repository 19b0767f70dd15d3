// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

/// Kafka's topic configurations: which names exist, and which values this broker can honour.
namespace broker::metadata {

enum class config_kind : std::uint8_t { whole_number, fraction, truth, choice, list };

/// choices   for kind choice: what is honoured | what Kafka knows and this broker refuses; semicolons between
struct known_config {
    std::string_view name;
    config_kind kind;
    std::int64_t least = 0;
    std::int64_t most = std::numeric_limits<std::int64_t>::max();
    std::string_view choices = {};
};

inline constexpr std::int64_t int32_max = std::numeric_limits<std::int32_t>::max();
inline constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();

inline constexpr std::array known_configs{
    known_config{"cleanup.policy", config_kind::choice, 0, 0, "delete;compact;compact,delete;delete,compact|"},
    known_config{"compression.type", config_kind::choice, 0, 0, "producer|uncompressed;gzip;snappy;lz4;zstd"},
    known_config{"message.timestamp.type", config_kind::choice, 0, 0, "CreateTime|LogAppendTime"},
    known_config{"unclean.leader.election.enable", config_kind::choice, 0, 0, "false|true"},
    known_config{"remote.storage.enable", config_kind::choice, 0, 0, "false|true"},
    known_config{"preallocate", config_kind::truth},
    known_config{"message.downconversion.enable", config_kind::truth},
    known_config{"retention.ms", config_kind::whole_number, -1, int64_max},
    known_config{"retention.bytes", config_kind::whole_number, -1, int64_max},
    known_config{"local.retention.ms", config_kind::whole_number, -2, int64_max},
    known_config{"local.retention.bytes", config_kind::whole_number, -2, int64_max},
    known_config{"segment.bytes", config_kind::whole_number, 14, int32_max},
    known_config{"segment.ms", config_kind::whole_number, 1, int64_max},
    known_config{"segment.jitter.ms", config_kind::whole_number, 0, int64_max},
    known_config{"segment.index.bytes", config_kind::whole_number, 4, int32_max},
    known_config{"index.interval.bytes", config_kind::whole_number, 0, int32_max},
    known_config{"min.insync.replicas", config_kind::whole_number, 1, int32_max},
    known_config{"max.message.bytes", config_kind::whole_number, 0, int32_max},
    known_config{"flush.messages", config_kind::whole_number, 1, int64_max},
    known_config{"flush.ms", config_kind::whole_number, 0, int64_max},
    known_config{"file.delete.delay.ms", config_kind::whole_number, 0, int64_max},
    known_config{"delete.retention.ms", config_kind::whole_number, 0, int64_max},
    known_config{"min.compaction.lag.ms", config_kind::whole_number, 0, int64_max},
    known_config{"max.compaction.lag.ms", config_kind::whole_number, 1, int64_max},
    known_config{"min.cleanable.dirty.ratio", config_kind::fraction},
    known_config{"message.timestamp.difference.max.ms", config_kind::whole_number, 0, int64_max},
    known_config{"message.timestamp.before.max.ms", config_kind::whole_number, 0, int64_max},
    known_config{"message.timestamp.after.max.ms", config_kind::whole_number, 0, int64_max},
    known_config{"leader.replication.throttled.replicas", config_kind::list},
    known_config{"follower.replication.throttled.replicas", config_kind::list},
};

namespace detail {

inline std::string wrong_value(std::string_view name, std::string_view value, std::string_view why) {
    return "Invalid value " + std::string{value} + " for configuration " + std::string{name} + ": " + std::string{why};
}

/// Whether it is one of several with semicolons between.
constexpr bool is_among(std::string_view choices, std::string_view value) {
    while (!choices.empty()) {
        std::size_t const end = std::min(choices.find(';'), choices.size());
        if (value == choices.substr(0, end)) return true;
        choices.remove_prefix(std::min(end + 1, choices.size()));
    }
    return false;
}

inline std::string choice_problem(known_config const& known, std::string_view value) {
    std::size_t const bar = known.choices.find('|');
    auto const honoured = known.choices.substr(0, bar);
    if (is_among(honoured, value)) return {};
    std::string const all{honoured};
    return wrong_value(known.name, value,
                       is_among(known.choices.substr(bar + 1), value)
                           ? "this broker does not support it yet; only " + all + " is"
                           : "the value must be " + (all.find(';') == all.npos ? all : "one of " + all));
}

inline std::string number_problem(known_config const& known, std::string_view value) {
    std::int64_t number = 0;
    auto const [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size())
        return wrong_value(known.name, value, "it is not a whole number");
    if (number < known.least)
        return wrong_value(known.name, value, "it must be at least " + std::to_string(known.least));
    if (number > known.most) return wrong_value(known.name, value, "it must be at most " + std::to_string(known.most));
    return {};
}

inline std::string fraction_problem(known_config const& known, std::string_view value) {
    double number = 0;
    auto const [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    bool const fits = error == std::errc{} && end == value.data() + value.size() && number >= 0 && number <= 1;
    return fits ? std::string{} : wrong_value(known.name, value, "it must be a number between 0 and 1");
}

}  // namespace detail

/// Why a topic cannot have this configuration, or an empty text.
inline std::string config_problem(std::string_view name, std::string_view value) {
    for (known_config const& known : known_configs) {
        if (known.name != name) continue;
        switch (known.kind) {
            case config_kind::whole_number: return detail::number_problem(known, value);
            case config_kind::fraction: return detail::fraction_problem(known, value);
            case config_kind::choice: return detail::choice_problem(known, value);
            case config_kind::truth:
                return value == "true" || value == "false" ? std::string{}
                                                           : detail::wrong_value(name, value,
                                                               "it must be true or false");
            case config_kind::list: return {};
        }
    }
    return "Unknown topic config name: " + std::string{name};
}

}  // namespace broker::metadata
