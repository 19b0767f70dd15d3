// SPDX-License-Identifier: Apache-2.0
#include <broker_world/explored.hpp>
#include <exploration/search.hpp>

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

// Whole brokers in the deterministic world as a program; tests/broker_world/run builds and starts it.

namespace {

using namespace broker::world;
using chronik::exploration::search;

std::optional<search> parse(int count, char** words) {
    search made{.shrink = 60};
    for (int at = 1; at + 1 < count; at += 2)
        if (!made.take(words[at], words[at + 1])) return std::nullopt;
    bool const something = made.asks_for_many() || made.seed;
    return count % 2 == 1 && something ? std::optional{made} : std::nullopt;
}

int replay(std::uint64_t seed) {
    chronik::exploration::running_seed = seed;
    auto const wanted = plan_of(seed);
    std::printf("seed %llu: %u nodes, %zu topics, %zu producers, %u readers, %u members, %zu faults\n",
                static_cast<unsigned long long>(seed), wanted.nodes, wanted.topics.size(), wanted.producers.size(),
                wanted.readers, wanted.members, wanted.faults.size());
    trial one{wanted};
    one.listen(chronik::exploration::print_line);
    auto const told = one.run();
    for (auto const& each : told.violations) std::printf("VIOLATION %s\n", each.c_str());
    std::printf("trace %016llx, %zu violations, %llu values sent, %llu acknowledged, %llu read\n",
                static_cast<unsigned long long>(told.trace), told.violations.size(),
                static_cast<unsigned long long>(told.sent), static_cast<unsigned long long>(told.acknowledged),
                static_cast<unsigned long long>(told.read));
    return told.violations.empty() ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
    chronik::exploration::tell_seed_of_aborts<explored>();
    auto const wanted = parse(count, words);
    if (!wanted) {
        std::fprintf(stderr, "%s [options]\n%sExit status 1 if a seed fails.\n", explored::program,
                     chronik::exploration::search_usage);
        return 2;
    }
    return wanted->seed ? replay(*wanted->seed) : chronik::exploration::explore<explored>(*wanted);
}
