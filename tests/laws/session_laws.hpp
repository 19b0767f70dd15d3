// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/random.hpp>
#include <chronik/machine/session_client.hpp>
#include <chronik/machine/sessions.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

/// What machine::sessions keeps for every machine: docs/concepts/sessions.md.
namespace chronik::laws {

/// Clients whose commands are lost, doubled and overtaken on their way into the log, and who ask again until they have
/// an answer. The machine inside must end as one that was given each command once, in the order of its first arrival,
/// and every answer must be the one of that first time.
template <machine::state_machine Machine>
void every_command_is_applied_exactly_once(std::uint64_t seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random chance{seed};
    constexpr std::size_t window = 4;
    constexpr std::uint64_t commands_of_each = 20;
    machine::session_limits const limits{.sessions_max = 8, .window = window, .idle_ms_max = 0};
    machine::sessions<Machine> one{Machine{}, limits};
    machine::sessions<Machine> other{Machine{}, limits};
    Machine plain;
    log_index last;
    auto const commit = [&](shared_bytes payload) {
        entry const committed{log_term{1}, ++last, entry_kind::command, {}, 0, std::move(payload)};
        auto const answer = one.apply(committed);
        EXPECT_EQ(answer, other.apply(committed)) << "a second member";
        return answer;
    };

    struct client {
        machine::session_client side;
        std::map<machine::session_serial, std::pair<shared_bytes, shared_bytes>> open;  ///< payload, and the inner one
        std::uint64_t numbered = 0;
    };
    std::vector<client> clients;
    for (int each = 0; each < 3; ++each) {
        auto const opened = commit(*machine::session_commands::encode(machine::open_session{}));
        ASSERT_EQ(opened.status, machine::session_status::opened);
        clients.push_back({{opened.session, window}, {}, 0});
    }
    std::map<std::pair<machine::session_id, machine::session_serial>, typename Machine::result_type> first;
    std::vector<std::size_t> working{0, 1, 2};

    while (!working.empty()) {
        auto const place = chance() % working.size();
        client& of = clients[working[place]];
        if (of.numbered < commands_of_each && of.side.has_room()) {
            auto const inner = shared_bytes::copy_of(std::to_string(chance() % 1000) + ";");
            auto const made = of.side.number(inner, {});
            ASSERT_TRUE(made);
            of.open[made->serial] = {made->payload, inner};
            ++of.numbered;
        }
        auto picked = of.open.begin();
        std::advance(picked, static_cast<std::ptrdiff_t>(chance() % of.open.size()));
        auto const& [serial, bytes] = *picked;

        auto const answer = commit(bytes.first);
        ASSERT_TRUE(answer.value.has_value()) << "status " << static_cast<int>(answer.status);
        auto const known = first.find({of.side.id(), serial});
        if (known == first.end()) {
            EXPECT_EQ(answer.status, machine::session_status::applied);
            entry const alone{log_term{1}, last, entry_kind::command, {}, 0, bytes.second};
            first.emplace(std::pair{of.side.id(), serial}, plain.apply(alone));
        } else {
            EXPECT_EQ(answer.status, machine::session_status::repeated);
        }
        EXPECT_EQ(*answer.value, first.at({of.side.id(), serial}));

        if (chance() % 2 == 0) {  // else the answer is lost, and the client asks again
            of.side.answered(serial);
            of.open.erase(picked);
        }
        if (of.numbered == commands_of_each && of.open.empty())
            working.erase(working.begin() + static_cast<std::ptrdiff_t>(place));
    }
    EXPECT_EQ(first.size(), 3 * commands_of_each);
}

}  // namespace chronik::laws
