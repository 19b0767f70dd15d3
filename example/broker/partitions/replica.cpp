// SPDX-License-Identifier: Apache-2.0
#include <partitions/replica.hpp>

#include <algorithm>

namespace broker::partitions {

using chronik::errc;
using chronik::failure;
using chronik::log_index;
using chronik::log_offset;
using chronik::log_term;
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
        if (!is_batch(*found)) continue;  // commands of the partition are not for readers
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

replica::epoch_end replica::end_of_epoch(std::int32_t epoch) const {
    if (epoch < 0 || epoch > leader_epoch()) return {};
    if (epoch == leader_epoch()) return {epoch, static_cast<std::int64_t>(high_watermark().value)};
    log_term const wanted{static_cast<std::uint64_t>(epoch)};
    // Terms never fall, so the first entry of a later one is found by halves.
    log_index low = group_->log.base_index();
    log_index high = applied() + 1;
    while (low < high) {
        log_index const middle = low + (high - low) / 2;
        auto const term = core().term_at(middle);
        if (term && *term <= wanted) low = middle + 1;
        else high = middle;
    }
    // A leader that serves has applied an entry of its own term, which is later than any that is looked for here.
    if (low > applied()) return {};
    // Older than all that is left: it ended where the log begins, at the latest.
    if (low == group_->log.base_index()) return {epoch, static_cast<std::int64_t>(log_start().value)};
    auto const next = core().entry_at(low);
    auto const before = core().term_at(low - 1);
    if (!next || !before) return {};
    return {static_cast<std::int32_t>(before->value), static_cast<std::int64_t>(next->base_offset.value)};
}

result<std::optional<replica::timed_offset>> replica::find_time(std::int64_t timestamp_ms) const {
    auto const settled = group_->log.first_settled_reaching(timestamp_ms);
    if (!settled) return std::unexpected(settled.error());
    if (*settled && **settled <= group_->applied) return find_from(**settled, timestamp_ms);
    // What came after something newer that is gone was never marked: it is looked for one by one.
    if (timestamp_ms <= state().times().forgotten_ms()) return find_from(group_->log.floor().index + 1, timestamp_ms);
    auto const index = state().times().first_reaching(timestamp_ms);
    if (!index) return std::optional<timed_offset>{};
    return find_from(*index, timestamp_ms);
}

result<std::optional<replica::timed_offset>> replica::find_newest() const {
    auto const first = first_left();
    if (!first) return std::unexpected(first.error());
    auto const newest = newest_left(*first);
    if (!newest) return std::unexpected(newest.error());
    if (*newest == chronik::wal::no_timestamp) return std::optional<timed_offset>{};
    return find_time(*newest);
}

/// The largest timestamp of what is left; a walk over it only when the largest of all may have been deleted.
result<std::int64_t> replica::newest_left(log_index first) const {
    std::int64_t newest = chronik::wal::no_timestamp;
    bool const deleted = state().deleted_before() > group_->log.base_offset();
    bool certain = true;
    for (auto const& run : group_->log.settled()) {
        newest = std::max(newest, run->newest_ms());
        certain = certain && !(deleted && run->first_index() < first);
    }
    if (auto const index = state().times().newest(); index && *index >= first) {
        auto const found = core().entry_at(*index);
        if (!found) return std::unexpected(found.error());
        newest = std::max(newest, timestamp_of(found->kind, found->payload.view()));
    } else if (index) {
        certain = false;
    }
    if (certain && newest >= state().times().forgotten_ms()) return newest;
    newest = chronik::wal::no_timestamp;
    for (log_index at = first; at <= group_->applied; ++at) {
        auto const found = core().entry_at(at);
        if (!found) return std::unexpected(found.error());
        if (is_batch(*found)) newest = std::max(newest, timestamp_of(found->kind, found->payload.view()));
    }
    return newest;
}

log_index replica::first_retained(chronik::time_point now, std::int64_t now_ms) const {
    auto first = partitions::first_retained(group_->log, retention, now_ms);
    bool const deleted = state().deleted_before() > group_->log.base_offset();
    if (auto const left = first_left(); deleted && left) first = std::max(first, *left);
    first = std::min(first, group_->applied + 1);
    for (auto const& peer : core().peers(now)) first = std::min(first, peer.match + 1);
    return std::max(first, group_->log.first_index());
}

/// The entry with the record where readers begin; without such a record, the one behind the last applied.
result<log_index> replica::first_left() const {
    if (log_start() >= high_watermark()) return group_->applied + 1;
    return index_of(log_start());
}

/// The first record at or behind `index`, and where readers may go, that is not older.
result<std::optional<replica::timed_offset>> replica::find_from(log_index index, std::int64_t timestamp_ms) const {
    auto const first = first_left();
    if (!first) return std::unexpected(first.error());
    for (log_index at = std::max(index, *first); at <= group_->applied; ++at) {
        auto const found = core().entry_at(at);
        if (!found) return std::unexpected(found.error());
        if (!is_batch(*found) || timestamp_of(found->kind, found->payload.view()) < timestamp_ms) continue;
        auto const batch = wire::batch_view::parse(found->payload.view());
        if (!batch) return std::unexpected(batch.error());
        auto const record = wire::find_timestamp(*batch, static_cast<std::int64_t>(found->base_offset.value),
                                                 timestamp_ms, static_cast<std::int64_t>(log_start().value));
        if (!record) return std::unexpected(record.error());
        if (*record) {
            return std::optional{timed_offset{log_offset{static_cast<std::uint64_t>((*record)->offset)},
                                              (*record)->timestamp, static_cast<std::int32_t>(found->term.value)}};
        }
    }
    return std::optional<timed_offset>{};
}

}  // namespace broker::partitions
