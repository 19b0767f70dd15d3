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
    static constexpr std::size_t blocks_max = std::size_t{1} << 12;  ///< many groups wait for one sync, each with a few
    static constexpr std::size_t entries_max = std::size_t{1} << 18;
    static constexpr std::size_t entries_each_max = 1024;

    /// No entries, with the room that others had before.
    shared_entries take() {
        if (spare_.empty()) return {};
        shared_entries taken = std::move(spare_.back());
        spare_.pop_back();
        room_ -= taken.capacity();
        return taken;
    }
    /// The last who holds a block gives it; what the entries own is given back now.
    void give(shared_entries&& used) {
        shared_entries kept = std::move(used);
        kept.clear();
        std::size_t const room = kept.capacity();
        if (room == 0 || room > entries_each_max || room > entries_max - room_ || spare_.size() == blocks_max) return;
        room_ += room;
        spare_.push_back(std::move(kept));
    }
    std::size_t size() const { return spare_.size(); }

private:
    std::vector<shared_entries> spare_;
    std::size_t room_ = 0;
};

}  // namespace chronik::raft
