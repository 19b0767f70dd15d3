// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "simulation/standard_trial.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chronik::simulation {

/// How many seeds it takes until a fault of the library shows, over several beginnings. Each seed has a process of its
/// own: a broken library may abort, or never come back.
class detection {
public:
    static constexpr unsigned seconds_max = 20;

    /// only   what a violation must have in it to count
    detection(std::uint64_t first, std::uint64_t limit, std::string only)
        : seed_(first), limit_(limit), only_(std::move(only)) {}

    /// The number of seeds, or nothing within the limit.
    std::optional<std::uint64_t> once() {
        for (std::uint64_t tried = 1; tried <= limit_; ++tried) {
            std::string const said = run_apart(seed_++);
            if (said.empty()) continue;
            if (first_words_.empty()) first_words_ = said;
            return tried;
        }
        return std::nullopt;
    }

    std::string const& first_words() const { return first_words_; }

private:
    /// What a seed says: nothing is good.
    std::string run_apart(std::uint64_t seed) const {
        std::array<int, 2> ends{};
        if (pipe(ends.data()) != 0) return "no pipe";
        std::fflush(nullptr);
        pid_t const child = fork();
        if (child == 0) {
            alarm(seconds_max);
            auto const told = run_trial(testing::plan_of(seed), {}, only_);
            if (!told.violations.empty()) {
                auto const& words = told.violations.front();
                static_cast<void>(!write(ends[1], words.data(), words.size()));
            }
            _exit(0);
        }
        close(ends[1]);
        std::string said;
        std::array<char, 256> part{};
        for (ssize_t got = 0; (got = read(ends[0], part.data(), part.size())) > 0;)
            said.append(part.data(), static_cast<std::size_t>(got));
        close(ends[0]);
        int status = 0;
        waitpid(child, &status, 0);
        // Whoever listens to one check alone has heard nothing of it.
        if (said.empty() && only_.empty() && WIFSIGNALED(status))
            said = WTERMSIG(status) == SIGALRM ? "it does not end" : "an assertion";
        return said;
    }

    std::uint64_t seed_;
    std::uint64_t limit_;
    std::string only_;
    std::string first_words_;
};

/// One line: in how many of the searches it was found, the median, and what was said first.
inline int print_detection(std::uint64_t first, std::uint64_t searches, std::uint64_t limit, std::string only) {
    detection search{first, limit, std::move(only)};
    std::vector<std::uint64_t> counts;
    for (std::uint64_t each = 0; each < searches; ++each) {
        auto const found = search.once();
        if (found) counts.push_back(*found);
    }
    std::ranges::sort(counts);
    auto const number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
    std::printf("%zu of %llu | ", counts.size(), number(searches));
    // Searches that found nothing count as longer than all others.
    auto const middle = static_cast<std::size_t>((searches - 1) / 2);
    if (middle < counts.size()) std::printf("%llu | ", number(counts[middle]));
    else std::printf("more than %llu | ", number(limit));
    std::printf("%s\n", search.first_words().c_str());
    return counts.empty() ? 1 : 0;
}

}  // namespace chronik::simulation
