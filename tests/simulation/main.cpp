// SPDX-License-Identifier: Apache-2.0
#include "simulation/detection.hpp"
#include "simulation/explorer.hpp"

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

// The deterministic world as a program; tests/simulation/run builds and starts it.

namespace {

using namespace chronik;
using namespace chronik::simulation;

constexpr char usage[] =
    "tests/simulation/run [options]\n"
    "  --seed N        one seed, with everything that happens\n"
    "  --seeds A..B    these seeds, on all cores; --seeds N: 1..N\n"
    "  --hours H       as many seeds as fit, beginning with --first N (the time of day decides if it is not given)\n"
    "  --threads T     instead of one for each core\n"
    "  --stop-after F  end after F seeds have failed (1)\n"
    "  --shrink T      at most T runs to make a failing schedule smaller (300)\n"
    "  --detect S      S searches, each until a seed fails or --limit L (400) have passed: how many seeds it takes\n"
    "  --only WORDS    with --detect: only a violation with these words in it counts, such as 'the model'\n"
    "  --traces N      the trace of each seed 1..N, a line each\n"
    "  --kept FILE     compares with what --traces wrote to a file\n"
    "Exit status 1 if a seed fails.\n";

struct settings {
    std::optional<std::uint64_t> seed;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t traces = 0;
    std::uint64_t detect = 0;
    std::string kept;
    std::string only;
    std::uint64_t limit = 400;
    double hours = 0;
    unsigned threads = std::max(1U, std::thread::hardware_concurrency());
    std::size_t stop_after = 1;
    std::size_t shrink = 300;
};

template <class Number>
bool read(std::string_view text, Number& into) {
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    return error == std::errc{} && end == text.data() + text.size();
}

bool read_seeds(std::string_view text, settings& into) {
    auto const dots = text.find("..");
    into.first = 1;
    if (dots == std::string_view::npos) return read(text, into.last);
    return read(text.substr(0, dots), into.first) && read(text.substr(dots + 2), into.last);
}

std::optional<settings> parse(int count, char** words) {
    settings made;
    for (int at = 1; at + 1 < count; at += 2) {
        std::string_view const name = words[at];
        std::string_view const value = words[at + 1];
        bool good = false;
        if (name == "--seed") good = read(value, made.seed.emplace());
        if (name == "--seeds") good = read_seeds(value, made);
        if (name == "--hours") good = read(value, made.hours);
        if (name == "--first") good = read(value, made.first);
        if (name == "--threads") good = read(value, made.threads) && made.threads > 0;
        if (name == "--stop-after") good = read(value, made.stop_after) && made.stop_after > 0;
        if (name == "--shrink") good = read(value, made.shrink);
        if (name == "--kept") good = !(made.kept = value).empty();
        if (name == "--only") good = !(made.only = value).empty();
        if (name == "--detect") good = read(value, made.detect);
        if (name == "--limit") good = read(value, made.limit);
        if (name == "--traces") good = read(value, made.traces);
        if (!good) return std::nullopt;
    }
    bool const searches = made.last > 0 || made.hours > 0 || made.detect > 0;
    bool const something = searches || made.seed || made.traces > 0 || !made.kept.empty();
    return count % 2 == 1 && something ? std::optional{made} : std::nullopt;
}

int replay(std::uint64_t seed) {
    auto const plan = testing::plan_of(seed);
    std::printf("seed %llu: %u nodes, %llu groups, %zu faults\n", static_cast<unsigned long long>(seed),
                plan.world.nodes, static_cast<unsigned long long>(plan.groups), plan.faults.size());
    auto const told = run_trial(plan, [](std::string const& line) { std::printf("%s\n", line.c_str()); });
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

int explore(settings wanted) {
    using steady = explorer::steady;
    auto const begin = steady::now();
    auto until = steady::time_point::max();
    if (wanted.hours > 0) {
        until = begin + std::chrono::duration_cast<steady::duration>(
                            std::chrono::duration<double, std::ratio<3600>>{wanted.hours});
        if (wanted.first == 0)
            wanted.first = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
        wanted.last = std::numeric_limits<std::uint64_t>::max();
    }
    explorer search{wanted.first, wanted.last, until, wanted.stop_after};
    auto const all = search.run(wanted.threads);
    std::printf("first seed %llu\n", static_cast<unsigned long long>(wanted.first));
    all.print(std::chrono::duration<double>{steady::now() - begin}.count());
    std::fflush(stdout);
    for (std::uint64_t const seed : all.failed) explain(seed, wanted.shrink);
    return all.failed.empty() ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
    auto const wanted = parse(count, words);
    if (!wanted) {
        std::fputs(usage, stderr);
        return 2;
    }
    if (wanted->seed) return replay(*wanted->seed);
    if (wanted->detect > 0) return print_detection(wanted->first + 1, wanted->detect, wanted->limit, wanted->only);
    if (!wanted->kept.empty()) return compare_traces(wanted->kept);
    if (wanted->traces > 0) return print_traces(wanted->traces);
    return explore(*wanted);
}
