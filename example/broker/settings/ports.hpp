// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <settings/settings.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

namespace broker {

/// A port of this node and how an operator would speak of it.
struct port_use {
    std::string_view purpose;  ///< "Kafka clients"
    std::string_view setting;  ///< "kafka_port"
    std::uint16_t distance;    ///< from kafka_port, when the setting is not given; 0 for kafka_port itself
    std::uint16_t settings::* member;
    bool opened;  ///< search is reserved, and nothing listens there
};

inline constexpr std::array port_uses{
    port_use{"Kafka clients", "kafka_port", 0, &settings::kafka_port, true},
    port_use{"metrics, health and administration", "http_port", 1000, &settings::http_port, true},
    port_use{"search", "search_port", 2000, &settings::search_port, false},
    port_use{"other nodes", "rpc_port", 3000, &settings::rpc_port, true},
};
inline constexpr port_use const& kafka_port_use = port_uses[0];
inline constexpr port_use const& http_port_use = port_uses[1];
inline constexpr port_use const& search_port_use = port_uses[2];
inline constexpr port_use const& rpc_port_use = port_uses[3];

/// One line for a listener that could not be opened: which port, what for, and which setting to change.
///
/// error   what bind or listen returned
std::string listen_problem(port_use const&, std::string_view address, std::uint16_t port, std::error_code error);

/// Opens and closes a listener, for libraries that do not say why theirs failed; no error means it could be opened.
std::error_code try_listen(std::string const& address, std::uint16_t port);

/// 0.0.0.0, :: and their spellings: an address to listen on, never one to connect to.
bool is_wildcard(std::string_view address);

}  // namespace broker
