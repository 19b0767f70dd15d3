// SPDX-License-Identifier: Apache-2.0
#include <server/known_nodes.hpp>

#include <cluster/metadata_members.hpp>

#include <utility>

namespace broker {

chronik::raft::configuration founders_of(identity const& owner) {
    if (owner.joined) return {};
    auto all = owner.peers;
    all.push_back(owner.node);
    return founding_members(std::move(all));
}

startup<stored_nodes> stored_nodes_of(journal const& stored, data_directory const& data,
                                      std::vector<chronik::node_id> const& peers) {
    stored_nodes known;
    if (auto const* const log = stored.find(metadata_group); log != nullptr) {
        auto read = stored_nodes::read(*log);
        if (!read) {
            return storage_failure("cannot read the metadata in " + data.path() + "/journal: " +
                                   read.error().message() + ": look at the disk");
        }
        known = *std::move(read);
    }
    if (auto fits = data.check_peers(peers, known.ids()); !fits) return std::unexpected(std::move(fits.error()));
    return known;
}

}  // namespace broker
