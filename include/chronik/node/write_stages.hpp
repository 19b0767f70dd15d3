// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/raft/write.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace chronik {

inline std::size_t payload_bytes(raft::write const& write) {
    std::size_t sum = 0;
    for (entry const& each : write.entries) sum += each.payload.size();
    return sum;
}

/// Where the writes of a host's groups are on their way to the disk: staged, then under one flush, then durable and
/// not yet told to their cores. A write leaves only as proof, or with its group.
///
/// Of several writes of one group under one flush only the newest is kept: its proof speaks for those before it, and
/// the core hears, counts and answers once.
class write_stages {
public:
    struct group_write {
        group_id group;
        raft::write write;
    };
    /// Where a group's newest staged write is; each group keeps one.
    struct mark {
        std::uint64_t flush = 0;
        std::size_t place = 0;
    };

    void stage(group_id group, raft::write&& write, mark& newest) {
        if (newest.flush == flush_ && newest.place < staged_.size() && staged_[newest.place].group == group) {
            staged_[newest.place].write = std::move(write);
            return;
        }
        newest = {flush_, staged_.size()};
        staged_.push_back({group, std::move(write)});
    }

    /// One flush is under way at a time and takes all that is staged.
    void begin_flush() {
        CHRONIK_ASSERT(flushing_.empty());
        flushing_.swap(staged_);
        ++flush_;
    }
    void finish_flush() {
        CHRONIK_ASSERT(durable_.empty());
        durable_.swap(flushing_);
    }

    /// Gives each write that is durable and whose core has not been told to `tell(group_id, raft::write&&)`.
    template <class Tell>
    void tell_durable(Tell&& tell) {
        // What is told may remove groups, and their writes with them; so it is looked up anew each time.
        for (std::size_t at = 0; at < durable_.size(); ++at) {
            group_id const group = std::exchange(durable_[at].group, group_id{});
            if (group != group_id{}) tell(group, std::move(durable_[at].write));
        }
        durable_.clear();
    }

    void forget(group_id group) {
        for (auto* stage : {&staged_, &flushing_}) {
            std::erase_if(*stage, [group](auto const& each) { return each.group == group; });
        }
        for (auto& each : durable_) {
            if (each.group == group) each.group = group_id{};
        }
    }

    bool empty() const { return staged_.empty() && flushing_.empty() && durable_.empty(); }

private:
    std::vector<group_write> staged_;
    std::vector<group_write> flushing_;
    std::vector<group_write> durable_;
    std::uint64_t flush_ = 1;
};

}  // namespace chronik
