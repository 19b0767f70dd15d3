// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <system_error>
#include <thread>
#include <vector>

namespace chronik::posix {

/// Calls `each` with every number below `count`, several at once, and returns when all have returned.
///
/// at_once   calls, one of them on the caller's thread
/// threads   blocks the caller; others of its own until it returns. `each` is called on all of them, and throws nothing
template <std::invocable<std::size_t> Each>
void side_by_side(std::size_t count, std::size_t at_once, Each&& each) {
    std::atomic<std::size_t> next = 0;
    auto const work = [&] {
        for (std::size_t at = next++; at < count; at = next++) each(at);
    };
    std::vector<std::jthread> others;
    try {
        while (others.size() + 1 < std::min(count, at_once)) others.emplace_back(work);
    } catch (std::system_error const&) {
        // The system gives no more threads: those that are there do all of it.
    }
    work();
}

}  // namespace chronik::posix
