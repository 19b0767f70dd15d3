// SPDX-License-Identifier: Apache-2.0
#include <server/identity_file.hpp>
#include <settings/flat_toml.hpp>
#include <settings/settings_table.hpp>
#include <settings/values.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace broker {
namespace {

std::string listed(std::vector<chronik::node_id> const& nodes) {
    std::string text;
    for (chronik::node_id const node : nodes) text += fmt::format("{}{}", text.empty() ? "" : ", ", node.value);
    return text;
}

std::vector<chronik::node_id> members(identity const& of) {
    std::vector<chronik::node_id> all = of.peers;
    all.push_back(of.node);
    std::ranges::sort(all);
    return all;
}

/// The entries of an identity file by key; a missing or unreadable one makes the whole damaged.
class fields {
public:
    explicit fields(std::vector<toml_entry> const& entries) : entries_(entries) {}

    toml_entry const* find(std::string_view key) const {
        auto const found = std::ranges::find(entries_, key, &toml_entry::key);
        return found == entries_.end() ? nullptr : &*found;
    }

    template <class Kind, class T>
    bool read(std::string_view key, T& target) const {
        toml_entry const* const entry = find(key);
        if (entry == nullptr || entry->texts.size() != 1) return false;
        auto value = Kind::read(entry->texts.front());
        if (value) target = std::move(*value);
        return value.has_value();
    }

    bool read_nodes(std::string_view key, std::vector<chronik::node_id>& target) const {
        toml_entry const* const entry = find(key);
        if (entry == nullptr) return false;
        for (std::string const& text : entry->texts) {
            auto const node = node_id_value::read(text);
            if (!node) return false;
            target.push_back(*node);
        }
        return true;
    }

private:
    std::vector<toml_entry> const& entries_;
};

}  // namespace

std::string identity_text(identity const& owner) {
    return fmt::format(
        "# Whose data this directory holds. Written by chronik-broker; not to be edited.\n"
        "format = {}\nnode_id = {}\ncluster_id = {}\nsingle_node = {}\npeers = [{}]\njoined = {}\n"
        "synced = {}\n",
        identity_format, owner.node.value, toml_quoted(owner.cluster_id), owner.single_node, listed(owner.peers),
        owner.joined, owner.synced);
}

startup<identity> read_identity(std::string_view text, std::string const& path) {
    auto const damaged = [&](std::string_view why) {
        return storage_failure(
            fmt::format("{} is damaged ({}): restore the data directory, or start with an empty one to let the other "
                        "nodes fill it",
                        path, why));
    };
    auto const entries = read_flat_toml(text, path);
    if (!entries) return damaged(entries.error());

    fields const all(*entries);
    std::uint32_t format = 0;
    if (!all.read<number_value<std::uint32_t, 1>>("format", format)) return damaged("no format");
    if (format > identity_format) {
        return refuse(
            fmt::format("{} has format {}, and this release reads up to {}: start the newer release again, or "
                        "set {}",
                        path, format, identity_format, places("data_dir")));
    }
    identity owner;
    bool const complete =
        all.read<node_id_value>("node_id", owner.node) && all.read<text_value>("cluster_id", owner.cluster_id) &&
        all.read<bool_value>("single_node", owner.single_node) && all.read_nodes("peers", owner.peers) &&
        (all.find("joined") == nullptr || all.read<bool_value>("joined", owner.joined)) &&
        (all.find("synced") == nullptr || all.read<bool_value>("synced", owner.synced));
    // Before it was written down, the cluster's id was: that came after the first sync, but for who does without.
    if (all.find("synced") == nullptr) owner.synced = !owner.cluster_id.empty();
    if (!complete) return damaged("a key is missing or has no sense");
    return owner;
}

startup<void> check_identity(identity const& owner, identity const& wanted, std::string const& directory) {
    auto const other = [&](std::string const& whose, std::string const& but) {
        return refuse(fmt::format("the data directory {} belongs to {}, but {}: correct that, or set {}", directory,
                                  whose, but, places("data_dir")));
    };
    if (owner.node != wanted.node) {
        return other(fmt::format("node {}", owner.node.value), fmt::format("node_id is {}", wanted.node.value));
    }
    if (!owner.cluster_id.empty() && !wanted.cluster_id.empty() && owner.cluster_id != wanted.cluster_id) {
        return other("cluster " + owner.cluster_id, "cluster_id is " + wanted.cluster_id);
    }
    if (owner.single_node && !wanted.single_node) {
        return other("a single node", "peers lists the nodes " + listed(members(wanted)));
    }
    if (!owner.single_node && wanted.single_node) {
        return other("a cluster of the nodes " + listed(members(owner)), "no peers are configured");
    }
    return {};
}

startup<void> check_peers(identity const& owner, std::vector<chronik::node_id> const& wanted,
                          std::vector<chronik::node_id> const& since, std::string const& directory) {
    auto known = members(owner);
    known.insert(known.end(), since.begin(), since.end());
    std::ranges::sort(known);
    auto const repeated = std::ranges::unique(known);
    known.erase(repeated.begin(), repeated.end());
    for (chronik::node_id const node : wanted) {
        if (std::ranges::binary_search(known, node)) continue;
        return refuse(fmt::format(
            "the data directory {} belongs to a cluster of the nodes {}, but peers lists node {}, which has not been "
            "admitted to it as far as this node knows: take it from the list, this node is told of it by the others, "
            "or set {}",
            directory, listed(known), node.value, places("data_dir")));
    }
    return {};
}

}  // namespace broker
