// SPDX-License-Identifier: Apache-2.0
#include <settings/flat_toml.hpp>

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <optional>

namespace broker {
namespace {

/// A number, a boolean or a string as the text an operator would type for it.
std::optional<std::string> scalar_text(toml::node const& node) {
    if (auto const* text = node.as_string()) return text->get();
    if (auto const* number = node.as_integer()) return std::to_string(number->get());
    if (auto const* truth = node.as_boolean()) return truth->get() ? "true" : "false";
    return std::nullopt;
}

std::size_t line_of(toml::node const& node) { return node.source().begin.line; }

std::expected<toml_entry, std::string> read_entry(std::string_view key, toml::node const& node, std::string_view name) {
    toml_entry entry{std::string(key), line_of(node), {}, {}};
    auto const refused = [&](toml::node const& where, std::string_view label) {
        return std::unexpected(
            fmt::format("{}:{}: '{}' must be text, a whole number, true or false, or a list of these", name,
                        line_of(where), label));
    };
    auto const* array = node.as_array();
    if (array == nullptr) {
        auto text = scalar_text(node);
        if (!text) return refused(node, key);
        entry.texts.push_back(std::move(*text));
        return entry;
    }
    for (toml::node const& element : *array) {
        auto const* table = element.as_table();
        if (table == nullptr) {
            auto text = scalar_text(element);
            if (!text) return refused(element, key);
            entry.texts.push_back(std::move(*text));
            continue;
        }
        toml_entry::fields fields;
        for (auto const& [field, value] : *table) {
            auto text = scalar_text(value);
            if (!text) return refused(value, field.str());
            fields.emplace_back(field.str(), std::move(*text));
        }
        entry.tables.push_back(std::move(fields));
    }
    return entry;
}

}  // namespace

std::expected<std::vector<toml_entry>, std::string> read_flat_toml(std::string_view document, std::string_view name) {
    toml::table root;
    // Debian builds the library with exceptions, and they end here.
    try {
        root = toml::parse(document);
    } catch (toml::parse_error const& error) {
        return std::unexpected(fmt::format("{}:{}: {}", name, error.source().begin.line, error.description()));
    }
    std::vector<toml_entry> entries;
    for (auto const& [key, node] : root) {
        if (node.is_table()) {
            return std::unexpected(fmt::format("{}:{}: [{}] is not used here: write its keys without a section", name,
                                               line_of(node), key.str()));
        }
        auto entry = read_entry(key.str(), node, name);
        if (!entry) return std::unexpected(std::move(entry.error()));
        entries.push_back(std::move(*entry));
    }
    std::ranges::sort(entries, {}, &toml_entry::line);
    return entries;
}

std::string toml_quoted(std::string_view text) {
    std::string quoted = "\"";
    for (char const c : text) {
        if (c == '"' || c == '\\') {
            quoted += '\\';
            quoted += c;
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
            quoted += fmt::format("\\u{:04X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
            quoted += c;
        }
    }
    return quoted + '"';
}

}  // namespace broker
