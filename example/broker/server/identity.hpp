// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <settings/exit.hpp>
#include <settings/settings.hpp>

#include <chronik/base/ids.hpp>
#include <chronik/posix/descriptor.hpp>

#include <string>
#include <vector>

namespace broker {

/// Whose data a directory holds. On disk: docs/formats/identity.md.
///
/// peers    the other members when the directory was made, ascending; who has come since is in the metadata
/// joined   it was made to join a cluster that was there, so it begins as a member of none
/// synced   its journal has records that were synced: a journal without any is not a new one, but one that is lost
struct identity {
    chronik::node_id node;
    std::string cluster_id;  ///< empty until the cluster has agreed on one
    bool single_node = false;
    std::vector<chronik::node_id> peers;
    bool joined = false;
    bool synced = false;

    bool operator==(identity const&) const = default;
};

/// The identity that the settings ask for.
identity identity_of(settings const&);

/// A node's directory, locked for this process for as long as the object lives.
///
/// Two brokers on one directory, or one broker on another's, would write two histories into one log; so both are found
/// before anything else is read.
class data_directory {
public:
    /// Creates the directory when there is none, locks it, and checks or writes its identity. Whether the peers are
    /// those of its cluster is for check_peers() to say, once it is known who has been admitted.
    ///
    /// errors   exit_code::configuration for what an operator can set right: in use, unwritable, another node's or
    ///          cluster's, of a newer release, not a data directory; exit_code::storage for a failed sync and a damaged
    ///          identity
    static startup<data_directory> open(std::string path, identity wanted);

    std::string const& path() const { return path_; }
    identity const& owner() const { return owner_; }
    /// Nothing was here before: the node has no history.
    bool is_new() const { return is_new_; }

    /// Makes the cluster's id durable once it is known; a node that later meets another cluster then refuses to join.
    ///
    /// synced   see identity; what was said once stays
    /// errors   one that passes: nothing is remembered, and it can be tried again
    startup<void> remember_cluster(std::string cluster_id, bool synced = false);

    /// The other way round, for a node that has no records and had none synced: it is of no cluster but the configured.
    startup<void> forget_cluster();

    /// What was created or removed in it is durable.
    startup<void> sync() const;

    /// Whether these peers, any of the cluster's, may be configured.
    ///
    /// since    who is known by the metadata that this node has stored
    /// errors   exit_code::configuration: a node that nobody knows is listed
    startup<void> check_peers(std::vector<chronik::node_id> const& wanted,
                              std::vector<chronik::node_id> const& since) const;

private:
    data_directory() = default;
    startup<void> write_identity() const;

    std::string path_;
    chronik::posix::descriptor directory_;
    chronik::posix::descriptor lock_;
    identity owner_;
    std::string configured_cluster_;
    bool is_new_ = false;
};

}  // namespace broker
