// SPDX-License-Identifier: Apache-2.0
#include <partitions/replica.hpp>

#include <algorithm>

namespace broker::partitions {

using chronik::errc;
using chronik::failure;
using chronik::log_index;
using chronik::log_offset;
using chronik::result;

result<chronik::schema::shared_chain> replica::read(log_offset from, std::size_t bytes_max, bool first_always) const {
    if (from < log_start() || from > high_watermark()) return failure(errc::out_of_range);
    chronik::schema::shared_chain batches;
    if (from == high_watermark()) return batches;
    auto const first_index = index_of(from);
    if (!first_index) return std::unexpected(first_index.error());
    std::size_t taken = 0;
    auto const& stored = group_->log;
    for (auto at = stored.next_with_payload(*first_index); at <= group_->applied;
         at = stored.next_with_payload(at + 1)) {
        auto const found = core().entry_at(at);
        if (!found) return std::unexpected(found.error());
        if (found->kind != chronik::entry_kind::command) continue;
        std::size_t const size = found->payload.size();
        bool const first = batches.empty();
        if (taken + size > bytes_max && !(first && first_always)) break;
        taken += size;
        batches.add(found->payload);
    }
    return batches;
}

/// The store knows what was staged; what waits for room in it is committed by others at the earliest, and is looked
/// through one by one.
result<log_index> replica::index_of(log_offset offset) const {
    auto const stored = group_->log.index_of_offset(offset);
    if (stored || stored.error() != errc::out_of_range) return stored;
    for (log_index at = group_->log.last_index() + 1; at <= core().last_index(); ++at) {
        auto const found = core().entry_at(at);
        if (!found) return std::unexpected(found.error());
        if (found->next_offset() > offset) return at;
    }
    return failure(errc::out_of_range);
}

std::int32_t replica::epoch_before(log_offset at) const {
    if (at == log_offset{}) return -1;
    auto const index = index_of(at - 1);
    if (!index) return -1;
    auto const term = core().term_at(*index);
    return term ? static_cast<std::int32_t>(term->value) : -1;
}

result<std::optional<replica::timed_offset>> replica::find_time(std::int64_t timestamp_ms) const {
    auto const settled = group_->log.first_settled_reaching(timestamp_ms);
    if (!settled) return std::unexpected(settled.error());
    if (*settled && **settled <= group_->applied) return find_in(**settled, timestamp_ms);
    auto const index = state().times().first_reaching(timestamp_ms);
    if (!index) return std::optional<timed_offset>{};
    return find_in(*index, timestamp_ms);
}

result<std::optional<replica::timed_offset>> replica::find_newest() const {
    std::int64_t newest_settled = chronik::wal::no_timestamp;
    for (auto const& run : group_->log.settled()) newest_settled = std::max(newest_settled, run->newest_ms());
    if (auto const index = state().times().newest()) {
        auto const found = core().entry_at(*index);
        if (!found) return std::unexpected(found.error());
        auto const batch = wire::batch_view::parse(found->payload.view());
        if (!batch) return std::unexpected(batch.error());
        if (batch->max_timestamp() > newest_settled) return find_in(*index, batch->max_timestamp());
    }
    if (newest_settled == chronik::wal::no_timestamp) return std::optional<timed_offset>{};
    return find_time(newest_settled);
}

log_index replica::first_retained(chronik::time_point now, std::int64_t now_ms) const {
    auto first = partitions::first_retained(group_->log, retention, now_ms);
    first = std::min(first, group_->applied + 1);
    for (auto const& peer : core().peers(now)) first = std::min(first, peer.match + 1);
    return std::max(first, group_->log.first_index());
}

result<std::optional<replica::timed_offset>> replica::find_in(log_index index, std::int64_t timestamp_ms) const {
    auto const found = core().entry_at(index);
    if (!found) return std::unexpected(found.error());
    auto const batch = wire::batch_view::parse(found->payload.view());
    if (!batch) return std::unexpected(batch.error());
    auto const record = wire::find_timestamp(*batch, static_cast<std::int64_t>(found->base_offset.value), timestamp_ms);
    if (!record) return std::unexpected(record.error());
    if (!*record) return std::optional<timed_offset>{};
    return std::optional{timed_offset{log_offset{static_cast<std::uint64_t>((*record)->offset)}, (*record)->timestamp,
                                      static_cast<std::int32_t>(found->term.value)}};
}

}  // namespace broker::partitions
