// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <partitions/machine.hpp>

#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/schema/field.hpp>
#include <chronik/wal/table.hpp>

#include <boost/hana/tuple.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

/// What partitions have built up, as bytes: so that a start need not read their logs again. It is only ever a saving: a
/// start without it, or with some of it, comes to the same state. Bytes: docs/formats/partition_states.md.
namespace broker::partitions {

inline constexpr std::uint8_t saved_state_version = 1;
inline constexpr std::size_t saved_header_bytes = 32;
/// Partitions with more state than this in all are not saved, the largest numbers of producers first.
inline constexpr std::size_t saved_bytes_max = std::size_t{64} << 20;

struct saved_batch {
    std::int64_t producer_id = -1;
    std::int16_t producer_epoch = -1;
    std::int32_t first_sequence = -1;
    std::int32_t last_sequence = -1;
    chronik::log_index index;
    chronik::log_offset base_offset;

    static constexpr auto schema = boost::hana::make_tuple(
        chronik::schema::field<"producer_id", &saved_batch::producer_id>{},
        chronik::schema::field<"producer_epoch", &saved_batch::producer_epoch>{},
        chronik::schema::field<"first_sequence", &saved_batch::first_sequence>{},
        chronik::schema::field<"last_sequence", &saved_batch::last_sequence>{},
        chronik::schema::field<"index", &saved_batch::index>{},
        chronik::schema::field<"base_offset", &saved_batch::base_offset>{});
    bool operator==(saved_batch const&) const = default;
};

struct saved_time {
    std::int64_t timestamp_ms = 0;
    chronik::log_index index;

    static constexpr auto schema =
        boost::hana::make_tuple(chronik::schema::field<"timestamp_ms", &saved_time::timestamp_ms>{},
                                chronik::schema::field<"index", &saved_time::index>{});
    bool operator==(saved_time const&) const = default;
};

/// A partition as it was when `index` had been applied, which was durable on this node then.
///
/// forgotten   times of entries up to here are not in it: they must be settled, or gone; forgotten_ms is the largest
/// batches     in the order in which producer_table takes them
struct saved_partition {
    chronik::group_id group;
    chronik::log_index index;
    chronik::log_term term;
    chronik::log_offset next_offset;
    chronik::log_index forgotten;
    std::int64_t forgotten_ms = 0;
    chronik::log_offset deleted_before;
    std::vector<saved_batch> batches;
    std::vector<saved_time> times;

    static constexpr auto schema = boost::hana::make_tuple(
        chronik::schema::field<"group", &saved_partition::group>{},
        chronik::schema::field<"index", &saved_partition::index>{},
        chronik::schema::field<"term", &saved_partition::term>{},
        chronik::schema::field<"next_offset", &saved_partition::next_offset>{},
        chronik::schema::field<"forgotten", &saved_partition::forgotten>{},
        chronik::schema::field<"forgotten_ms", &saved_partition::forgotten_ms>{},
        chronik::schema::field<"deleted_before", &saved_partition::deleted_before>{},
        chronik::schema::field<"batches", &saved_partition::batches>{},
        chronik::schema::field<"times", &saved_partition::times>{});
    bool operator==(saved_partition const&) const = default;
};

[[nodiscard]] saved_partition save(chronik::group_id group, chronik::wal::log_base const& at, machine const& of);
void restore(saved_partition const& from, machine& into);

[[nodiscard]] chronik::shared_bytes encode(saved_partition const& one);

/// A whole file: the header, then the partitions one after the other.
[[nodiscard]] std::vector<std::byte> encode_states(std::span<chronik::shared_bytes const> partitions);

using saved_states = std::map<chronik::group_id, saved_partition>;
/// errors   errc::corrupt_record: not what was written; errc::unsupported_version; errc::too_large
[[nodiscard]] chronik::result<saved_states> decode_states(chronik::shared_bytes const& file);

}  // namespace broker::partitions
