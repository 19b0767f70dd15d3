// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cluster/node_addresses.hpp>
#include <composition.hpp>
#include <server/identity.hpp>
#include <settings/exit.hpp>
#include <snapshots.hpp>

#include <chronik/raft/configuration.hpp>

#include <vector>

/// What a node knows of its cluster before it has heard anybody.
namespace broker {

/// The members that the metadata group began with. Its log has all later ones, and a node that joined has nothing else.
chronik::raft::configuration founders_of(identity const& owner);

/// What the stored metadata says of others, and whether the peers of the settings are among them.
///
/// errors   exit_code::storage: it cannot be read; exit_code::configuration: a node that nobody knows is listed
startup<stored_nodes> stored_nodes_of(journal const& stored, metadata_snapshots const& states,
                                      data_directory const& data, std::vector<chronik::node_id> const& peers);

}  // namespace broker
