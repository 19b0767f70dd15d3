// SPDX-License-Identifier: Apache-2.0
#include <broker_world/explorer.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <limits>
#include <optional>
#include <ratio>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

// Whole brokers in the deterministic world as a program; tests/broker_world/run builds and starts it.

namespace {

using namespace broker::world;

constexpr char usage[] =
    "tests/broker_world/run [options]\n"
    "  --seed N        one seed, with everything that happens\n"
    "  --seeds A..B    these seeds, on all cores; --seeds N: 1..N\n"
    "  --hours H       as many seeds as fit, beginning with --first N (the time of day decides if it is not given)\n"
    "  --threads T     instead of one for each core\n"
    "  --stop-after F  end after F seeds have failed (1)\n"
    "  --shrink T      at most T runs to make a failing schedule smaller (60)\n"
    "Exit status 1 if a seed fails.\n";

struct wishes {
    std::optional<std::uint64_t> seed;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    double hours = 0;
    unsigned threads = std::max(1U, std::thread::hardware_concurrency());
    std::size_t stop_after = 1;
    std::size_t shrink = 60;
};

template <class Number>
bool read(std::string_view text, Number& into) {
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    return error == std::errc{} && end == text.data() + text.size();
}

bool read_seeds(std::string_view text, wishes& into) {
    auto const dots = text.find("..");
    into.first = 1;
    if (dots == std::string_view::npos) return read(text, into.last);
    return read(text.substr(0, dots), into.first) && read(text.substr(dots + 2), into.last);
}

std::optional<wishes> parse(int count, char** words) {
    wishes made;
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
        if (!good) return std::nullopt;
    }
    bool const something = made.last > 0 || made.hours > 0 || made.seed;
    return count % 2 == 1 && something ? std::optional{made} : std::nullopt;
}

/// An assertion that fails ends the process; whoever reads it has to know the seed.
void say_seed(int) {
    std::fprintf(stderr, "seed %llu aborts; to see it again: tests/broker_world/run --seed %llu\n",
                 static_cast<unsigned long long>(running_seed), static_cast<unsigned long long>(running_seed));
    std::signal(SIGABRT, SIG_DFL);
}

int replay(std::uint64_t seed) {
    running_seed = seed;
    auto const wanted = plan_of(seed);
    std::printf("seed %llu: %u nodes, %zu topics, %zu producers, %u readers, %u members, %zu faults\n",
                static_cast<unsigned long long>(seed), wanted.nodes, wanted.topics.size(), wanted.producers.size(),
                wanted.readers, wanted.members, wanted.faults.size());
    trial one{wanted};
    one.listen([](std::string const& line) { std::printf("%s\n", line.c_str()); });
    auto const told = one.run();
    for (auto const& each : told.violations) std::printf("VIOLATION %s\n", each.c_str());
    std::printf("trace %016llx, %zu violations, %llu values sent, %llu acknowledged, %llu read\n",
                static_cast<unsigned long long>(told.trace), told.violations.size(),
                static_cast<unsigned long long>(told.sent), static_cast<unsigned long long>(told.acknowledged),
                static_cast<unsigned long long>(told.read));
    return told.violations.empty() ? 0 : 1;
}

int explore(wishes wanted) {
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
    std::signal(SIGABRT, say_seed);
    auto const wanted = parse(count, words);
    if (!wanted) {
        std::fputs(usage, stderr);
        return 2;
    }
    return wanted->seed ? replay(*wanted->seed) : explore(*wanted);
}
