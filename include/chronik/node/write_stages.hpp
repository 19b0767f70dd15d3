// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/raft/write.hpp>

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

namespace chronik {

inline std::size_t payload_bytes(raft::write const& write) {
    std::size_t sum = 0;
    for (entry const& each : write.entries) sum += each.payload.size();
    return sum;
}

/// Where the writes of a host's groups are on their way to the disk: staged, then under one flush, then durable and
/// not yet told to their cores. A write leaves only as proof, or with its group.
class write_stages {
public:
    struct group_write {
        group_id group;
        raft::write write;
    };

    void stage(group_id group, raft::write&& write) { staged_.push_back({group, std::move(write)}); }

    /// One flush is under way at a time and takes all that is staged.
    void begin_flush() {
        CHRONIK_ASSERT(flushing_.empty());
        flushing_.swap(staged_);
    }
    void finish_flush() {
        CHRONIK_ASSERT(durable_.empty());
        durable_.swap(flushing_);
    }

    /// The oldest whose core has not been told.
    std::optional<group_write> take_durable() {
        if (durable_.empty()) return std::nullopt;
        std::optional<group_write> oldest{std::move(durable_.front())};
        durable_.pop_front();
        return oldest;
    }

    void forget(group_id group) {
        for (auto* stage : {&staged_, &flushing_, &durable_}) {
            std::erase_if(*stage, [group](auto const& each) { return each.group == group; });
        }
    }

    bool empty() const { return staged_.empty() && flushing_.empty() && durable_.empty(); }

private:
    std::deque<group_write> staged_;
    std::deque<group_write> flushing_;
    std::deque<group_write> durable_;
};

}  // namespace chronik
