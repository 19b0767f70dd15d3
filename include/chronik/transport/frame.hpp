// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/shared_bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace chronik::transport {

/// One message to a peer: where it goes there, and its body as parts that are gathered, never joined, on the way out.
///
/// channel   whom the receiver gives it to; both ends agree on the numbers
/// parts     a small head and the payloads it speaks of; the payloads are shared with whoever made them
struct frame {
    std::uint8_t channel = 0;
    std::vector<shared_bytes> parts;

    std::size_t body_bytes() const {
        std::size_t sum = 0;
        for (shared_bytes const& part : parts) sum += part.size();
        return sum;
    }

    /// The body in one piece, as a receiver sees it; copies unless there is at most one part.
    shared_bytes joined() const {
        if (parts.empty()) return {};
        if (parts.size() == 1) return parts.front();
        std::vector<std::byte> whole;
        whole.reserve(body_bytes());
        for (shared_bytes const& part : parts) whole.insert(whole.end(), part.view().begin(), part.view().end());
        return shared_bytes{std::move(whole)};
    }
};

}  // namespace chronik::transport
