// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/shared_bytes.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace chronik::schema {

/// One run of bytes that lies in several places: the batches of a fetch, each where the journal has it.
///
/// It is encoded as one run; a gathering writer takes the pieces by reference. Decoding gives one piece.
/// Two chains are equal when their bytes are, wherever they are cut.
struct shared_chain {
    std::vector<shared_bytes> pieces;

    shared_chain() = default;
    explicit shared_chain(shared_bytes piece) { add(std::move(piece)); }

    void add(shared_bytes piece) {
        if (!piece.empty()) pieces.push_back(std::move(piece));
    }

    bool empty() const { return pieces.empty(); }

    std::size_t size() const {
        std::size_t sum = 0;
        for (auto const& piece : pieces) sum += piece.size();
        return sum;
    }

    std::vector<std::byte> flat() const {
        std::vector<std::byte> joined;
        joined.reserve(size());
        for (auto const& piece : pieces) joined.insert(joined.end(), piece.view().begin(), piece.view().end());
        return joined;
    }

    friend bool operator==(shared_chain const& left, shared_chain const& right) { return left.flat() == right.flat(); }
};

}  // namespace chronik::schema
