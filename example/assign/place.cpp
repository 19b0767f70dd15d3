// SPDX-License-Identifier: Apache-2.0
#include <chronik/assign/rack_aware.hpp>
#include <chronik/assign/round_robin.hpp>

#include <cstdio>
#include <span>
#include <vector>

// Four partitions, two replicas each, on four nodes in two racks; then one replica too many.
// prints: round_robin: 1+3 3+4 2+1 4+2
// prints: rack_aware: 1+3 4+1 3+2 2+4
// prints: rack_aware, 5 replicas: more replicas were asked for than there are members

using namespace chronik;

void show(char const* name, assign::placement auto strategy, std::span<assign::member const> members,
          unsigned replicas) {
    auto const placed = strategy.place(members, {}, 4, replicas);
    if (!placed)
        return static_cast<void>(
            std::printf("%s, %u replicas: %s\n", name, replicas, placed.error().message().c_str()));
    std::printf("%s:", name);
    for (auto const& replicas_of_one : placed->partitions) {
        std::printf(" ");
        for (node_id each : replicas_of_one)
            std::printf("%s%u", each == replicas_of_one.front() ? "" : "+", each.value);
    }
    std::printf("\n");
}

int main() {
    std::vector<assign::member> const members{
        {node_id{1}, "east"}, {node_id{2}, "east"}, {node_id{3}, "west"}, {node_id{4}, "west"}};
    show("round_robin", assign::round_robin{}, members, 2);
    show("rack_aware", assign::rack_aware{}, members, 2);  // one replica in each rack
    show("rack_aware", assign::rack_aware{}, members, 5);
}
