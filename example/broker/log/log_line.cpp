// SPDX-License-Identifier: Apache-2.0
#include <log/log_line.hpp>
#include <settings/values.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace broker {
namespace {

/// 2026-11-20T08:15:30.000123Z
std::string timestamp(std::chrono::system_clock::time_point at) {
    auto const second = std::chrono::floor<std::chrono::seconds>(at);
    auto const micros = std::chrono::duration_cast<std::chrono::microseconds>(at - second).count();
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(second)),
                       micros);
}

/// Calls number(name, value) or text(name, value) for each part of the line, in the order in which it is written.
template <class Number, class Text>
void visit(log_line const& line, Number const& number, Text const& text) {
    auto const& fields = line.fields;
    text("ts", timestamp(line.at));
    text("level", log_level_value::show(line.level));
    text("component", line.component);
    number("node", line.node.value);
    if (fields.group) number("group", fields.group->value);
    if (fields.term) number("term", fields.term->value);
    if (fields.peer) number("peer", fields.peer->value);
    if (!fields.topic.empty()) text("topic", fields.topic);
    if (fields.partition) number("partition", *fields.partition);
    if (fields.request_id) number("request_id", *fields.request_id);
    text("msg", line.message);
    if (line.suppressed != 0) number("suppressed", line.suppressed);
}

bool needs_quotes(std::string_view text) {
    auto const is_plain = [](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return byte > 0x20 && byte != 0x7f && c != '"' && c != '=' && c != '\\';
    };
    return text.empty() || !std::ranges::all_of(text, is_plain);
}

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (byte < 0x20 || byte == 0x7f) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", unsigned{byte});
        } else {
            out += c;
        }
    }
    out += '"';
}

/// Bytes that are no UTF-8 become U+FFFD: what a client sent must not make the line unreadable to a collector.
std::string json_string(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

log_fields merged(log_fields const& first, log_fields const& second) {
    return {second.group ? second.group : first.group,
            second.term ? second.term : first.term,
            second.peer ? second.peer : first.peer,
            second.topic.empty() ? first.topic : second.topic,
            second.partition ? second.partition : first.partition,
            second.request_id ? second.request_id : first.request_id};
}

std::string as_logfmt(log_line const& line) {
    std::string out;
    auto const name = [&](std::string_view key) {
        if (!out.empty()) out += ' ';
        out += key;
        out += '=';
    };
    auto const number = [&](std::string_view key, auto value) {
        name(key);
        out += std::to_string(value);
    };
    auto const text = [&](std::string_view key, std::string_view value) {
        name(key);
        if (needs_quotes(value)) {
            append_quoted(out, value);
        } else {
            out += value;
        }
    };
    visit(line, number, text);
    return out;
}

std::string as_json(log_line const& line) {
    std::string out = "{";
    auto const name = [&](std::string_view key) { out += fmt::format("{}\"{}\":", out.size() == 1 ? "" : ",", key); };
    auto const number = [&](std::string_view key, auto value) {
        name(key);
        out += std::to_string(value);
    };
    auto const text = [&](std::string_view key, std::string_view value) {
        name(key);
        out += json_string(value);
    };
    visit(line, number, text);
    return out + '}';
}

}  // namespace broker
