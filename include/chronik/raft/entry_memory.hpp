// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace chronik::raft {

/// Vectors that have done their work and wait to be used again: with them, a commit allocates nothing.
class entry_memory {
public:
    /// Beyond these, memory goes back to the heap: one long burst must not be held for ever.
    static constexpr std::size_t vectors_max = 256;
    static constexpr std::size_t entries_each_max = 1024;

    /// An empty vector, with the room it had before.
    std::vector<entry> take() {
        if (spare_.empty()) return {};
        std::vector<entry> taken = std::move(spare_.back());
        spare_.pop_back();
        return taken;
    }
    /// What the entries own is given back now.
    void give(std::vector<entry>&& used) {
        if (used.capacity() == 0) return;
        std::vector<entry> kept = std::move(used);
        if (spare_.size() == vectors_max || kept.capacity() > entries_each_max) return;
        kept.clear();
        spare_.push_back(std::move(kept));
    }
    std::size_t size() const { return spare_.size(); }

private:
    std::vector<std::vector<entry>> spare_;
};

}  // namespace chronik::raft
