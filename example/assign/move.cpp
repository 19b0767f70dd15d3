// SPDX-License-Identifier: Apache-2.0
#include <chronik/assign/constrained.hpp>
#include <chronik/assign/cooperative_sticky.hpp>
#include <chronik/assign/group.hpp>

#include <cstdio>
#include <string>
#include <vector>

// The same strategies for replicas and for consumers: one joins, and no more moves than must.
// prints: replicas: 1+2 2+1 1+2 2+1
// prints: node 3 joins: 3+1 2+3 1+2 2+1
// prints: two replicas on node 1 alone: a placement policy allows fewer members than replicas were asked for
// prints: consumers: x 0 2 y 1 3
// prints: z joins: x 0 2 y 3 z
// prints: y has let go: x 0 2 y 3 z 1

using namespace chronik;

void show(char const* what, result<assign::assignment> const& placed) {
    std::printf("%s:", what);
    if (!placed) std::printf(" %s", placed.error().message().c_str());
    else
        for (auto const& list : placed->partitions) std::printf(" %u+%u", list[0].value, list[1].value);
    std::printf("\n");
}

void show(char const* what, assign::group_assignment const& given) {
    std::printf("%s:", what);
    for (auto const& [consumer, partitions] : given) {
        std::printf(" %s", consumer.c_str());
        for (auto const& each : partitions) std::printf(" %u", each.partition);
    }
    std::printf("\n");
}

int main() {
    assign::sticky<> const sticky;
    std::vector<assign::member> nodes{{node_id{1}}, {node_id{2}}};
    auto const placed = sticky.place(nodes, {}, 4, 2);
    show("replicas", placed);
    std::vector<assign::holding> held;
    for (auto const& list : placed->partitions) held.push_back({list, 2});
    nodes.push_back({node_id{3}});
    show("node 3 joins", sticky.rebalance(nodes, {}, held));
    assign::constrained const pinned{sticky, assign::pin{{node_id{1}}}};
    show("two replicas on node 1 alone", pinned.rebalance(nodes, {}, held));

    assign::cooperative_sticky<> const in_turn;
    std::vector<assign::consumer> group{{"x", {"orders"}}, {"y", {"orders"}}};
    auto const assign_and_show = [&](char const* what) {
        auto const given = assign::assign_group(in_turn, group, {{"orders", 4}}).value();
        show(what, given);
        for (auto& each : group) each.owned = given.at(each.id);
    };
    assign_and_show("consumers");
    group.push_back({"z", {"orders"}});
    assign_and_show("z joins");
    assign_and_show("y has let go");
}
