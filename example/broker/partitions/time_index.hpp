// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <vector>

namespace broker::partitions {

/// Which entry of a partition first reaches a timestamp.
///
/// Only entries that raise the largest timestamp so far are kept: the first entry that reaches t is always one of
/// them, so the list is sorted by both and searched by halves.
class time_index {
public:
    void append(chronik::log_index index, std::int64_t max_timestamp_ms) {
        if (!marks_.empty() && max_timestamp_ms <= marks_.back().timestamp_ms) return;
        marks_.push_back({max_timestamp_ms, index});
    }

    struct mark {
        std::int64_t timestamp_ms;
        chronik::log_index index;
        bool operator==(mark const&) const = default;
    };
    std::vector<mark> const& marks() const { return marks_; }
    /// Nothing is known of entries up to here.
    chronik::log_index forgotten() const { return forgotten_; }

    /// Entries up to `last` are looked for elsewhere.
    void forget_up_to(chronik::log_index last) {
        forgotten_ = std::max(forgotten_, last);
        auto const kept = std::ranges::upper_bound(marks_, last, {}, &mark::index);
        if (kept != marks_.begin()) forgotten_ms_ = std::prev(kept)->timestamp_ms;
        marks_.erase(marks_.begin(), kept);
    }
    /// In another life, up to this time.
    void forgot(std::int64_t timestamp_ms) { forgotten_ms_ = std::max(forgotten_ms_, timestamp_ms); }
    /// An entry that is not newer than this may have come later, and is not known here.
    std::int64_t forgotten_ms() const { return forgotten_ms_; }
    std::size_t size() const { return marks_.size(); }

    /// The first entry with a record that is not older than `timestamp_ms`.
    std::optional<chronik::log_index> first_reaching(std::int64_t timestamp_ms) const {
        auto const found = std::ranges::lower_bound(marks_, timestamp_ms, {}, &mark::timestamp_ms);
        return found == marks_.end() ? std::nullopt : std::optional{found->index};
    }

    /// The first entry with the largest timestamp of all.
    std::optional<chronik::log_index> newest() const {
        return marks_.empty() ? std::nullopt : std::optional{marks_.back().index};
    }

private:
    std::vector<mark> marks_;
    chronik::log_index forgotten_;
    std::int64_t forgotten_ms_ = std::numeric_limits<std::int64_t>::min();
};

}  // namespace broker::partitions
