// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <groups/log_records.hpp>
#include <wire/record_batch.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace broker::groups {

/// What one partition of the offsets topic says of one group.
struct stored_group {
    using partition_offsets = std::map<std::int32_t, offset_value>;

    std::optional<group_value> generation;
    std::map<std::string, partition_offsets, std::less<>> offsets;
    std::size_t offset_count = 0;

    offset_value const* find(std::string_view topic, std::int32_t partition) const;
    bool empty() const { return !generation && offset_count == 0; }
};

/// The groups of one partition of the offsets topic, as its committed records tell them. Every replica keeps them, so
/// a new leader has nothing to load.
///
/// The last record of a key counts. What cannot be read is counted and skipped: a newer release, or somebody else,
/// wrote it.
/// threads   one
class stored_groups {
public:
    using group_map = std::map<std::string, stored_group, std::less<>>;

    void apply(wire::batch_view const& batch);
    void apply(log_record const& record);

    stored_group const* find(std::string_view group) const;
    group_map const& all() const { return groups_; }
    std::size_t offset_count() const { return offsets_; }
    std::uint64_t unreadable() const { return unreadable_; }

private:
    void apply(std::span<std::byte const> key, std::optional<std::span<std::byte const>> value);
    void set(offset_key const& key, std::optional<offset_value> value);
    void set(group_key const& key, std::optional<group_value> value);

    group_map groups_;
    std::size_t offsets_ = 0;
    std::uint64_t unreadable_ = 0;
};

}  // namespace broker::groups
