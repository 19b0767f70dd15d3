// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace chronik::testing {

/// A part of `all` for which `fails` still holds, and that is hard to make smaller: delta debugging.
///
/// fails      holds for `all`; called at most `tries_max` times
/// source     Zeller, Hildebrandt: "Simplifying and Isolating Failure-Inducing Input", the algorithm ddmin
template <class T, class Fails>
std::vector<T> shrink(std::vector<T> all, Fails fails, std::size_t tries_max) {
    std::size_t parts = 2;
    while (all.size() >= 1 && tries_max > 0) {
        parts = std::min(parts, all.size());
        bool smaller = false;
        for (std::size_t part = 0; part < parts && tries_max > 0; ++part) {
            --tries_max;
            auto const begin = static_cast<std::ptrdiff_t>(all.size() * part / parts);
            auto const end = static_cast<std::ptrdiff_t>(all.size() * (part + 1) / parts);
            std::vector<T> rest(all.begin(), all.begin() + begin);
            rest.insert(rest.end(), all.begin() + end, all.end());
            if (!fails(rest)) continue;
            all = std::move(rest);
            parts = std::max<std::size_t>(parts - 1, 2);
            smaller = true;
            break;
        }
        if (smaller) continue;
        if (parts >= all.size()) break;
        parts *= 2;
    }
    return all;
}

}  // namespace chronik::testing
