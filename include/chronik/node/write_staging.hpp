// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/node/concepts.hpp>
#include <chronik/node/write_stages.hpp>
#include <chronik/raft/effects.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <span>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

namespace chronik {

/// The way of a host's writes into its storage: at once while there is room, else in order when there is again.
template <group_storage Storage>
class write_staging {
public:
    /// failed   the storage has refused for good
    write_staging(Storage& storage, write_stages& stages, std::move_only_function<void(std::error_code)> failed)
        : storage_(storage), stages_(stages), failed_(std::move(failed)) {}

    /// Payloads that wait for room.
    std::size_t waiting_bytes() const { return waiting_bytes_; }
    bool empty() const { return without_room_.empty(); }

    /// Takes a group's next write; its memory goes to `spare` when the storage has it.
    template <class Group>
    void take(Group& of, raft::write&& write, raft::effects& spare) {
        if (!waits(of.id)) {
            if (stage(of, write, spare)) return;
            without_room_.push_back(of.id);
        }
        waiting_bytes_ += payload_bytes(write);
        waiting_[of.id].push_back(std::move(write));
    }
    /// Writes of this group wait.
    bool waits(group_id group) const { return !waiting_.empty() && waiting_.contains(group); }

    /// Offers what waits once more, the group that has waited longest first.
    template <class Find>
    void retry(Find&& find, raft::effects& spare) {
        while (!without_room_.empty()) {
            auto* const oldest = find(without_room_.front());
            if (oldest != nullptr && !stage_waiting(*oldest, spare)) return;
            without_room_.pop_front();
        }
    }

    void forget(group_id gone) {
        auto const found = waiting_.find(gone);
        if (found == waiting_.end()) return;
        for (auto const& write : found->second) waiting_bytes_ -= payload_bytes(write);
        waiting_.erase(found);
    }

private:
    /// False when there is no room.
    template <class Group>
    bool stage(Group& of, raft::write& write, raft::effects& spare) {
        if constexpr (compactable_storage<Storage>) {
            // Once: what comes later may have to be offered again.
            if (auto const at = std::exchange(write.install, std::nullopt)) {
                auto const done = storage_.replace_log(of.id, at->last_index, at->last_term, at->next_offset);
                if (!done) return refused(done.error());
            }
        }
        if constexpr (doubting_storage<Storage>) {
            if (std::exchange(write.sound, false)) storage_.end_doubt(of.id);
        }
        auto const staged = storage_.stage(of.id, write.state, std::span<entry const>{write.entries});
        if (!staged) return refused(staged.error());
        spare.spare.give(std::move(write.entries));
        stages_.stage(of.id, std::move(write), of.newest_write);
        return true;
    }

    bool refused(std::error_code error) {
        if (error != errc::busy && error != errc::out_of_space) failed_(error);
        return false;
    }

    template <class Group>
    bool stage_waiting(Group& of, raft::effects& spare) {
        auto const found = waiting_.find(of.id);
        if (found == waiting_.end()) return true;
        auto& writes = found->second;
        std::size_t done = 0;
        while (done < writes.size()) {
            std::size_t const bytes = payload_bytes(writes[done]);
            if (!stage(of, writes[done], spare)) break;
            waiting_bytes_ -= bytes;
            ++done;
        }
        bool const all = done == writes.size();
        writes.erase(writes.begin(), writes.begin() + static_cast<std::ptrdiff_t>(done));
        if (all) waiting_.erase(found);
        return all;
    }

    Storage& storage_;
    write_stages& stages_;
    std::move_only_function<void(std::error_code)> failed_;
    std::deque<group_id> without_room_;  ///< whose writes wait, and groups that are gone
    std::unordered_map<group_id, std::vector<raft::write>> waiting_;  ///< in order
    std::size_t waiting_bytes_ = 0;
};

}  // namespace chronik
