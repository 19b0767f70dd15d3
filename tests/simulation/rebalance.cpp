// SPDX-License-Identifier: Apache-2.0
#include "simulation/figure_report.hpp"
#include "simulation/rebalance.hpp"

#include <chronik/assign/range.hpp>
#include <chronik/assign/round_robin.hpp>
#include <chronik/assign/sticky.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

// What a rebalance costs with each strategy that the broker offers: five simulated nodes get a sixth; and of six, one
// leaves.
//
//   simulation-rebalance NAME PARTITIONS...
//
// With CHRONIK_REPORT=DIR the figures are also in DIR/NAME.json, as those of the test programs. Exit status 1 if loads
// are not even in the end, if `sticky` moves more than it must, or if anything that always holds does not.

namespace {

using namespace chronik;
using namespace chronik::simulation;

std::string told(rebalance_cost const& cost) {
    std::array<char, 128> text{};
    auto const seconds = std::chrono::duration<double>{cost.time}.count();
    std::snprintf(text.data(), text.size(), "%zu partitions and %zu replicas moved, %.1f KB, %.2f s", cost.partitions,
                  cost.replicas, static_cast<double>(cost.bytes) / 1000, seconds);
    return text.data();
}

/// What must hold after a rebalance; problems are printed.
template <class Cluster>
bool is_good(Cluster const& one, rebalance_cost const& cost) {
    auto problems = one.problems();
    if (one.replicas_apart() > 1) problems.push_back("replicas are not even within one");
    if (one.leaders_apart() > 2) problems.push_back("leaders are not even within two");
    std::uint64_t const copied = cost.replicas * std::uint64_t{Cluster::records} * Cluster::record_bytes;
    if (cost.bytes < copied) problems.push_back("fewer bytes came over the network than were copied");
    for (auto const& each : problems) std::printf("  PROBLEM %s\n", each.c_str());
    return problems.empty();
}

/// joined, left   replicas that the last node was given, and that were taken from it
struct both {
    rebalance_cost join;
    rebalance_cost leave;
    std::size_t joined = 0;
    std::size_t left = 0;
    bool good = false;
};

template <class Strategy>
both run(char const* name, std::uint32_t partitions, figure_report& figures) {
    using cluster_type = rebalanced_cluster<Strategy>;
    node_id const last{cluster_type::nodes};
    both made;
    cluster_type grows{partitions, cluster_type::nodes - 1};
    made.join = grows.join();
    made.joined = grows.held_by(last);
    cluster_type shrinks{partitions, cluster_type::nodes};
    made.left = shrinks.held_by(last);
    made.leave = shrinks.leave();
    bool const moved = made.joined > 0 && made.left > 0 && shrinks.held_by(last) == 0;
    made.good = is_good(grows, made.join) && is_good(shrinks, made.leave) && moved;

    std::string const of = std::string{name} + ", " + std::to_string(partitions) + " partitions";
    for (auto const& [what, cost] : {std::pair{"one joins", made.join}, std::pair{"one leaves", made.leave}}) {
        std::printf("%s, %s: %s\n", of.c_str(), what, told(cost).c_str());
        figures.add(of + ", " + what, told(cost));
    }
    return made;
}

bool compare(std::uint32_t partitions, figure_report& figures) {
    auto const sticky = run<assign::sticky<>>("sticky", partitions, figures);
    auto const robin = run<assign::round_robin>("round robin", partitions, figures);
    auto const range = run<assign::range>("range", partitions, figures);
    bool const little = sticky.join.replicas == sticky.joined && sticky.leave.replicas == sticky.left;
    if (!little) std::printf("  PROBLEM sticky moves other than what it must\n");
    bool more = true;
    for (both const* other : {&robin, &range}) {
        more = more && other->join.replicas >= sticky.join.replicas && other->leave.replicas >= sticky.leave.replicas;
    }
    if (!more) std::printf("  PROBLEM placing everything anew moves less than sticky does\n");
    return sticky.good && robin.good && range.good && little && more;
}

}  // namespace

int main(int count, char** words) {
    if (count < 3) {
        std::fputs("simulation-rebalance NAME PARTITIONS...\n", stderr);
        return 2;
    }
    figure_report figures{words[1]};
    bool good = true;
    for (int at = 2; at < count; ++at) {
        std::string_view const text = words[at];
        std::uint32_t partitions = 0;
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), partitions);
        if (error != std::errc{} || end != text.data() + text.size() || partitions == 0) return 2;
        if (!rebalanced_cluster<assign::sticky<>>::fits(partitions)) {
            std::fprintf(stderr, "%u partitions are too many for the journals of these nodes\n", partitions);
            return 2;
        }
        auto const begin = std::chrono::steady_clock::now();
        bool const passed = compare(partitions, figures);
        auto const seconds = std::chrono::duration<double>{std::chrono::steady_clock::now() - begin}.count();
        figures.ended(std::string{text} + " partitions", passed, seconds);
        std::fflush(stdout);
        good = good && passed;
    }
    if (!figures.write()) {
        std::fputs("the figures cannot be written where CHRONIK_REPORT says\n", stderr);
        return 1;
    }
    return good ? 0 : 1;
}
