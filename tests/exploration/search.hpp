// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exploration/explorer.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <optional>
#include <ratio>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

namespace chronik::exploration {

template <class Number>
bool read(std::string_view text, Number& into) {
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    return error == std::errc{} && end == text.data() + text.size();
}

inline constexpr char search_usage[] =
    "  --seed N        one seed, with everything that happens\n"
    "  --seeds A..B    these seeds, on all cores; --seeds N: 1..N\n"
    "  --hours H       as many seeds as fit, beginning with --first N (the time of day decides if it is not given)\n"
    "  --threads T     instead of one for each core\n"
    "  --stop-after F  end after F seeds have failed (1)\n"
    "  --shrink T      at most T runs to make a failing schedule smaller\n";

/// Which seeds a program is asked for, in the words of its command line.
struct search {
    std::optional<std::uint64_t> seed{};
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    double hours = 0;
    unsigned threads = std::max(1U, std::thread::hardware_concurrency());
    std::size_t stop_after = 1;
    std::size_t shrink = 100;

    bool asks_for_many() const { return last > 0 || hours > 0; }

    /// One option and its value. False if it is none of these, or cannot be read.
    bool take(std::string_view name, std::string_view value) {
        if (name == "--seed") return read(value, seed.emplace());
        if (name == "--seeds") return take_seeds(value);
        if (name == "--hours") return read(value, hours);
        if (name == "--first") return read(value, first);
        if (name == "--threads") return read(value, threads) && threads > 0;
        if (name == "--stop-after") return read(value, stop_after) && stop_after > 0;
        if (name == "--shrink") return read(value, shrink);
        return false;
    }

private:
    bool take_seeds(std::string_view text) {
        auto const dots = text.find("..");
        first = 1;
        if (dots == std::string_view::npos) return read(text, last);
        return read(text.substr(0, dots), first) && read(text.substr(dots + 2), last);
    }
};

/// Explores what was asked for, and tells what came of it. Exit status: 1 if a seed fails.
template <explorable World>
int explore(search wanted) {
    using steady = typename explorer<World>::steady;
    auto const begin = steady::now();
    auto until = steady::time_point::max();
    if (wanted.hours > 0) {
        until = begin + std::chrono::duration_cast<typename steady::duration>(
                            std::chrono::duration<double, std::ratio<3600>>{wanted.hours});
        if (wanted.first == 0)
            wanted.first = static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
        wanted.last = std::numeric_limits<std::uint64_t>::max();
    }
    explorer<World> through{wanted.first, wanted.last, until, wanted.stop_after};
    auto const all = through.run(wanted.threads);
    std::printf("first seed %llu\n", static_cast<unsigned long long>(wanted.first));
    all.print(std::chrono::duration<double>{steady::now() - begin}.count());
    std::fflush(stdout);
    for (std::uint64_t const seed : all.failed) explain<World>(seed, wanted.shrink);
    return all.failed.empty() ? 0 : 1;
}

/// At once: what happened last before an abort is what has to be read, in a file too.
inline void print_line(std::string const& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
}

/// An assertion that fails ends the process; whoever reads it has to know the seed.
template <explorable World>
void tell_seed_of_aborts() {
    std::signal(SIGABRT, [](int) {
        std::fprintf(stderr, "seed %llu aborts; to see it again: %s --seed %llu\n",
                     static_cast<unsigned long long>(running_seed), World::program,
                     static_cast<unsigned long long>(running_seed));
        std::signal(SIGABRT, SIG_DFL);
    });
}

}  // namespace chronik::exploration
