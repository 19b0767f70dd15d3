// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "group_storage.hpp"

#include <chronik/node/concepts.hpp>

namespace chronik::archetypes {

/// The smallest chronik::compactable_storage: it may keep what nobody needs, and has no logs to replace.
struct compactable_storage : group_storage {
    result<void> compact(group_id, log_index) { return {}; }
    result<void> replace_log(group_id, log_index, log_term, log_offset) { return failure(errc::out_of_space); }
};

/// The smallest chronik::doubting_storage: it was never damaged.
struct doubting_storage : group_storage {
    struct log : memory_log {
        doubt_token doubt() const { return no_doubt; }
    };
    log* find(group_id group) { return static_cast<log*>(group_storage::find(group)); }
    void end_doubt(group_id) {}
};

/// The smallest chronik::snapshot_store: it has no room for any.
class snapshot_store {
public:
    struct whole {
        struct position {
            log_index index;
            log_term term;
            log_offset next_offset;
        };
        position base;
        shared_bytes about;
        shared_bytes content;
    };
    struct job_type {
        void run() {}
        bool finished() const { return true; }
    };

    job_type begin_save(group_id, log_index, log_term, log_offset, shared_bytes, state_source) { return {}; }
    job_type begin_gather(group_id, log_index, log_term, log_offset, shared_bytes, std::uint64_t, std::uint32_t,
                          std::uint64_t, shared_bytes) {
        return {};
    }
    std::optional<job_type> begin_discard(group_id, log_index) { return std::nullopt; }
    result<std::optional<whole>> finish(job_type const&) { return failure(errc::out_of_space); }
};

}  // namespace chronik::archetypes
