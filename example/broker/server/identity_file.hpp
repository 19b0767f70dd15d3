// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <server/identity.hpp>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace broker {

/// The identity file's text and back; see docs/formats/identity.md, which points here.
inline constexpr std::uint32_t identity_format = 1;
inline constexpr std::string_view identity_file_name = "node.toml";

std::string identity_text(identity const&);

/// errors   exit_code::configuration when a newer release wrote it, exit_code::storage when it is damaged
startup<identity> read_identity(std::string_view text, std::string const& path);

/// Nothing when the owner of the directory is the one the settings ask for, or may become it. Peers are not compared.
startup<void> check_identity(identity const& owner, identity const& wanted, std::string const& directory);

/// Nothing when each of the wanted peers is of the cluster that the directory was made for, or has come since.
startup<void> check_peers(identity const& owner, std::vector<chronik::node_id> const& wanted,
                          std::vector<chronik::node_id> const& since, std::string const& directory);

}  // namespace broker
