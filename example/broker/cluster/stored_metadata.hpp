// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cluster/node_addresses.hpp>
#include <composition.hpp>
#include <metadata/image.hpp>
#include <metadata/image_snapshot.hpp>
#include <snapshots.hpp>

#include <chronik/base/error.hpp>

namespace broker {

/// What this node's disk says of the other nodes; nothing where it has no metadata yet.
///
/// errors   the storage's; errc::corrupt_record: the log begins late and no snapshot says what was before;
///          errc::unsupported_version, errc::malformed: the snapshot is not one of this release
inline chronik::result<stored_nodes> read_stored_nodes(journal const& stored, metadata_snapshots const& states) {
    auto const* const log = stored.find(metadata_group);
    if (log == nullptr) return stored_nodes{};
    metadata::image before;
    if (auto const newest = states.find(metadata_group, *log)) {
        auto read = metadata::read_image(newest->content);
        if (!read) return std::unexpected(read.error());
        before = *std::move(read);
    } else if (log->base_index() != chronik::log_index{}) {
        return chronik::failure(chronik::errc::corrupt_record);
    }
    return stored_nodes::read(*log, before);
}

}  // namespace broker
