// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <groups/turn.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace broker::groups {

/// A member of a group as its coordinator knows it.
struct member {
    std::string id;
    std::optional<std::string> instance;
    std::string client_id;
    std::string client_host;
    chronik::duration session_timeout{};
    chronik::duration rebalance_timeout{};
    std::vector<wire::join_group::protocol> protocols;  ///< the one it likes best first
    chronik::shared_bytes assignment;

    std::optional<ticket> joining;  ///< waits for the round to end
    std::optional<ticket> syncing;  ///< waits for its assignment
    bool is_new = false;            ///< in its first round: it does not know its id, so it sends no heartbeats
    bool can_skip = false;
    chronik::time_point expires{};

    /// Who waits for an answer of ours is not silent; a newcomer may still have gone away meanwhile.
    bool outlives(chronik::time_point now) const {
        return (!is_new && (joining || syncing)) || now < expires;
    }
    bool supports(std::string_view protocol) const {
        return std::ranges::find(protocols, protocol, &wire::join_group::protocol::name) != protocols.end();
    }
    chronik::shared_bytes subscription(std::string_view protocol) const {
        auto const found = std::ranges::find(protocols, protocol, &wire::join_group::protocol::name);
        return found == protocols.end() ? chronik::shared_bytes{} : found->metadata;
    }
};

using member_map = std::map<std::string, member, std::less<>>;

/// The protocol that all support and most like best; of equals the first by name. Empty if there is none.
inline std::string choose_protocol(member_map const& members) {
    std::map<std::string, std::size_t> votes;
    for (auto const& [id, one] : members) {
        auto const best = std::ranges::find_if(one.protocols, [&](auto const& offered) {
            return std::ranges::all_of(members, [&](auto const& each) { return each.second.supports(offered.name); });
        });
        if (best != one.protocols.end()) ++votes[best->name];
    }
    auto const won = std::ranges::max_element(votes, {}, [](auto const& each) { return each.second; });
    return won == votes.end() ? std::string{} : won->first;
}

}  // namespace broker::groups
