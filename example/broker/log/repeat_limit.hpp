// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>

namespace broker {

/// Lets the first lines of a call through and counts the rest, so that one failing client cannot fill the disk.
class repeat_limit {
public:
    struct options {
        std::uint32_t repeats_max = 20;  ///< of one call in one window
        chronik::duration window = std::chrono::seconds{10};
        std::size_t calls_max = 1024;  ///< calls watched at once; further ones are not limited
    };
    struct verdict {
        bool write = true;
        std::uint64_t suppressed = 0;  ///< lines of this call left out since the last one that was written
    };

    explicit repeat_limit(options chosen) : options_(chosen) {}

    verdict admit(std::size_t call, chronik::time_point now) {
        auto at = calls_.find(call);
        if (at == calls_.end()) {
            if (calls_.size() >= options_.calls_max) forget_quiet_calls(now);
            if (calls_.size() >= options_.calls_max) return {};
            at = calls_.emplace(call, state{now, 0, 0}).first;
        }
        state& seen = at->second;
        if (now - seen.since >= options_.window) seen = {now, 0, seen.suppressed};
        if (seen.written >= options_.repeats_max) {
            ++seen.suppressed;
            ++suppressed_;
            return {false, 0};
        }
        ++seen.written;
        reported_ += seen.suppressed;
        return {true, std::exchange(seen.suppressed, 0)};
    }

    /// All lines ever left out, and those of them that no later line has reported.
    std::uint64_t suppressed() const { return suppressed_; }
    std::uint64_t unreported() const { return suppressed_ - reported_; }

private:
    struct state {
        chronik::time_point since;
        std::uint32_t written = 0;
        std::uint64_t suppressed = 0;
    };

    void forget_quiet_calls(chronik::time_point now) {
        std::erase_if(calls_, [&](auto const& each) {
            return now - each.second.since >= options_.window && each.second.suppressed == 0;
        });
    }

    options options_;
    std::unordered_map<std::size_t, state> calls_;
    std::uint64_t suppressed_ = 0;
    std::uint64_t reported_ = 0;
};

}  // namespace broker
