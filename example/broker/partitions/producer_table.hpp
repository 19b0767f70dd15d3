// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>

namespace broker::partitions {

/// One batch of an idempotent producer, as its header says.
struct producer_batch {
    std::int64_t producer_id = -1;
    std::int16_t producer_epoch = -1;
    std::int32_t first_sequence = -1;
    std::int32_t last_sequence = -1;
};

/// What the sequence numbers of a batch mean for the partition.
enum class sequence_verdict : std::uint8_t {
    append,           ///< the next one, or the producer's first here
    duplicate,        ///< appended before: answer with the offset it got then
    out_of_order,     ///< a batch before it is missing
    early,            ///< a batch before it is missing that may come again, and this one behind it
    fenced,           ///< from an older epoch of the same producer
};

/// Where a batch stands in the log.
struct batch_place {
    chronik::log_index index;
    chronik::log_offset base_offset;
};

struct sequence_check {
    sequence_verdict verdict = sequence_verdict::append;
    batch_place earlier;  ///< of a duplicate
};

/// The last batches of every idempotent producer of one partition, so that a retried batch is appended once.
///
/// Five batches are remembered for each producer, because that is how many a client keeps in flight; the producer
/// heard from longest ago is forgotten at the limit, which every replica does at the same entry.
/// source   KIP-98, KIP-360
class producer_table {
public:
    static constexpr std::size_t batches_kept = 5;
    static constexpr std::size_t producers_max = 50'000;

    sequence_check check(producer_batch const& batch) const {
        auto const found = producers_.find(batch.producer_id);
        if (found == producers_.end()) return {};
        auto const& known = found->second.state;
        if (batch.producer_epoch < known.epoch) return {sequence_verdict::fenced, {}};
        if (batch.producer_epoch > known.epoch) {
            return {batch.first_sequence == 0 ? sequence_verdict::append : sequence_verdict::out_of_order, {}};
        }
        for (auto const& earlier : known.batches) {
            if (earlier.first == batch.first_sequence && earlier.last == batch.last_sequence) {
                return {sequence_verdict::duplicate, earlier.place};
            }
        }
        bool const next = batch.first_sequence == following(known.newest().last);
        return {next ? sequence_verdict::append : sequence_verdict::out_of_order, {}};
    }

    /// Remembers a batch that was appended at `place`. Batches without a producer are not remembered.
    void append(producer_batch const& batch, batch_place place) {
        if (batch.producer_id < 0) return;
        auto found = producers_.find(batch.producer_id);
        if (found == producers_.end()) {
            if (producers_.size() >= producers_max) forget_oldest();
            order_.push_back(batch.producer_id);
            found = producers_.emplace(batch.producer_id, slot{{}, std::prev(order_.end())}).first;
        } else {
            order_.splice(order_.end(), order_, found->second.place);
        }
        producer& known = found->second.state;
        if (known.epoch != batch.producer_epoch)
            known = producer{.epoch = batch.producer_epoch, .batches = {}, .count = 0};
        known.batches[known.count % batches_kept] = {batch.first_sequence, batch.last_sequence, place};
        ++known.count;
    }

    /// Where the newest batch of a producer stands; nothing: it is not known, or forgotten.
    std::optional<batch_place> newest(std::int64_t producer_id) const {
        auto const found = producers_.find(producer_id);
        return found == producers_.end() ? std::nullopt : std::optional{found->second.state.newest().place};
    }

    std::size_t size() const { return producers_.size(); }

    struct remembered {
        std::int32_t first = -1;
        std::int32_t last = -1;
        batch_place place;
    };
    /// Calls visit(producer id, epoch, remembered batch) for every one, longest silent producer first, oldest batch
    /// first: given to append() in this order they make an equal table.
    template <class Visit>
    void for_each_batch(Visit&& visit) const {
        for (auto const id : order_) {
            auto const& known = producers_.at(id).state;
            for (std::uint64_t nth = known.count - std::min<std::uint64_t>(known.count, batches_kept);
                 nth < known.count; ++nth)
                visit(id, known.epoch, known.batches[nth % batches_kept]);
        }
    }

    /// Calls visit(producer id, place of its newest batch), longest silent first.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (auto const id : order_) visit(id, producers_.at(id).state.newest().place);
    }

    producer_table() = default;
    producer_table(producer_table&&) = default;
    producer_table& operator=(producer_table&&) = default;

    /// A copy has its own order list, so the places have to be made anew.
    producer_table(producer_table const& other) { *this = other; }
    producer_table& operator=(producer_table const& other) {
        if (this == &other) return *this;
        producers_.clear();
        order_.clear();
        for (auto const id : other.order_) {
            order_.push_back(id);
            producers_.emplace(id, slot{other.producers_.at(id).state, std::prev(order_.end())});
        }
        return *this;
    }

private:
    struct producer {
        std::int16_t epoch = -1;
        std::array<remembered, batches_kept> batches{};
        std::uint64_t count = 0;

        remembered const& newest() const { return batches[(count - 1) % batches_kept]; }
    };
    struct slot {
        producer state;
        std::list<std::int64_t>::iterator place;
    };

    /// Sequences run from 0 to 2^31 - 1 and start again.
    static std::int32_t following(std::int32_t sequence) { return sequence == INT32_MAX ? 0 : sequence + 1; }

    void forget_oldest() {
        producers_.erase(order_.front());
        order_.pop_front();
    }

    std::unordered_map<std::int64_t, slot> producers_;
    std::list<std::int64_t> order_;  ///< heard from longest ago first
};

}  // namespace broker::partitions
