// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <settings/settings.hpp>

#include <expected>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace broker {

/// A value, or the words that complete "kafka_port: ..." in a message.
template <class T>
using parsed = std::expected<T, std::string>;

/// The kinds of values a setting can have. Each has read(text) and show(value), and read(show(v)) == v.
struct bool_value {
    static parsed<bool> read(std::string_view);
    static std::string show(bool);
};

/// A whole number within [Min, Max].
parsed<std::int64_t> read_whole_number(std::string_view, std::int64_t min, std::int64_t max);

template <class T, std::int64_t Min, std::int64_t Max = std::numeric_limits<T>::max()>
struct number_value {
    static parsed<T> read(std::string_view text) {
        auto const number = read_whole_number(text, Min, Max);
        if (!number) return std::unexpected(number.error());
        return static_cast<T>(*number);
    }
    static std::string show(T value) { return std::to_string(value); }
};

using port_value = number_value<std::uint16_t, 1, 65535>;

/// "64 MiB", "64mib", "1GB", "4096": powers of 1024 with the i, of 1000 without; a bare number is bytes.
parsed<std::uint64_t> read_size(std::string_view, std::uint64_t min, std::uint64_t max);
std::string show_size(std::uint64_t);

template <std::uint64_t Min, std::uint64_t Max>
struct size_value {
    static parsed<std::uint64_t> read(std::string_view text) { return read_size(text, Min, Max); }
    static std::string show(std::uint64_t bytes) { return show_size(bytes); }
};

/// "150 ms", "2s", "1 min"; a unit is required, because a bare number reads as seconds to one and as ms to another.
parsed<chronik::duration> read_duration(std::string_view, chronik::duration min, chronik::duration max);
std::string show_duration(chronik::duration);

template <std::int64_t MinMs, std::int64_t MaxMs>
struct duration_value {
    static parsed<chronik::duration> read(std::string_view text) {
        return read_duration(text, std::chrono::milliseconds{MinMs}, std::chrono::milliseconds{MaxMs});
    }
    static std::string show(chronik::duration value) { return show_duration(value); }
};

/// A host name or an address, without a port; IPv6 with or without brackets.
struct host_value {
    static parsed<std::string> read(std::string_view);
    static std::string show(std::string const& value) { return value; }
};

/// Text of at most 255 printable characters.
struct text_value {
    static parsed<std::string> read(std::string_view);
    static std::string show(std::string const& value) { return value; }
};

struct node_id_value {
    static parsed<chronik::node_id> read(std::string_view);
    static std::string show(chronik::node_id id) { return std::to_string(id.value); }
};

/// "1@host-a:9092,2@host-b:9092:12092,3@[::1]:9092": id, host, Kafka port, and the RPC port when it is not derived.
struct peers_value {
    static parsed<std::vector<peer>> read(std::string_view);
    static std::string show(std::vector<peer> const&);
};

/// "ssd,zone=a": tags of a broker, in order.
struct tags_value {
    static parsed<std::vector<std::string>> read(std::string_view);
    static std::string show(std::vector<std::string> const&);
};

struct placement_value {
    static parsed<placement> read(std::string_view);
    static std::string show(placement);
};
struct durability_value {
    static parsed<durability> read(std::string_view);
    static std::string show(durability);
};
struct log_level_value {
    static parsed<log_level> read(std::string_view);
    static std::string show(log_level);
};
struct log_format_value {
    static parsed<log_format> read(std::string_view);
    static std::string show(log_format);
};

}  // namespace broker
