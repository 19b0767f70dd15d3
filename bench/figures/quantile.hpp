// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace chronik::bench {

/// The value below which `part` of them lie, 0 if there are none. Reorders them.
inline double quantile(std::vector<double>& of, double part) {
    if (of.empty()) return 0;
    auto const at = std::min(of.size() - 1, static_cast<std::size_t>(part * static_cast<double>(of.size())));
    std::ranges::nth_element(of, of.begin() + static_cast<std::ptrdiff_t>(at));
    return of[at];
}

}  // namespace chronik::bench
