// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/raft/hard_state.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace chronik::archetypes {

/// The smallest log that models raft::log_view: entries in a vector.
class memory_log {
public:
    log_index base_index() const { return {}; }
    log_term base_term() const { return {}; }
    log_offset base_offset() const { return {}; }
    log_index first_index() const { return log_index{1}; }
    log_index last_index() const { return log_index{entries_.size()}; }
    raft::hard_state hard_state() const { return state_; }

    result<log_term> term_at(log_index at) const {
        if (at == log_index{}) return log_term{};
        auto const found = read(at);
        if (!found) return std::unexpected(found.error());
        return found->term;
    }
    result<entry> read(log_index at) const {
        if (at < first_index()) return failure(errc::compacted);
        if (at > last_index()) return failure(errc::out_of_range);
        return entries_[at.value - 1];
    }

    void write(std::optional<raft::hard_state> const& state, std::vector<entry> const& entries) {
        if (state) state_ = *state;
        if (entries.empty()) return;
        CHRONIK_ASSERT(entries.front().index <= last_index() + 1);
        entries_.resize(entries.front().index.value - 1);
        entries_.insert(entries_.end(), entries.begin(), entries.end());
    }

private:
    raft::hard_state state_;
    std::vector<entry> entries_;
};

/// The smallest model of chronik::group_storage: what is staged becomes visible when its flush has finished.
class group_storage {
public:
    struct staged {
        group_id group;
        std::optional<raft::hard_state> state;
        std::vector<entry> entries;
    };
    struct flush_job {
        std::vector<staged> writes;
        std::error_code error;
        void run() {}
    };
    struct prepare_job {
        void run() {}
    };

    memory_log* find(group_id group) {
        auto const found = logs_.find(group);
        return found == logs_.end() ? nullptr : found->second.get();
    }
    memory_log& create_group(group_id group) { return *(logs_[group] = std::make_unique<memory_log>()); }
    void remove_group(group_id group) { logs_.erase(group); }

    result<void> stage(group_id group, std::optional<raft::hard_state> state, std::span<entry const> entries) {
        if (refuse_staging) return failure(*refuse_staging);
        std::size_t bytes = 0;
        for (entry const& each : entries) bytes += each.payload.size();
        largest_write = std::max(largest_write, bytes);
        staged_.push_back({group, state, {entries.begin(), entries.end()}});
        return {};
    }
    std::optional<flush_job> begin_flush() {
        if (staged_.empty()) return std::nullopt;
        return flush_job{std::exchange(staged_, {}), {}};
    }
    result<void> finish_flush(flush_job&& job) {
        if (fail_flushes) return failure(errc::storage_failed);
        ++flushes;
        for (auto const& write : job.writes) {
            if (memory_log* const log = find(write.group)) log->write(write.state, write.entries);
        }
        return {};
    }
    std::optional<prepare_job> begin_prepare() { return std::nullopt; }
    result<void> finish_prepare(prepare_job&&) { return {}; }
    bool can_create_group() const { return true; }
    std::size_t payload_bytes_max() const { return 65536; }

    std::size_t flushes = 0;
    std::size_t largest_write = 0;  ///< bytes of payloads
    bool fail_flushes = false;
    std::optional<errc> refuse_staging;

private:
    std::map<group_id, std::unique_ptr<memory_log>> logs_;
    std::vector<staged> staged_;
};

}  // namespace chronik::archetypes
