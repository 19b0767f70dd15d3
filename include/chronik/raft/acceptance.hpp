// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/configuration_format.hpp>
#include <chronik/raft/log.hpp>
#include <chronik/raft/message.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace chronik::raft {

/// What a follower does with an append request of its leader.
///
/// accepted      the log now holds the request's entries; checked is the last index known to agree
/// refused       the entry before is unknown or differs; conflict is where the leader should look next
/// malformed     no correct leader sends this: ignore and count
/// unsafe        it contradicts what is committed: ignore, count, and look for the broken member
/// overloaded    too much is waiting for the disk: ignore, the leader sends again
/// unreadable    the store cannot tell its terms: ignore rather than take it for a conflict
enum class acceptance { accepted, refused, malformed, unsafe, overloaded, unreadable };

/// Messages that were ignored, by reason. Growth of any but the last is worth an alarm.
struct ignored_messages {
    std::uint64_t strangers = 0;   ///< from nobody in the configuration
    std::uint64_t malformed = 0;   ///< from no correct implementation
    std::uint64_t unsafe = 0;      ///< contradict what is committed
    std::uint64_t unreadable = 0;  ///< our store could not tell
    std::uint64_t overloaded = 0;  ///< dropped at options::unstable_bytes_max

    void count(acceptance reason) {
        malformed += reason == acceptance::malformed ? 1U : 0U;
        unsafe += reason == acceptance::unsafe ? 1U : 0U;
        unreadable += reason == acceptance::unreadable ? 1U : 0U;
        overloaded += reason == acceptance::overloaded ? 1U : 0U;
    }
};

/// Of a request that was neither accepted nor refused, nothing but the verdict means anything.
struct append_outcome {
    acceptance verdict = acceptance::malformed;
    log_index checked{};
    log_index conflict_index{};
    log_term conflict_term{};
    std::optional<log_index> truncated{};
    std::optional<log_index> configured{};  ///< the first entry of kind configuration among those appended
};

/// Checks what a receiver can check without its log; after it, index arithmetic cannot overflow.
inline bool is_well_formed(append_request const& request) {
    if (request.prev_index > log_index_max || request.prev_term > request.term) return false;
    if ((request.prev_index == log_index{}) != (request.prev_term == log_term{})) return false;
    log_index index = request.prev_index;
    log_term term = std::max(request.prev_term, log_term{1});
    std::optional<log_offset> offset;
    for (entry const& item : request.entries) {
        if (item.index != index + 1 || item.index > log_index_max) return false;
        if (item.term < term || item.term > request.term) return false;
        if (item.base_offset > log_offset_max || (offset && item.base_offset != *offset)) return false;
        if (item.kind == entry_kind::configuration && !decode_configuration(item.payload.view())) return false;
        index = item.index;
        term = item.term;
        offset = item.next_offset();
    }
    return true;
}

namespace detail {

template <log_view Store>
acceptance refuse(log<Store> const& ours, append_request const& request, append_outcome& found) {
    auto const hint = ours.last_not_above(request.prev_index, request.prev_term);
    if (!hint) return acceptance::unreadable;
    found.checked = request.prev_index;
    found.conflict_index = hint->first;
    found.conflict_term = hint->second;
    return acceptance::refused;
}

/// found   what there is to say beside the verdict
template <log_view Store>
acceptance agree(log<Store>& ours, append_request const& request, std::size_t unstable_bytes_max,
                 append_outcome& found) {
    if (request.prev_index > ours.last_index()) return refuse(ours, request, found);

    // Below the base there is nothing to compare, and no need: compacted entries were committed, and a leader
    // has every committed entry.
    if (request.prev_index >= ours.base_index()) {
        auto const term = ours.term_at(request.prev_index);
        if (!term) return acceptance::unreadable;
        if (*term != request.prev_term) {
            if (request.prev_index <= ours.commit_index()) return acceptance::unsafe;
            return refuse(ours, request, found);
        }
    }

    auto const& items = request.entries;
    std::size_t known = 0;
    while (known < items.size() && items[known].index <= ours.last_index()) {
        if (items[known].index > ours.base_index()) {
            auto const term = ours.term_at(items[known].index);
            if (!term) return acceptance::unreadable;
            if (*term != items[known].term) break;
        }
        ++known;
    }
    found.checked = std::max(request.prev_index + items.size(), ours.base_index());
    if (known == items.size()) return acceptance::accepted;

    log_index const first = items[known].index;
    if (first <= ours.commit_index()) return acceptance::unsafe;
    auto const offset = ours.offset_after(first - 1);
    auto const term_before = ours.term_at(first - 1);
    if (!offset || !term_before) return acceptance::unreadable;
    if (*offset != items[known].base_offset || *term_before > items[known].term) return acceptance::malformed;
    if (ours.unstable_bytes() >= unstable_bytes_max) return acceptance::overloaded;

    if (first <= ours.last_index()) {
        found.truncated = first;
        ours.truncate_from(first);
    }
    auto const fresh = items.slice(known, items.size() - known);
    auto const configures = std::ranges::find(fresh, entry_kind::configuration, &entry::kind);
    if (configures != fresh.end()) found.configured = configures->index;
    ours.append(fresh);
    return acceptance::accepted;
}

}  // namespace detail

/// Brings the log into agreement with a request of the current leader, as far as the request reaches.
///
/// Truncates only where an entry of the request has another term than ours at the same index: a request that
/// is short, late or repeated never costs an entry.
///
/// request   is_well_formed(); the log holds its entries as they are
/// source   Raft paper (extended) section 5.3, figure 2 "AppendEntries RPC" steps 2 to 4
template <log_view Store>
append_outcome accept(log<Store>& ours, append_request const& request, std::size_t unstable_bytes_max) {
    // Made where it is returned to: there is one for each message.
    append_outcome outcome;
    outcome.verdict = detail::agree(ours, request, unstable_bytes_max, outcome);
    return outcome;
}

}  // namespace chronik::raft
