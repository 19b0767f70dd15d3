// SPDX-License-Identifier: Apache-2.0
#include <partitions/replica.hpp>

#include <algorithm>
#include <utility>

namespace broker::partitions {

using chronik::errc;
using chronik::failure;
using chronik::log_index;
using chronik::log_offset;
using chronik::log_term;
using chronik::result;

/// Batches for one answer, as long as they fit.
class replica::gathering {
public:
    gathering(log_offset from, std::size_t bytes_max, bool first_always)
        : bytes_max_(bytes_max), first_always_(first_always) {
        read.next = from;
    }

    bool has_room(std::size_t bytes) const {
        return bytes <= bytes_left() || (read.batches.empty() && first_always_);
    }
    std::size_t bytes_left() const { return bytes_max_ - std::min(bytes_max_, taken_); }
    /// As much was looked through as was asked for. Who has had just that brought into memory has nothing behind it.
    bool is_full() const { return passed_ >= bytes_max_ && !read.batches.empty(); }
    /// False if it has no room. Commands of the partition are not for readers, and take none.
    bool take(chronik::entry const& each) {
        passed_ += each.payload.size();
        if (!is_batch(each)) return true;
        if (!has_room(each.payload.size())) return false;
        taken_ += each.payload.size();
        read.next = each.next_offset();
        read.batches.add(each.payload);
        return true;
    }

    batches_read read;

private:
    std::size_t bytes_max_;
    bool first_always_;
    std::size_t taken_ = 0;
    std::size_t passed_ = 0;  ///< of payloads, commands included
};

result<replica::batches_read> replica::read(log_offset from, std::size_t bytes_max, bool first_always,
                                            may_look const& ready) const {
    if (from < log_start() || from > high_watermark()) return failure(errc::out_of_range);
    gathering found{from, bytes_max, first_always};
    if (from == high_watermark()) return std::move(found.read);
    auto const goes_on = read_settled(from, ready, found);
    if (!goes_on) return std::unexpected(goes_on.error());
    if (*goes_on) {
        if (auto const done = read_journal(from, found); !done) return std::unexpected(done.error());
    }
    return std::move(found.read);
}

/// returns   true if all that is settled was read, and there is room for more
result<bool> replica::read_settled(log_offset from, may_look const& ready, gathering& into) const {
    auto const runs = group_->log.settled_from(from);
    chronik::wal::settled_reader<may_look const&> reader{runs, from, ready};
    // The payloads of one run are one range of its file.
    chronik::wal::settled_segment const* run = nullptr;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool goes_on = true;
    while (goes_on) {
        auto const row = reader.next(into.bytes_left());
        bool const not_ready = !row && row.error() == errc::busy && !into.read.batches.empty();
        if (!row && !not_ready) return std::unexpected(row.error());
        if (row && !*row) break;
        goes_on = row && (*row)->index <= group_->applied && into.has_room((*row)->length);
        if (!goes_on) break;
        auto const found = reader.read(**row);
        if (!found) return std::unexpected(found.error());
        goes_on = into.take(*found) && !into.is_full();
        if (&reader.run() != run) begin = (*row)->position;
        run = &reader.run();
        end = (*row)->position + (*row)->length;
    }
    if (run != nullptr) {
        std::uint64_t const before = std::min(begin, end - begin);
        into.read.settled = true;
        into.read.passed = run->data().slice(begin - before, before);
        into.read.coming = run->data().slice(end, run->data_bytes() - end);
    }
    return goes_on;
}

result<void> replica::read_journal(log_offset from, gathering& into) const {
    log_index at = group_->log.floor().index + 1;
    if (from >= group_->log.floor().next_offset) {
        auto const first = index_of(from);
        if (!first) return std::unexpected(first.error());
        at = *first;
    }
    for (; at <= group_->applied; ++at) {
        auto const found = core().entry_at(at);
        if (!found) return std::unexpected(found.error());
        if (!into.take(*found)) break;
    }
    return {};
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
    log_offset const record = at - 1;
    auto const& log = group_->log;
    // Where a consumer begins is asked for often, and is settled: no file is touched for it.
    if (record >= log.base_offset() && record < log.floor().next_offset)
        return static_cast<std::int32_t>(log.settled_term_of(record).value);
    auto const index = index_of(record);
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
    auto const next = offset_at(low);
    auto const before = core().term_at(low - 1);
    if (!next || !before) return {};
    return {static_cast<std::int32_t>(before->value), static_cast<std::int64_t>(next->value)};
}

/// Where a term begins, no settled file is touched for it.
result<log_offset> replica::offset_at(log_index index) const {
    if (index > group_->log.base_index() && index <= group_->log.floor().index)
        return group_->log.settled_offset_at(index);
    auto const found = core().entry_at(index);
    if (!found) return std::unexpected(found.error());
    return found->base_offset;
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
    // Who is away goes on where the log begins by then: a node that stays away must not fill the others' disks.
    for (auto const& peer : core().peers(now)) {
        if (peer.recently_active) first = std::min(first, peer.match + 1);
    }
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
