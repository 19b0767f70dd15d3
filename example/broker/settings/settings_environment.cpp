// SPDX-License-Identifier: Apache-2.0
#include <settings/settings_table.hpp>

#include <fmt/format.h>

#include <unistd.h>
#include <algorithm>

namespace broker {
namespace {

constexpr std::string_view prefix = "CHRONIK_";

/// Kubernetes gives every container CHRONIK_SERVICE_HOST, CHRONIK_PORT=tcp://..., CHRONIK_PORT_9092_TCP_ADDR and so on
/// when a service is called chronik, and CHRONIK_KAFKA_PORT=tcp://... when one is called chronik-kafka. They are not
/// ours.
bool is_service_link(std::string_view name, std::string_view value) {
    auto const has = [&](std::string_view part) { return name.find(part) != name.npos; };
    bool const is_url = value.starts_with("tcp://") || value.starts_with("udp://") || value.starts_with("sctp://");
    bool const numbered = has("_PORT_") && (has("_TCP") || has("_UDP") || has("_SCTP"));
    return has("_SERVICE_HOST") || has("_SERVICE_PORT") || numbered || (name.ends_with("_PORT") && is_url);
}

}  // namespace

startup<environment_given> read_environment(std::span<char const* const> environment) {
    environment_given found;
    for (std::string_view const entry : environment) {
        if (!entry.starts_with(prefix)) continue;
        std::size_t const equals = std::min(entry.find('='), entry.size());
        std::string_view const name = entry.substr(0, equals);
        std::string_view const value = entry.substr(std::min(equals + 1, entry.size()));
        if (is_service_link(name, value)) continue;

        if (name == "CHRONIK_CONFIG" || name == "CHRONIK_CLUSTER_CONFIG") {
            if (!found.config_file.empty() && !value.empty() && found.config_file != value) {
                return refuse("CHRONIK_CONFIG and CHRONIK_CLUSTER_CONFIG name two files: unset one of them");
            }
            if (!value.empty()) found.config_file = value;
            continue;
        }
        auto const row =
            std::ranges::find(settings_table(), name, [](setting const& each) { return variable_name(each.key); });
        if (row == settings_table().end()) {
            auto const& nearest = nearest_setting(name.substr(prefix.size()));
            return refuse(fmt::format("unknown variable {}; did you mean {}?", name, variable_name(nearest.key)));
        }
        // Compose files and charts set what is not wanted to nothing.
        if (!value.empty()) found.values.push_back({&*row, std::string(value), std::string(name)});
    }
    return found;
}

std::span<char const* const> process_environment() {
    std::size_t count = 0;
    while (environ != nullptr && environ[count] != nullptr) ++count;
    return {environ, count};
}

}  // namespace broker
