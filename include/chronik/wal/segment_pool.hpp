// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/random.hpp>
#include <chronik/wal/metrics.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/prepare_job.hpp>
#include <chronik/wal/recovery.hpp>
#include <chronik/wal/shortage.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace chronik::wal {

/// The life of segments: kept (needed), releasing (named as dead in a record that is not yet durable), free, and then
/// recycled as a spare or removed. A segment is used again only when no reader pins it.
template <directory Directory>
class segment_pool {
public:
    using segment_ptr = typename segment_files<Directory>::segment_ptr;
    using job_type = prepare_job<Directory>;

    /// stored_into   see prepare_job
    segment_pool(options const& limits, recovered<Directory> const& found, std::uint64_t seed,
                 std::optional<touch> stored_into = std::nullopt)
        : limits_(limits),
          stored_into_(stored_into),
          salts_(seed),
          kept_(found.kept),
          free_(found.free),
          last_sequence_(found.last_sequence),
          last_number_(found.last_number) {}

    std::size_t kept_count() const { return kept_.size(); }
    std::size_t free_count() const { return free_.size() + releasing_.size(); }
    /// Of the newest spare that was begun.
    std::uint64_t last_sequence() const { return last_sequence_; }
    void count(metrics& now) const {
        now.segments_kept = kept_count();
        now.segments_free = free_count();
    }

    void keep(segment_ptr added) { kept_.push_back(std::move(added)); }

    std::vector<std::uint64_t> kept_sequences() const {
        std::vector<std::uint64_t> all;
        for (auto const& each : kept_) all.push_back(each->header.sequence);
        return all;
    }

    /// Of those with entries that a log refers to, and of the newest.
    std::vector<std::uint64_t> needed_sequences() const {
        std::vector<std::uint64_t> needed;
        for (auto const& each : kept_) {
            if (each->live > 0 || each == kept_.back()) needed.push_back(each->header.sequence);
        }
        return needed;
    }

    /// Full segments that no entry needs any more; `current` is never one of them.
    std::vector<std::uint64_t> dead_sequences(segment const* current) const {
        std::vector<std::uint64_t> dead;
        for (auto const& each : kept_) {
            // One release record always fits the control reserve; the rest goes with the next flush.
            if (dead.size() == releases_max) break;
            if (each.get() != current && each->live == 0) dead.push_back(each->header.sequence);
        }
        return dead;
    }

    /// The record that names them is staged in flush `number`.
    void release(std::vector<std::uint64_t> const& dead, std::uint64_t number) {
        auto const is_dead = [&](segment_ptr const& each) {
            return std::ranges::find(dead, each->header.sequence) != dead.end();
        };
        for (auto const& each : kept_) {
            if (is_dead(each)) releasing_.push_back({each, number});
        }
        std::erase_if(kept_, is_dead);
    }

    void released_durably(std::uint64_t number) {
        for (auto const& [each, flush] : releasing_) {
            if (flush <= number) free_.push_back(each);
        }
        std::erase_if(releasing_, [=](auto const& each) { return each.flush <= number; });
    }

    std::optional<job_type> begin_prepare(Directory& where, std::size_t spares) {
        if (preparing_) return std::nullopt;
        // A shortage is not over in a moment, and there is no clock here: a number of turns must do.
        if (turns_to_wait_ > 0) { --turns_to_wait_; return std::nullopt; }
        if (spares < limits_.spare_segments) {
            if (auto reusable = take_free([this](segment const& each) { return has_todays_size(each); }))
                return begin(where, job_type::task::recycle, reusable, reusable->name,
                             next_life(reusable->header.update + 1));
            std::size_t const files = kept_.size() + free_count() + spares;
            if (files < limits_.segments_max) {
                auto header = next_life(1);
                if (files == 0) header.bytes = limits_.bytes_of_first_segment();
                return begin(where, job_type::task::create, nullptr, segment_name(++last_number_), header);
            }
            return std::nullopt;
        }
        bool const too_many = free_.size() > limits_.idle_segments_max;
        auto surplus = take_free([&](segment const& each) { return too_many || !has_todays_size(each); });
        if (surplus == nullptr) return std::nullopt;
        return begin(where, job_type::task::remove, surplus, surplus->name, surplus->header);
    }

    /// The new spare, or nothing if the job removed one.
    ///
    /// errors   a shortage: try again later; others are final
    result<segment_ptr> finish_prepare(job_type& job, metrics& counted) {
        CHRONIK_ASSERT(preparing_);
        preparing_ = false;
        auto const& outcome = job.outcome();
        if (!outcome) {
            auto const shortage = shortage_of(outcome.error());
            if (!shortage || job.what() != job_type::task::create) return std::unexpected(outcome.error());
            ++(*shortage == errc::out_of_space ? counted.prepare_failures : counted.no_descriptors);
            turns_to_wait_ = turns_after_shortage;
            return failure(*shortage);
        }
        switch (job.what()) {
            case job_type::task::create: ++counted.segments_created; return *outcome;
            case job_type::task::recycle:
                ++counted.segments_recycled;
                (*outcome)->begin_life(job.header());
                return *outcome;
            case job_type::task::remove: ++counted.segments_removed; break;
        }
        return segment_ptr{};
    }

private:
    static constexpr std::size_t releases_max = 64;
    static constexpr std::size_t turns_after_shortage = 16;
    static_assert(record_bytes(8 * releases_max) * 2 < control_reserve_bytes,
                  "a release fits when entries have filled a segment");

    struct releasing {
        segment_ptr which;
        std::uint64_t flush;
    };

    std::optional<job_type> begin(Directory& where, typename job_type::task what, segment_ptr target, std::string name,
                                  segment_header header) {
        preparing_ = true;
        return job_type{where, what, std::move(target), std::move(name), header, stored_into_};
    }

    segment_header next_life(std::uint64_t update) {
        return {.log_id = limits_.log_id,
                .sequence = ++last_sequence_,
                .salt = salts_(),
                .bytes = limits_.segment_bytes,
                .update = update};
    }

    /// Others are not recycled: the first one of a journal, and those of before the size was changed.
    bool has_todays_size(segment const& of) const { return of.header.bytes == limits_.segment_bytes; }

    /// A free segment that is wanted, and that nobody reads.
    template <class Wanted>
    segment_ptr take_free(Wanted&& wanted) {
        auto const found = std::ranges::find_if(
            free_, [&](segment_ptr const& each) { return !each->pinned() && wanted(*each); });
        if (found == free_.end()) return nullptr;
        auto taken = *found;
        free_.erase(found);
        return taken;
    }

    options limits_;
    std::optional<touch> stored_into_;
    random salts_;
    std::vector<segment_ptr> kept_;  ///< oldest first, the current one last
    std::vector<releasing> releasing_;
    std::vector<segment_ptr> free_;
    std::uint64_t last_sequence_;
    std::uint64_t last_number_;
    std::size_t turns_to_wait_ = 0;
    bool preparing_ = false;
};

}  // namespace chronik::wal
