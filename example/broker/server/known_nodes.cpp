// SPDX-License-Identifier: Apache-2.0
#include <server/known_nodes.hpp>

#include <cluster/metadata_members.hpp>
#include <cluster/stored_metadata.hpp>

#include <utility>

namespace broker {

chronik::raft::configuration founders_of(identity const& owner) {
    if (owner.joined) return {};
    auto all = owner.peers;
    all.push_back(owner.node);
    return founding_members(std::move(all));
}

startup<stored_nodes> stored_nodes_of(journal const& stored, metadata_snapshots const& states,
                                      data_directory const& data, std::vector<chronik::node_id> const& peers) {
    auto known = read_stored_nodes(stored, states);
    if (!known && known.error() == chronik::errc::corrupt_record) {
        return storage_failure("the metadata in " + data.path() + "/journal begins behind a snapshot that is damaged " +
                               "or gone; nothing was changed. Keep a copy of " + data.path() +
                               ", then run chronik-broker verify --data-dir " + data.path() + " to see all of it");
    }
    if (!known) {
        return storage_failure("cannot read the metadata in " + data.path() + "/journal: " + known.error().message() +
                               ": look at the disk");
    }
    // Who was let in may be in what was lost.
    auto const* const log = stored.find(metadata_group);
    auto const doubt = log != nullptr ? log->doubt() : stored.doubt_of_newcomers();
    if (doubt != chronik::no_doubt) return *std::move(known);
    if (auto fits = data.check_peers(peers, known->ids()); !fits) return std::unexpected(std::move(fits.error()));
    return *std::move(known);
}

}  // namespace broker
