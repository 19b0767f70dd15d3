// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/placement_policy.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

/// Kafka's topic configurations, and one of our own: which names exist, and which values this broker can honour.
namespace broker::metadata {

enum class config_kind : std::uint8_t {
    whole_number,
    fraction,
    truth,
    truth_choice,
    choice,
    list_choice,
    list,
    placement,  ///< our own: metadata/placement_policy.hpp
};

/// otherwise     what holds while neither the topic nor the broker says anything
/// broker_name   what Kafka calls it where it is said for all topics; empty: nowhere
/// meaning       a sentence for people, which tools show
/// choices       for the kinds of choice: what is honoured | what Kafka knows and this broker refuses; semicolons
///               between
struct known_config {
    std::string_view name;
    config_kind kind;
    std::string_view otherwise;
    std::string_view broker_name;
    std::string_view meaning;
    std::int64_t least = 0;
    std::int64_t most = std::numeric_limits<std::int64_t>::max();
    std::string_view choices = {};
};

inline constexpr std::int64_t int32_max = std::numeric_limits<std::int32_t>::max();
inline constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();
inline constexpr std::string_view no_limit = "9223372036854775807";

// clang-format off
inline constexpr std::array known_configs{
    known_config{"cleanup.policy", config_kind::list_choice, "delete", "log.cleanup.policy",
        "What happens to old records: delete removes them by age and size, compact keeps the last of each key.",
        0, 0, "delete;compact;compact,delete;delete,compact|"},
    known_config{"compression.type", config_kind::choice, "producer", "compression.type",
        "Batches stay as their producer compressed them.", 0, 0, "producer|uncompressed;gzip;snappy;lz4;zstd"},
    known_config{"compression.gzip.level", config_kind::whole_number, "-1", "compression.gzip.level",
        "Kept, without effect: batches stay as their producer compressed them.", -1, 9},
    known_config{"compression.lz4.level", config_kind::whole_number, "9", "compression.lz4.level",
        "Kept, without effect: batches stay as their producer compressed them.", 1, 17},
    known_config{"compression.zstd.level", config_kind::whole_number, "3", "compression.zstd.level",
        "Kept, without effect: batches stay as their producer compressed them.", -131'072, 22},
    known_config{"message.timestamp.type", config_kind::choice, "CreateTime", "log.message.timestamp.type",
        "Records keep the time that their producer gave them.", 0, 0, "CreateTime|LogAppendTime"},
    known_config{"unclean.leader.election.enable", config_kind::truth_choice, "false",
        "unclean.leader.election.enable", "A replica that lacks acknowledged records never leads.", 0, 0, "false|true"},
    known_config{"remote.storage.enable", config_kind::truth_choice, "false", "",
        "There is no tiered storage.", 0, 0, "false|true"},
    known_config{"remote.log.copy.disable", config_kind::truth, "false", "",
        "Kept, without effect: there is no tiered storage."},
    known_config{"remote.log.delete.on.disable", config_kind::truth, "false", "",
        "Kept, without effect: there is no tiered storage."},
    known_config{"preallocate", config_kind::truth, "false", "log.preallocate",
        "Kept, without effect: the journal's files are always preallocated."},
    known_config{"message.downconversion.enable", config_kind::truth, "true", "log.message.downconversion.enable",
        "Kept, without effect: batches are never converted."},
    known_config{"retention.ms", config_kind::whole_number, "604800000", "log.retention.ms",
        "How old the newest record of a file may become before the file goes; -1 is for ever.", -1, int64_max},
    known_config{"retention.bytes", config_kind::whole_number, "-1", "log.retention.bytes",
        "How much of a partition is kept; -1 is everything.", -1, int64_max},
    known_config{"local.retention.ms", config_kind::whole_number, "-2", "log.local.retention.ms",
        "Kept, without effect: there is no tiered storage.", -2, int64_max},
    known_config{"local.retention.bytes", config_kind::whole_number, "-2", "log.local.retention.bytes",
        "Kept, without effect: there is no tiered storage.", -2, int64_max},
    known_config{"segment.bytes", config_kind::whole_number, "1073741824", "log.segment.bytes",
        "How large a file of records becomes before the next one begins.", 14, int32_max},
    known_config{"segment.ms", config_kind::whole_number, "604800000", "log.roll.ms",
        "How long a file of records grows before the next one begins.", 1, int64_max},
    known_config{"segment.jitter.ms", config_kind::whole_number, "0", "log.roll.jitter.ms",
        "Kept, without effect.", 0, int64_max},
    known_config{"segment.index.bytes", config_kind::whole_number, "10485760", "log.index.size.max.bytes",
        "Kept, without effect: an index is as large as it has to be.", 4, int32_max},
    known_config{"index.interval.bytes", config_kind::whole_number, "4096", "log.index.interval.bytes",
        "Kept, without effect: every batch is in the index.", 0, int32_max},
    known_config{"min.insync.replicas", config_kind::whole_number, "1", "min.insync.replicas",
        "With fewer replicas in sync, producers with acks=all get a retriable error.", 1, int32_max},
    known_config{"max.message.bytes", config_kind::whole_number, "1048588", "message.max.bytes",
        "A larger record batch is refused.", 0, int32_max},
    known_config{"flush.messages", config_kind::whole_number, no_limit, "log.flush.interval.messages",
        "Kept, without effect: the broker's durability says when records are synced.", 1, int64_max},
    known_config{"flush.ms", config_kind::whole_number, no_limit, "log.flush.interval.ms",
        "Kept, without effect: the broker's durability says when records are synced.", 0, int64_max},
    known_config{"file.delete.delay.ms", config_kind::whole_number, "60000", "log.segment.delete.delay.ms",
        "Kept, without effect: a file goes when nobody reads it any more.", 0, int64_max},
    known_config{"delete.retention.ms", config_kind::whole_number, "86400000", "log.cleaner.delete.retention.ms",
        "Of topics that are compacted.", 0, int64_max},
    known_config{"min.compaction.lag.ms", config_kind::whole_number, "0", "log.cleaner.min.compaction.lag.ms",
        "Of topics that are compacted.", 0, int64_max},
    known_config{"max.compaction.lag.ms", config_kind::whole_number, no_limit, "log.cleaner.max.compaction.lag.ms",
        "Of topics that are compacted.", 1, int64_max},
    known_config{"min.cleanable.dirty.ratio", config_kind::fraction, "0.5", "log.cleaner.min.cleanable.ratio",
        "Of topics that are compacted."},
    known_config{"message.timestamp.difference.max.ms", config_kind::whole_number, no_limit, "",
        "Kept, without effect: any time is taken.", 0, int64_max},
    known_config{"message.timestamp.before.max.ms", config_kind::whole_number, no_limit,
        "log.message.timestamp.before.max.ms", "Kept, without effect: any time is taken.", 0, int64_max},
    known_config{"message.timestamp.after.max.ms", config_kind::whole_number, no_limit,
        "log.message.timestamp.after.max.ms", "Kept, without effect: any time is taken.", 0, int64_max},
    known_config{"leader.replication.throttled.replicas", config_kind::list, "", "",
        "Kept, without effect: replication is not throttled by topic."},
    known_config{"follower.replication.throttled.replicas", config_kind::list, "", "",
        "Kept, without effect: replication is not throttled by topic."},
    known_config{placement_policy::config_name, config_kind::placement, "", "",
        "Which brokers may have replicas, by their tags: pin:TAG,...; exclude:TAG,...; spread:KEY."},
};
// clang-format on

/// Null for a name that is not known, here or by Kafka.
constexpr known_config const* find_config(std::string_view name) {
    auto const* const found = std::ranges::find(known_configs, name, &known_config::name);
    return found == known_configs.end() ? nullptr : found;
}

constexpr bool is_list(known_config const& known) {
    return known.kind == config_kind::list || known.kind == config_kind::list_choice;
}

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
    known_config const* const known = find_config(name);
    if (known == nullptr) return "Unknown topic config name: " + std::string{name};
    switch (known->kind) {
        case config_kind::whole_number: return detail::number_problem(*known, value);
        case config_kind::fraction: return detail::fraction_problem(*known, value);
        case config_kind::truth_choice:
        case config_kind::choice:
        case config_kind::list_choice: return detail::choice_problem(*known, value);
        case config_kind::truth:
            return value == "true" || value == "false" ? std::string{}
                                                       : detail::wrong_value(name, value, "it must be true or false");
        case config_kind::placement: {
            auto const policy = placement_policy::read(value);
            return policy ? std::string{} : detail::wrong_value(name, value, policy.error());
        }
        case config_kind::list: break;
    }
    return {};
}

}  // namespace broker::metadata
