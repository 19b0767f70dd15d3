// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/time.hpp>

#include <chrono>
#include <cstdint>

namespace broker {

/// Whether to tell of a count that should not rise: when it has, and then every ten seconds while it does.
class rising_count {
public:
    bool has_risen(std::uint64_t count, chronik::time_point now) {
        if (count == told_ || now < next_) return false;
        told_ = count;
        next_ = now + interval;
        return true;
    }

private:
    static constexpr chronik::duration interval = std::chrono::seconds{10};

    std::uint64_t told_ = 0;
    chronik::time_point next_{};
};

}  // namespace broker
