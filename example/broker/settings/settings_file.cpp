// SPDX-License-Identifier: Apache-2.0
#include <settings/flat_toml.hpp>
#include <settings/settings_table.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace broker {
namespace {

constexpr std::size_t file_bytes_max = 1 << 20;

startup<std::string> read_text_file(std::string const& path) {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> const file(std::fopen(path.c_str(), "re"), &std::fclose);
    std::string text(file_bytes_max + 1, '\0');
    std::size_t const size = file ? std::fread(text.data(), 1, text.size(), file.get()) : 0;
    if (!file || std::ferror(file.get()) != 0) {
        std::string const why = std::generic_category().message(errno);
        return refuse(fmt::format("cannot read the settings file {}: {}: check --config / CHRONIK_CONFIG", path, why));
    }
    if (size > file_bytes_max) {
        return refuse(fmt::format("the settings file {} is larger than {} bytes: check --config / CHRONIK_CONFIG", path,
                                  file_bytes_max));
    }
    text.resize(size);
    return text;
}

/// A [[peers]] table as the text form, so that there is one reader of peers.
startup<std::string> peer_text(toml_entry::fields const& fields, std::string const& origin) {
    static constexpr std::array<std::string_view, 4> known{"id", "host", "kafka_port", "rpc_port"};
    std::array<std::string, 4> found;
    for (auto const& [key, text] : fields) {
        auto const at = std::ranges::find(known, key);
        if (at == known.end()) {
            return refuse(fmt::format("{}: unknown key '{}' in peers; a peer has id, host, kafka_port and rpc_port",
                                      origin, key));
        }
        found[static_cast<std::size_t>(at - known.begin())] = text;
    }
    auto const& [id, host, kafka_port, rpc_port] = found;
    for (std::size_t i = 0; i < 3; ++i) {
        if (found[i].empty()) return refuse(fmt::format("{}: a peer needs {}", origin, known[i]));
    }
    bool const bare_address6 = host.find(':') != host.npos && !host.starts_with('[');
    return fmt::format("{}@{}:{}{}{}", id, bare_address6 ? "[" + host + "]" : host, kafka_port,
                       rpc_port.empty() ? "" : ":", rpc_port);
}

startup<std::string> value_text(toml_entry const& entry, setting const& row, std::string const& origin) {
    bool const is_plain = entry.texts.size() == 1 && entry.tables.empty();
    if (!is_plain && !row.is_list)
        return refuse(fmt::format("{}: {} takes one value, not a list", origin, entry.key));

    if (!entry.tables.empty() && entry.key != "peers")
        return refuse(fmt::format("{}: {} takes a list of words, not tables", origin, entry.key));

    std::string joined;
    for (std::string const& text : entry.texts) joined += (joined.empty() ? "" : ",") + text;
    for (auto const& fields : entry.tables) {
        auto text = peer_text(fields, origin);
        if (!text) return text;
        joined += (joined.empty() ? "" : ",") + *text;
    }
    return joined;
}

}  // namespace

startup<std::vector<given>> read_settings_file(std::string const& path) {
    auto const document = read_text_file(path);
    if (!document) return std::unexpected(document.error());
    auto const entries = read_flat_toml(*document, path);
    if (!entries) return refuse(entries.error());

    std::vector<given> values;
    for (toml_entry const& entry : *entries) {
        std::string origin = fmt::format("{}:{}", path, entry.line);
        setting const* const row = find_setting(entry.key);
        if (row == nullptr) {
            return refuse(fmt::format("{}: unknown key '{}'; did you mean '{}'?", origin, entry.key,
                                      nearest_setting(entry.key).key));
        }
        auto text = value_text(entry, *row, origin);
        if (!text) return std::unexpected(text.error());
        values.push_back({row, std::move(*text), std::move(origin)});
    }
    return values;
}

}  // namespace broker
