// SPDX-License-Identifier: Apache-2.0
#include <settings/values.hpp>

#include <broker_tags.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace broker {
namespace {

std::string_view trimmed(std::string_view text) {
    auto const blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
}

std::string lowered(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    return lower;
}

struct unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::array size_units{unit{"", 1},
                                unit{"b", 1},
                                unit{"kib", 1ULL << 10},
                                unit{"mib", 1ULL << 20},
                                unit{"gib", 1ULL << 30},
                                unit{"tib", 1ULL << 40},
                                unit{"kb", 1000},
                                unit{"mb", 1'000'000},
                                unit{"gb", 1'000'000'000},
                                unit{"tb", 1'000'000'000'000}};

constexpr std::array duration_units{unit{"us", 1000}, unit{"ms", 1'000'000}, unit{"s", 1'000'000'000},
                                    unit{"min", 60'000'000'000}, unit{"h", 3'600'000'000'000}};

/// "64 MiB" as 64 times the unit's factor; nothing when it is not a whole number and one of the units, or overflows.
std::optional<std::uint64_t> read_with_unit(std::string_view text, std::span<unit const> units) {
    text = trimmed(text);
    std::uint64_t number = 0;
    auto const [rest, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (ec != std::errc{}) return std::nullopt;
    std::string const name = lowered(trimmed(text.substr(static_cast<std::size_t>(rest - text.data()))));
    auto const found = std::ranges::find(units, name, &unit::name);
    if (found == units.end()) return std::nullopt;
    std::uint64_t product = 0;
    if (__builtin_mul_overflow(number, found->factor, &product)) return std::nullopt;
    return product;
}

bool is_host_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
}
bool is_address6_character(char c) {
    return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == '.' || c == ':';
}

parsed<peer> read_peer(std::string_view text) {
    auto const shape = [&](std::string_view why) {
        return std::unexpected(
            fmt::format("'{}' {}; a peer is ID@HOST:KAFKA_PORT or ID@HOST:KAFKA_PORT:RPC_PORT", text, why));
    };
    auto const at = text.find('@');
    if (at == text.npos) return shape("has no node id");
    auto const id = node_id_value::read(text.substr(0, at));
    if (!id) return shape("has a node id that " + id.error());

    std::string_view rest = text.substr(at + 1);
    std::size_t const host_end = rest.starts_with('[') ? rest.find(']') + 1 : std::min(rest.find(':'), rest.size());
    auto const host = host_value::read(rest.substr(0, host_end));
    if (!host) return shape("has a host that " + host.error());
    rest.remove_prefix(host_end);
    if (!rest.starts_with(':')) return shape("has no Kafka port");
    rest.remove_prefix(1);

    std::size_t const colon = rest.find(':');
    auto const kafka_port = port_value::read(rest.substr(0, colon));
    if (!kafka_port) return shape("has a Kafka port that " + kafka_port.error());
    peer read{*id, *host, *kafka_port, 0};
    if (colon != rest.npos) {
        auto const rpc_port = port_value::read(rest.substr(colon + 1));
        if (!rpc_port) return shape("has an RPC port that " + rpc_port.error());
        read.rpc_port = *rpc_port;
    }
    return read;
}

template <class Enum, std::size_t Size>
parsed<Enum> read_choice(std::string_view text, std::array<std::pair<std::string_view, Enum>, Size> const& choices) {
    std::string names;
    for (auto const& [name, value] : choices) {
        if (text == name) return value;
        names += names.empty() ? "" : ", ";
        names += name;
    }
    return std::unexpected(fmt::format("'{}' is none of: {}", text, names));
}

template <class Enum, std::size_t Size>
std::string show_choice(Enum value, std::array<std::pair<std::string_view, Enum>, Size> const& choices) {
    return std::string(std::ranges::find(choices, value, &std::pair<std::string_view, Enum>::second)->first);
}

constexpr std::array durabilities{std::pair{std::string_view{"sync"}, durability::sync},
                                  std::pair{std::string_view{"page-cache"}, durability::page_cache}};
constexpr std::array placements{std::pair{std::string_view{"sticky"}, placement::sticky},
                                std::pair{std::string_view{"range"}, placement::range},
                                std::pair{std::string_view{"round_robin"}, placement::round_robin}};
constexpr std::array log_levels{
    std::pair{std::string_view{"trace"}, log_level::trace}, std::pair{std::string_view{"debug"}, log_level::debug},
    std::pair{std::string_view{"info"}, log_level::info}, std::pair{std::string_view{"warn"}, log_level::warn},
    std::pair{std::string_view{"error"}, log_level::error}};
constexpr std::array log_formats{std::pair{std::string_view{"logfmt"}, log_format::logfmt},
                                 std::pair{std::string_view{"json"}, log_format::json}};

}  // namespace

parsed<bool> bool_value::read(std::string_view text) {
    std::string const word = lowered(trimmed(text));
    if (word == "true" || word == "1" || word == "yes" || word == "on") return true;
    if (word == "false" || word == "0" || word == "no" || word == "off") return false;
    return std::unexpected(fmt::format("'{}' is neither true nor false", text));
}

std::string bool_value::show(bool value) { return value ? "true" : "false"; }

parsed<std::int64_t> read_whole_number(std::string_view text, std::int64_t min, std::int64_t max) {
    std::string_view const digits = trimmed(text);
    std::int64_t number = 0;
    auto const [rest, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    bool const whole = ec == std::errc{} && rest == digits.data() + digits.size();
    if (!whole || number < min || number > max) {
        return std::unexpected(fmt::format("'{}' is not a whole number from {} to {}", text, min, max));
    }
    return number;
}

parsed<std::uint64_t> read_size(std::string_view text, std::uint64_t min, std::uint64_t max) {
    auto const bytes = read_with_unit(text, size_units);
    if (!bytes)
        return std::unexpected(fmt::format("'{}' is not a size; write bytes, or a unit as in 64 MiB or 64 MB", text));
    if (*bytes < min || *bytes > max) {
        return std::unexpected(fmt::format("'{}' is not within {} to {}", text, show_size(min), show_size(max)));
    }
    return *bytes;
}

std::string show_size(std::uint64_t bytes) {
    static constexpr std::array names{"", " KiB", " MiB", " GiB", " TiB"};
    std::size_t step = 0;
    while (bytes != 0 && bytes % 1024 == 0 && step + 1 < names.size()) {
        bytes /= 1024;
        ++step;
    }
    return fmt::format("{}{}", bytes, names[step]);
}

parsed<chronik::duration> read_duration(std::string_view text, chronik::duration min, chronik::duration max) {
    auto const count = read_with_unit(text, duration_units);
    if (!count)
        return std::unexpected(fmt::format("'{}' is not a duration with a unit, as in 500 ms, 2 s or 1 min", text));
    if (*count < static_cast<std::uint64_t>(min.count()) || *count > static_cast<std::uint64_t>(max.count())) {
        return std::unexpected(
            fmt::format("'{}' is not within {} to {}", text, show_duration(min), show_duration(max)));
    }
    return chronik::duration{static_cast<std::int64_t>(*count)};
}

std::string show_duration(chronik::duration value) {
    auto const count = static_cast<std::uint64_t>(value.count());
    unit best = duration_units.front();
    for (unit const& each : duration_units) {
        if (count != 0 && count % each.factor == 0) best = each;
    }
    return fmt::format("{} {}", count / best.factor, best.name);
}

parsed<std::string> host_value::read(std::string_view text) {
    std::string_view host = trimmed(text);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    bool const is_address6 = host.find(':') != host.npos;
    bool const fits = std::ranges::all_of(host, is_address6 ? is_address6_character : is_host_character);
    if (host.empty() || host.size() > 253 || !fits) {
        return std::unexpected(fmt::format("'{}' is not a host name or an address (without a port)", text));
    }
    return std::string(host);
}

parsed<std::string> text_value::read(std::string_view text) {
    auto const printable = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; };
    if (text.size() > 255 || !std::ranges::all_of(text, printable)) {
        return std::unexpected(std::string("longer than 255 bytes, or has control characters"));
    }
    return std::string(text);
}

parsed<chronik::node_id> node_id_value::read(std::string_view text) {
    // Kafka's node ids are signed 32-bit numbers, and Chronik's 0 is nobody.
    auto const id = read_whole_number(text, 1, std::numeric_limits<std::int32_t>::max());
    if (!id) return std::unexpected(id.error());
    return chronik::node_id{static_cast<std::uint32_t>(*id)};
}

parsed<std::vector<peer>> peers_value::read(std::string_view text) {
    std::vector<peer> peers;
    while (!trimmed(text).empty()) {
        std::size_t const comma = std::min(text.find(','), text.size());
        auto one = read_peer(trimmed(text.substr(0, comma)));
        if (!one) return std::unexpected(std::move(one.error()));
        peers.push_back(std::move(*one));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return peers;
}

std::string peers_value::show(std::vector<peer> const& peers) {
    std::string text;
    for (peer const& each : peers) {
        bool const is_address6 = each.host.find(':') != each.host.npos;
        text += fmt::format("{}{}@{}{}{}:{}", text.empty() ? "" : ",", each.id.value, is_address6 ? "[" : "", each.host,
                            is_address6 ? "]" : "", each.kafka_port);
        if (each.rpc_port != 0) text += fmt::format(":{}", each.rpc_port);
    }
    return text;
}

parsed<std::vector<std::string>> tags_value::read(std::string_view text) {
    std::vector<std::string> tags;
    while (!trimmed(text).empty()) {
        std::size_t const comma = std::min(text.find(','), text.size());
        tags.emplace_back(trimmed(text.substr(0, comma)));
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    if (auto why = tags_problem(tags); !why.empty()) return std::unexpected(std::move(why));
    std::ranges::sort(tags);
    return tags;
}

std::string tags_value::show(std::vector<std::string> const& tags) {
    std::string text;
    for (std::string const& each : tags) text += (text.empty() ? "" : ",") + each;
    return text;
}

parsed<durability> durability_value::read(std::string_view text) { return read_choice(text, durabilities); }
std::string durability_value::show(durability value) { return show_choice(value, durabilities); }
parsed<placement> placement_value::read(std::string_view text) { return read_choice(text, placements); }
std::string placement_value::show(placement value) { return show_choice(value, placements); }
parsed<log_level> log_level_value::read(std::string_view text) { return read_choice(text, log_levels); }
std::string log_level_value::show(log_level value) { return show_choice(value, log_levels); }
parsed<log_format> log_format_value::read(std::string_view text) { return read_choice(text, log_formats); }
std::string log_format_value::show(log_format value) { return show_choice(value, log_formats); }

}  // namespace broker
