// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>

namespace broker::partitions {

/// Whether the log of a partition that has moved away says that this node is a member, by a change that the metadata do
/// not know of yet. Then it has come back, or nobody has sent it away yet, and who leads counts on what it has: such a
/// log is not dropped.
///
/// Core         raft::core
/// members_at   the entry of the configuration that the move ended with
/// epoch        the term of the leader that said so, or a later one
template <class Core>
bool is_member_since(Core const& held, chronik::log_index members_at, chronik::log_term epoch) {
    if (held.members_index() <= members_at || !held.members().contains(held.self())) return false;
    // A leader of an earlier term has left that change behind, and nobody has told this node.
    auto const term = held.term_at(held.members_index());
    return !term || *term >= epoch;
}

}  // namespace broker::partitions
