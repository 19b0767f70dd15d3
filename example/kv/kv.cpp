// SPDX-License-Identifier: Apache-2.0
#include "kv.hpp"

#include <chronik/testing/cluster.hpp>

#include <chrono>
#include <cstdio>

// The same store in a world of virtual time. Whoever leads loses power with a put under way; the client asks again with
// the same bytes, so the put happens once. A read sees it, also at another leader.
// prints: anna was not there before
// prints: the leader lost power with a put under way
// prints: asked again: levin was not there before
// prints: levin is Konstantin

using namespace chronik;
using namespace std::chrono_literals;

constexpr group_id words{1};
using world_type = chronik::testing::cluster<kv>;

/// Asks until somebody has answered.
machine::session_answer<bool> settle(world_type& world, shared_bytes const& payload) {
    std::optional<machine::session_answer<bool>> answer;
    while (!answer) {
        bool over = false;
        auto const asked = world.propose(words, payload, 0, [&](auto const& outcome) {
            if (!outcome.error && outcome.result != nullptr) answer = *outcome.result;
            over = true;
        });
        world.run_until([&] { return over || !asked; }, 5s);
        if (!asked) world.run_for(50ms);
    }
    return *answer;
}

int main() {
    world_type world{1877, {}, [](node_id, group_id) { return kv{}; }};
    world.open(words, node_id{1});

    auto const session = settle(world, *machine::session_commands::encode(machine::open_session{})).session;
    machine::session_client client{session, machine::session_limits{}.window};

    auto const first = client.number(*commands::encode(put{"anna", "Karenina"}), {});
    std::printf("anna was %s before\n", *settle(world, first->payload).value ? "there" : "not there");
    client.answered(first->serial);

    auto const second = client.number(*commands::encode(put{"levin", "Konstantin"}), {});
    if (!world.propose(words, second->payload, 0)) return 1;
    world.run_for(5ms);
    world.crash(world.leader_of(words));
    std::printf("the leader lost power with a put under way\n");
    std::printf("asked again: levin was %s before\n", *settle(world, second->payload).value ? "there" : "not there");

    std::string found;
    while (found.empty()) {
        node_id const leader = world.leader_of(words);
        if (leader != no_node) {
            group_handle{world.host_of(leader), words}.read(
                [](auto const& machine) { return machine.own().inner().get("levin"); }, world.now(),
                [&](auto const& told) { found = told.value.value_or(""); });
        }
        world.run_for(1s);
    }
    std::printf("levin is %s\n", found.c_str());

    world.expect_recovery(10s);
    for (auto const& violation : world.violations()) std::printf("%s\n", violation.c_str());
    return world.violations().empty() ? 0 : 1;
}
