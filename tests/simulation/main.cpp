// SPDX-License-Identifier: Apache-2.0
#include "simulation/detection.hpp"
#include "simulation/explored.hpp"

#include <exploration/search.hpp>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

// The deterministic world as a program; tests/simulation/run builds and starts it.

namespace {

using namespace chronik;
using namespace chronik::simulation;
using exploration::read;

constexpr char own_usage[] =
    "  --detect S      S searches, each until a seed fails or --limit L (400) have passed: how many seeds it takes\n"
    "  --only WORDS    with --detect: only a violation with these words in it counts, such as 'the model'\n"
    "  --traces N      the trace of each seed 1..N, a line each\n"
    "  --kept FILE     compares with what --traces wrote to a file\n";

struct wishes {
    exploration::search seeds{.shrink = 300};
    std::uint64_t traces = 0;
    std::uint64_t detect = 0;
    std::string kept;
    std::string only;
    std::uint64_t limit = 400;

    bool take(std::string_view name, std::string_view value) {
        if (name == "--kept") return !(kept = value).empty();
        if (name == "--only") return !(only = value).empty();
        if (name == "--detect") return read(value, detect);
        if (name == "--limit") return read(value, limit);
        if (name == "--traces") return read(value, traces);
        return seeds.take(name, value);
    }
    bool asks_for_something() const {
        return seeds.asks_for_many() || seeds.seed || detect > 0 || traces > 0 || !kept.empty();
    }
};

std::optional<wishes> parse(int count, char** words) {
    wishes made;
    for (int at = 1; at + 1 < count; at += 2)
        if (!made.take(words[at], words[at + 1])) return std::nullopt;
    return count % 2 == 1 && made.asks_for_something() ? std::optional{made} : std::nullopt;
}

int replay(std::uint64_t seed) {
    auto const plan = testing::plan_of(seed);
    std::printf("seed %llu: %u nodes, %llu groups, %zu faults\n", static_cast<unsigned long long>(seed),
                plan.world.nodes, static_cast<unsigned long long>(plan.groups), plan.faults.size());
    auto const told = run_trial(plan, exploration::print_line);
    for (auto const& each : told.violations) std::printf("VIOLATION %s\n", each.c_str());
    std::printf("trace %016llx, %zu violations, %llu proposals, %llu acknowledged\n",
                static_cast<unsigned long long>(told.trace), told.violations.size(),
                static_cast<unsigned long long>(told.proposed), static_cast<unsigned long long>(told.acknowledged));
    return told.violations.empty() ? 0 : 1;
}

int print_traces(std::uint64_t last) {
    for (std::uint64_t seed = 1; seed <= last; ++seed) {
        std::printf("%llu %016llx\n", static_cast<unsigned long long>(seed),
                    static_cast<unsigned long long>(run_trial(testing::plan_of(seed)).trace));
    }
    return 0;
}

/// Every compiler must make the same traces, so a file of them can be kept, and is written anew when the library acts
/// differently on purpose.
int compare_traces(std::string const& name) {
    std::ifstream file{name};
    std::uint64_t seed = 0;
    std::string kept;
    int compared = 0;
    while (file >> seed >> kept) {
        std::uint64_t wanted = 0;
        std::from_chars(kept.data(), kept.data() + kept.size(), wanted, 16);
        ++compared;
        if (run_trial(testing::plan_of(seed)).trace == wanted) continue;
        std::printf("seed %llu takes another way than it did.\n"
                    "If the library is meant to act differently, write the file anew: tests/simulation/run --traces N\n"
                    "If it is not, or if another compiler takes the old way, more than the seed decides.\n",
                    static_cast<unsigned long long>(seed));
        return 1;
    }
    return compared > 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
    auto const wanted = parse(count, words);
    if (!wanted) {
        std::fprintf(stderr, "%s [options]\n%s%sExit status 1 if a seed fails.\n", explored::program,
                     exploration::search_usage, own_usage);
        return 2;
    }
    if (wanted->seeds.seed) return replay(*wanted->seeds.seed);
    if (wanted->detect > 0)
        return print_detection(wanted->seeds.first + 1, wanted->detect, wanted->limit, wanted->only);
    if (!wanted->kept.empty()) return compare_traces(wanted->kept);
    if (wanted->traces > 0) return print_traces(wanted->traces);
    exploration::tell_seed_of_aborts<explored>();
    return exploration::explore<explored>(wanted->seeds);
}
