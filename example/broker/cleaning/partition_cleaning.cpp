// SPDX-License-Identifier: Apache-2.0
#include <cleaning/partition_cleaning.hpp>

#include <wire/clean_batch.hpp>

#include <algorithm>

namespace broker::cleaning {

using chronik::errc;
using chronik::log_index;
using chronik::result;

partition_cleaning::partition_cleaning(cleaning_order order) : order_(std::move(order)) {
    CHRONIK_ASSERT(!order_.runs.empty());
    while (at_ + 1 < order_.runs.size() && order_.runs[at_]->dirty_bytes() == 0) ++at_;
    next_ = order_.runs[at_]->first_dirty();
    begun_after_ = cleaned_to_ = next_ - 1;
}

bool partition_cleaning::next_stage(journal& storage) {
    if (!keys_) {
        auto const first = order_.runs[at_]->before().next_offset;
        keys_.emplace(order_.memory_max, order_.runs.back()->end().next_offset - first);
        return true;
    }
    if (job_) {
        auto const& made = *job_->made();
        for (auto const& each : job_->sources()) bytes_before_ += each->data_bytes();
        bytes_after_ += made.data_bytes();
        bool const taken = storage.finish_cleaning(*job_);
        job_.reset();
        // The log has lost what the rest of this would be about.
        if (!taken) return false;
    }
    auto runs = next_group();
    if (runs.empty()) return false;
    job_.emplace(storage.begin_cleaning(std::move(runs)));
    return true;
}

/// Neighbours that together are no larger than one run may be; up to the last one that has something cleaned.
std::vector<run_ptr> partition_cleaning::next_group() {
    std::vector<run_ptr> group;
    std::uint64_t bytes = 0;
    while (begun_ < order_.runs.size() && order_.runs[begun_]->first_index() <= cleaned_to_) {
        auto const& next = order_.runs[begun_];
        bytes += next->data_bytes();
        if (!group.empty() && bytes > order_.limits.run_bytes_max) break;
        group.push_back(next);
        ++begun_;
    }
    return group;
}

result<bool> partition_cleaning::step(std::uint64_t bytes) {
    if (!job_) return read_keys(bytes);
    auto const& sources = job_->sources();
    auto done = job_->step(bytes, [this](chronik::entry const& item) { return rewrite(item); });
    bytes_read_ += bytes;
    if (!done || !*done) return done;
    if (auto finished = job_->finish(std::min(cleaned_to_, sources.back()->last_index())); !finished)
        return std::unexpected(finished.error());
    return true;
}

result<bool> partition_cleaning::read_keys(std::uint64_t bytes) {
    std::uint64_t read = 0;
    while (read < bytes) {
        while (next_ > order_.runs[at_]->last_index()) {
            if (++at_ == order_.runs.size()) return true;
        }
        auto const row = order_.runs[at_]->row_with(next_);
        if (!row) return std::unexpected(row.error());
        if (!row->is_marker()) {
            auto const item = order_.runs[at_]->read(*row);
            if (!item) return std::unexpected(item.error());
            if (!read_keys(*item))
                return cleaned_to_ > begun_after_ ? result<bool>{true} : chronik::failure(errc::too_large);
        }
        read += chronik::wal::settled_row_bytes + row->length;
        bytes_read_ += chronik::wal::settled_row_bytes + row->length;
        cleaned_to_ = row->last_index();
        next_ = cleaned_to_ + 1;
    }
    return false;
}

bool partition_cleaning::read_keys(chronik::entry const& item) {
    if (!partitions::is_batch(item)) return true;
    auto const batch = wire::batch_view::parse(item.payload.view());
    auto const plain = batch ? wire::decompressed(*batch) : chronik::failure(errc::malformed);
    if (!plain) {
        ++unreadable_;
        return true;
    }
    auto const base = static_cast<std::int64_t>(item.base_offset.value);
    wire::record_cursor cursor{plain->bytes, batch->record_count()};
    while (auto const record = cursor.next()) {
        if (record->key && !keys_->put(*record->key, base + record->offset_delta)) return false;
    }
    return true;
}

journal::clean_job::rewritten partition_cleaning::rewrite(chronik::entry const& item) {
    auto const batch = wire::batch_view::parse(item.payload.view());
    if (!batch) return std::optional{item.payload};
    wire::cleaning_rule const rule{.superseded =
                                       [this](std::span<std::byte const> key, std::int64_t offset) {
                                           auto const newest = keys_->find(key);
                                           return newest && *newest > offset;
                                       },
                                   .now_ms = order_.now_ms,
                                   .tombstones_ms = order_.limits.tombstones_ms,
                                   .bytes_max = order_.payload_bytes_max};
    if (batch->record_count() == 0) return must_be_seen(item) ? std::optional{item.payload} : std::nullopt;
    auto cleaned = wire::clean(*batch, static_cast<std::int64_t>(item.base_offset.value), rule);
    // What cannot be read is not known to be superseded.
    if (!cleaned) return std::optional{item.payload};
    switch (cleaned->left) {
        case wire::cleaned_batch::extent::whole: break;
        case wire::cleaned_batch::extent::part: return std::optional{chronik::shared_bytes{std::move(cleaned->bytes)}};
        case wire::cleaned_batch::extent::nothing:
            if (!must_be_seen(item)) return std::nullopt;
            return std::optional{chronik::shared_bytes{wire::without_records(*batch)}};
    }
    return std::optional{item.payload};
}

/// Without its last batch a producer would be unknown, and without the end of the log a reader would wait for it.
bool partition_cleaning::must_be_seen(chronik::entry const& item) const {
    if (item.next_offset() == order_.runs.back()->end().next_offset) return true;
    auto const batch = wire::batch_view::parse(item.payload.view());
    if (!batch || !batch->has_producer()) return false;
    auto const newest = order_.newest_of_producer.find(batch->producer_id());
    return newest != order_.newest_of_producer.end() && newest->second == item.index;
}

void partition_cleaning::abandon() {
    if (job_) job_->abandon();
    job_.reset();
}

}  // namespace broker::cleaning
