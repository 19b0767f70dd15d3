// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>

namespace chronik::bench {

/// How much of its bound a figure takes: at most 1 where the bound holds. A bound of 0 is held by 0 alone.
inline double of_maximum(double figure, double maximum) {
    if (maximum > 0) return figure / maximum;
    return figure > 0 ? std::numeric_limits<double>::infinity() : 0;
}

/// The same for a figure that should be large.
inline double of_minimum(double figure, double minimum) {
    return figure > 0 ? minimum / figure : std::numeric_limits<double>::infinity();
}

}  // namespace chronik::bench
