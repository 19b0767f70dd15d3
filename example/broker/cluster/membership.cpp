// SPDX-License-Identifier: Apache-2.0
#include <cluster/cluster.hpp>

#include <cluster/metadata_members.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

/// Who is of the cluster: whom this node is linked to, and who takes part in the metadata's group.
namespace broker {

namespace {

using namespace std::chrono_literals;

/// Who knows of no leader asks so often who is there.
constexpr chronik::duration question_interval = 1s;

std::string listed(std::vector<chronik::node_id> const& nodes) {
    std::string text;
    for (auto const node : nodes) text += fmt::format("{}{}", text.empty() ? "" : ",", node.value);
    return text.empty() ? "nobody" : text;
}

}  // namespace

void cluster::begin_links() {
    relink(links_.begin(use_.stored.all()));
    std::string peers;
    for (auto const& each : links_.all())
        peers += fmt::format("{}{}@{}:{}", peers.empty() ? "" : ",", each.node.value, each.host, each.port);
    log_.info("peers={}", peers.empty() ? "none" : peers);
}

/// What the image says of others is followed at once, and who has left is let go only by an image that is current.
void cluster::keep_links(metadata::image const& image) {
    if (stopping_) return;
    auto const& members = use_.logs.find(metadata_group)->core.members();
    auto const to = links_.follow(image, members, joined_);
    for (auto const& address : to.added)
        log_.info("node {} is at {}:{}", address.node.value, address.host, address.port);
    for (auto const node : to.removed) log_.info("node {} is no longer of the cluster", node.value);
    relink(to);
}

void cluster::relink(membership_links::change const& to) {
    for (auto const& address : to.added) use_.links.add_peer(address);
    for (auto const node : to.removed) use_.links.remove_peer(node);
}

/// A cluster may have grown while this node was away, and be led by one that it does not know: others tell of it.
void cluster::ask_nodes(metadata::image const& image, chronik::time_point now) {
    if (commands_.leader() != chronik::no_node || now < next_question_) return;
    next_question_ = now + question_interval;
    auto const question = control::to_frame(control::ask_nodes{image.version});
    for (auto const& other : links_.all())
        if (use_.links.connected(other.node)) use_.links.send(other.node, question);
}

void cluster::tell_nodes(chronik::node_id to, chronik::log_index version) {
    control::known_nodes told{image()->version, {}};
    if (told.version <= version) return;
    for (auto const& other : links_.all()) told.nodes.push_back({other.node, other.host, other.port});
    use_.links.send(to, control::to_frame(std::move(told)));
}

void cluster::hear_nodes(control::known_nodes const& told) {
    if (stopping_) return;
    std::vector<node_address> nodes;
    for (auto const& each : told.nodes) nodes.push_back({each.node, each.host, each.rpc_port});
    auto const to = links_.hear(nodes, told.version);
    for (auto const& address : to.added)
        log_.info("node {} is at {}:{}, as others say", address.node.value, address.host, address.port);
    relink(to);
}

/// Who is admitted follows the metadata and votes when there is a seat for it; who leaves gives up its vote first, so
/// that those that stay can do without it.
void cluster::keep_members(metadata::image const& image, chronik::time_point now) {
    auto const& group = *use_.logs.find(metadata_group);
    auto const& core = group.core;
    auto const committed = std::exchange(committed_before_, core.commit_index());
    // An image that lacks what is committed may say the contrary of what counts.
    bool const is_current = controller_.leading() && group.applied == core.commit_index();
    if (!is_current || !core.members_settled() || core.transferring()) return;
    auto const self = use_.config.node_id;
    auto const peers = core.peers(now);
    auto const caught_up = [&](chronik::node_id node) {
        auto const peer = std::ranges::find(peers, node, &chronik::raft::peer_status::node);
        return node == self || (peer != peers.end() && peer->recently_active && peer->match >= committed);
    };
    auto const connected = [&](chronik::node_id node) { return node == self || use_.links.connected(node); };
    auto const next = next_metadata_step(core.members(), image, self, {caught_up, connected});
    if (next.heir != chronik::no_node) {
        static_cast<void>(use_.logs.transfer(metadata_group, next.heir, now));
    } else if (next.members != core.members()) {
        auto const asked = use_.logs.change_members(metadata_group, next.members, now);
        // Busy until an entry of this term is committed: the next look asks again.
        if (asked) {
            log_.info("nodes {} vote on the metadata from now on, {} follow", listed(next.members.voters),
                      listed(next.members.learners));
        } else if (asked.error() != chronik::errc::busy) {
            log_.error("cannot change the members of the metadata group: {}", asked.error().message());
        }
    }
    use_.request_turn();
}

}  // namespace broker
