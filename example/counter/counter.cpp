// SPDX-License-Identifier: Apache-2.0
#include "counter.hpp"

#include <chronik/testing/cluster.hpp>

#include <chrono>
#include <cstdio>

// A replicated counter on three nodes in a world of virtual time: real hosts and journals, no sockets, no waiting.
// The leader's power goes in the middle, and the count goes on.
// prints: node 1: +1 makes 1
// prints: node 1: +20 makes 21
// prints: node 1 loses power
// prints: node 2: +300 makes 321
// prints: node 1 has 321
// prints: node 2 has 321
// prints: node 3 has 321

using namespace chronik;
using namespace std::chrono_literals;

constexpr group_id counters{1};

int main() {
    chronik::testing::cluster<counter> world{2026, {}, [](node_id, group_id) { return counter{}; }};
    world.open(counters, node_id{1});

    auto const add_and_wait = [&](std::int64_t amount) {
        std::int64_t now = -1;
        bool const led = world.run_until([&] { return world.leader_of(counters) != no_node; }, 5s);
        auto const accepted = world.propose(counters, *commands::encode(add{amount}), 0, [&](auto outcome) {
            if (!outcome.error && outcome.result != nullptr) now = *outcome.result;
        });
        if (!led || !accepted || !world.run_until([&] { return now != -1; }, 5s)) return false;
        std::printf("node %u: +%lld makes %lld\n", world.leader_of(counters).value, static_cast<long long>(amount),
                    static_cast<long long>(now));
        return true;
    };

    if (!add_and_wait(1) || !add_and_wait(20)) return 1;

    node_id const lost = world.leader_of(counters);
    world.crash(lost);
    std::printf("node %u loses power\n", lost.value);
    if (!add_and_wait(300)) return 1;

    world.expect_recovery(10s);
    for (node_id each : world.nodes()) {
        auto const value = world.group_on(each, counters)->machine.own().value;
        std::printf("node %u has %lld\n", each.value, static_cast<long long>(value));
        if (value != 321) return 1;
    }
    for (auto const& violation : world.violations()) std::printf("%s\n", violation.c_str());
    return world.violations().empty() ? 0 : 1;
}
