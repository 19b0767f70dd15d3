// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cleaning/key_map.hpp>
#include <composition.hpp>
#include <partitions/cleanup.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace broker::cleaning {

using run_ptr = chronik::wal::group_log::settled_ptr;

/// What is to be cleaned, and how.
///
/// runs                 neighbours, oldest first; what no cleaning has looked at is at the end
/// newest_of_producer   where the last batch of each producer stands: its header stays
struct cleaning_order {
    chronik::group_id group;
    std::vector<run_ptr> runs;
    partitions::cleanup limits;
    std::int64_t now_ms = 0;
    std::size_t memory_max = 0;
    std::size_t payload_bytes_max = 0;
    std::unordered_map<std::int64_t, chronik::log_index> newest_of_producer;
};

/// The cleaning of one partition: first the keys of what is dirty are read, then every run up to there is written
/// anew without the records that they supersede.
///
///     while (cleaning.next_stage(journal)) {            // on the journal's thread
///         while (!*cleaning.step(1 << 20)) {}           // elsewhere: reads and writes files
///     }
/// threads   next_stage() on the journal's, step() on any; never both at once
class partition_cleaning {
public:
    explicit partition_cleaning(cleaning_order order);

    chronik::group_id group() const { return order_.group; }

    /// Takes over what the last stage has made, and begins the next. False when all is done.
    bool next_stage(journal& storage);
    /// Goes on until `bytes` have been read. returns   true at the end of the stage
    ///
    /// errors   errc::corrupt_record: what was settled has changed; errc::too_large: one batch has more keys than the
    ///          memory holds; the directory's
    chronik::result<bool> step(std::uint64_t bytes);
    /// After an error, or when there is nobody left to finish for: what was begun is removed.
    void abandon();

    /// Read since the beginning, both passes.
    std::uint64_t bytes_read() const { return bytes_read_; }
    std::uint64_t bytes_before() const { return bytes_before_; }
    std::uint64_t bytes_after() const { return bytes_after_; }
    /// Batches that nobody can decompress: they stay as they are.
    std::uint64_t unreadable() const { return unreadable_; }

private:
    chronik::result<bool> read_keys(std::uint64_t bytes);
    /// False if there is no room for all of its keys.
    bool read_keys(chronik::entry const& item);
    journal::clean_job::rewritten rewrite(chronik::entry const& item);
    bool must_be_seen(chronik::entry const& item) const;
    std::vector<run_ptr> next_group();

    cleaning_order order_;
    std::optional<key_map> keys_;
    chronik::log_index next_;        ///< whose keys are read next
    std::size_t at_ = 0;             ///< the run that has it
    chronik::log_index cleaned_to_;  ///< whose keys are in the map, and all before
    chronik::log_index begun_after_;
    std::size_t begun_ = 0;          ///< runs that were given to a job
    std::optional<journal::clean_job> job_;
    std::uint64_t bytes_read_ = 0;
    std::uint64_t bytes_before_ = 0;
    std::uint64_t bytes_after_ = 0;
    std::uint64_t unreadable_ = 0;
};

}  // namespace broker::cleaning
