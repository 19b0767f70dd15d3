// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <groups/limits.hpp>
#include <groups/log_records.hpp>
#include <wire/messages/join_group.hpp>
#include <wire/messages/sync_group.hpp>

#include <chronik/base/random.hpp>
#include <chronik/base/time.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// What goes into the coordinator's state machine and comes out of it: no sockets, no clock, no log.
namespace broker::groups {

/// Stands for whoever waits for an answer; the coordinator only hands it back.
using ticket = std::uint64_t;

using join_answer = wire::join_group::response;
using sync_answer = wire::sync_group::response;

struct answer {
    ticket to = 0;
    std::variant<join_answer, sync_answer> what;
};

/// Records that want to be committed; what became of them is told with the token.
struct write {
    std::string group;
    std::uint64_t token = 0;
    std::vector<log_record> records;
};

/// For whoever runs the broker: how a group's rounds begin and end, and why.
struct notice {
    std::string group;
    std::string what;
};

struct outputs {
    std::vector<answer> answers;
    std::vector<write> writes;
    std::vector<notice> notices;
};

/// One step of the state machine: when, and where its results go.
///
/// wall_ms   milliseconds since 1970, for what is stored; `now` is for what is waited for
struct turn {
    chronik::time_point now;
    std::int64_t wall_ms = 0;
    group_options const& options;
    chronik::random& chance;
    std::uint64_t& last_token;
    outputs& out;

    void tell(ticket to, join_answer what) const { out.answers.emplace_back(to, std::move(what)); }
    void tell(ticket to, sync_answer what) const { out.answers.emplace_back(to, std::move(what)); }
    void note(std::string const& group, std::string what) const { out.notices.emplace_back(group, std::move(what)); }
};

/// Who asks to join, besides what the request says.
///
/// needs_id        the client knows the two-step join (KIP-394): it comes back with the id that it is given
/// can_skip        the client understands skip_assignment (KIP-814)
struct joiner {
    std::string client_id;
    std::string client_host;
    bool needs_id = false;
    bool can_skip = false;
};

}  // namespace broker::groups
