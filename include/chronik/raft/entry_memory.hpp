// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/shared_entries.hpp>

#include <cstddef>
#include <utility>
#include <vector>

namespace chronik::raft {

/// Blocks of entries that have done their work and wait to be used again: with them, a commit allocates nothing.
class entry_memory {
public:
    /// Beyond these, memory goes back to the heap: one long burst must not be held for ever.
    static constexpr std::size_t blocks_max = 256;
    static constexpr std::size_t entries_each_max = 1024;

    /// No entries, with the room that others had before.
    shared_entries take() {
        if (spare_.empty()) return {};
        shared_entries taken = std::move(spare_.back());
        spare_.pop_back();
        return taken;
    }
    /// The last who holds a block gives it; what the entries own is given back now.
    void give(shared_entries&& used) {
        shared_entries kept = std::move(used);
        kept.clear();
        if (kept.capacity() == 0 || kept.capacity() > entries_each_max || spare_.size() == blocks_max) return;
        spare_.push_back(std::move(kept));
    }
    std::size_t size() const { return spare_.size(); }

private:
    std::vector<shared_entries> spare_;
};

}  // namespace chronik::raft
