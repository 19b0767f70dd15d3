// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <asio/io_context.hpp>

#include <chrono>

namespace net_test {

/// Runs the loop until something has happened; the deadline is a guard against a test that would hang.
template <class Condition>
bool run_until(asio::io_context& loop, Condition happened, std::chrono::seconds guard = std::chrono::seconds(20)) {
    auto const deadline = std::chrono::steady_clock::now() + guard;
    loop.restart();
    while (!happened()) {
        if (loop.run_one_until(deadline) == 0) return happened();
    }
    return true;
}

}  // namespace net_test
