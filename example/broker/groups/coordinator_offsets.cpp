// SPDX-License-Identifier: Apache-2.0
#include <groups/coordinator.hpp>

#include <algorithm>
#include <chrono>

/// Committed offsets: set, read, deleted, and gone when their time is over.
namespace broker::groups {

using wire::error_code;

coordinator::plan<wire::offset_commit::response> coordinator::commit(wire::offset_commit::request const& asked,
                                                                     partition_exists const& exists, turn& in) {
    plan<wire::offset_commit::response> out;
    bool const known = groups_.contains(asked.group_id) || stored_->find(asked.group_id) != nullptr;
    auto refused = error_code::none;
    if (!known && asked.generation_id_or_member_epoch >= 0) {
        refused = error_code::illegal_generation;
    } else if (!known && groups_.size() + stored_->all().size() >= groups_per_partition_max) {
        refused = error_code::policy_violation;
    } else {
        refused = find_or_make(asked.group_id, in).check_commit(asked, in);
        settle(asked.group_id);
    }
    auto const* const stored = stored_->find(asked.group_id);
    std::size_t const room = offsets_per_group_max - std::min(offsets_per_group_max, stored ? stored->offset_count : 0);
    for (auto const& topic : asked.topics) {
        auto& answers = out.response.topics.emplace_back();
        answers.name = topic.name;
        for (auto const& each : topic.partitions) {
            auto& one = answers.partitions.emplace_back();
            one.partition_index = each.partition_index;
            one.error = refused;
            if (refused != error_code::none) continue;
            offset_value value{.offset = each.committed_offset,
                               .leader_epoch = each.committed_leader_epoch,
                               .metadata = each.committed_metadata.value_or(""),
                               .commit_timestamp = in.wall_ms,
                               .expire_timestamp = -1};
            if (asked.retention_time_ms >= 0) value.expire_timestamp = in.wall_ms + asked.retention_time_ms;
            if (!exists(topic.name, each.partition_index)) {
                one.error = error_code::unknown_topic_or_partition;
            } else if (value.metadata.size() > offset_metadata_bytes_max) {
                one.error = error_code::offset_metadata_too_large;
            } else if (out.records.size() >= room) {
                one.error = error_code::policy_violation;
            } else if (auto record = to_record({asked.group_id, topic.name, each.partition_index}, value)) {
                out.records.push_back(std::move(*record));
            } else {
                one.error = error_code::invalid_commit_offset_size;
            }
        }
    }
    return out;
}

std::vector<wire::offset_fetch::topic_response> coordinator::fetch(
    std::string_view group, std::optional<std::vector<wire::offset_fetch::topic_request>> const& topics) const {
    auto const* const known = stored_->find(group);
    auto const to_answer = [](std::int32_t partition, offset_value const* found) {
        wire::offset_fetch::partition_response one;
        one.partition_index = partition;
        one.committed_offset = found == nullptr ? -1 : found->offset;
        one.committed_leader_epoch = found == nullptr ? -1 : found->leader_epoch;
        one.metadata = found == nullptr ? "" : found->metadata;
        return one;
    };
    std::vector<wire::offset_fetch::topic_response> out;
    if (topics) {
        for (auto const& topic : *topics) {
            auto& answers = out.emplace_back();
            answers.name = topic.name;
            for (auto const partition : topic.partition_indexes) {
                auto const* const found = known == nullptr ? nullptr : known->find(topic.name, partition);
                answers.partitions.push_back(to_answer(partition, found));
            }
        }
    } else if (known != nullptr) {
        for (auto const& [topic, partitions] : known->offsets) {
            auto& answers = out.emplace_back();
            answers.name = topic;
            for (auto const& [partition, value] : partitions) {
                answers.partitions.push_back(to_answer(partition, &value));
            }
        }
    }
    return out;
}

coordinator::plan<error_code> coordinator::delete_group(std::string const& id, turn& in) {
    plan<error_code> out{error_code::none, {}};
    auto* const known = find(id, in);
    auto const* const stored = stored_->find(id);
    if (known == nullptr) {
        out.response = error_code::group_id_not_found;
    } else if (known->state() != group_state::empty) {
        out.response = error_code::non_empty_group;
    } else {
        known->end(error_code::group_id_not_found, in);
        // What the log has said is all there is to delete; its keys were read from records, so they have an encoding.
        for (auto const& [topic, partitions] : stored ? stored->offsets : decltype(stored->offsets){}) {
            for (auto const& [partition, value] : partitions) {
                if (auto record = to_tombstone(offset_key{id, topic, partition}))
                    out.records.push_back(std::move(*record));
            }
        }
        if (auto record = to_tombstone(group_key{id})) out.records.push_back(std::move(*record));
    }
    settle(id);
    return out;
}

coordinator::plan<wire::offset_delete::response> coordinator::delete_offsets(
    wire::offset_delete::request const& asked) {
    plan<wire::offset_delete::response> out;
    auto const live = groups_.find(asked.group_id);
    auto const* const stored = stored_->find(asked.group_id);
    if (live == groups_.end() && stored == nullptr) {
        out.response.error = error_code::group_id_not_found;
        return out;
    }
    // Whose topics we cannot tell may read any of them.
    auto const read = live == groups_.end() ? std::optional{std::set<std::string>{}}
                                            : live->second.state.subscribed_topics();
    if (!read) {
        out.response.error = error_code::non_empty_group;
        return out;
    }
    for (auto const& topic : asked.topics) {
        auto& answers = out.response.topics.emplace_back();
        answers.name = topic.name;
        for (auto const& each : topic.partitions) {
            auto& one = answers.partitions.emplace_back();
            one.partition_index = each.partition_index;
            if (read->contains(topic.name)) {
                one.error = error_code::group_subscribed_to_topic;
            } else if (stored != nullptr && stored->find(topic.name, each.partition_index) != nullptr) {
                if (auto record = to_tombstone(offset_key{asked.group_id, topic.name, each.partition_index}))
                    out.records.push_back(std::move(*record));
            }
        }
    }
    return out;
}

bool coordinator::has_expired(stored_group const& stored, offset_value const& value, turn const& in) const {
    if (value.expire_timestamp >= 0) return in.wall_ms >= value.expire_timestamp;
    // A group that had members keeps its offsets until it has been empty for the retention; one that never had keeps
    // each until nobody has committed it for as long (KIP-211).
    bool const had_members = stored.generation && !stored.generation->protocol_type.empty();
    auto const since = had_members ? std::max(stored.generation->current_state_timestamp, value.commit_timestamp)
                                   : value.commit_timestamp;
    auto const retention = std::chrono::duration_cast<std::chrono::milliseconds>(in.options.offsets_retention).count();
    return in.wall_ms - since >= retention;
}

void coordinator::expire_group(std::string const& id, stored_group const& stored, partition_exists const& exists,
                               turn const& in, std::vector<log_record>& out) const {
    auto const live = groups_.find(id);
    bool const has_members = live != groups_.end() && !live->second.state.members().empty();
    auto const read = has_members ? live->second.state.subscribed_topics() : std::optional{std::set<std::string>{}};
    std::size_t left = 0;
    for (auto const& [topic, partitions] : stored.offsets) {
        for (auto const& [partition, value] : partitions) {
            bool const kept = !read || read->contains(topic) || !has_expired(stored, value, in);
            if ((kept && exists(topic, partition)) || out.size() >= records_per_batch_max) {
                ++left;
            } else if (auto record = to_tombstone(offset_key{id, topic, partition})) {
                out.push_back(std::move(*record));
            }
        }
    }
    bool const idle = live == groups_.end();
    if (left > 0 || !idle || !stored.generation || out.size() >= records_per_batch_max) return;
    if (auto record = to_tombstone(group_key{id})) out.push_back(std::move(*record));
}

std::vector<log_record> coordinator::expire(partition_exists const& exists, turn& in) {
    std::vector<log_record> out;
    for (auto const& [id, stored] : stored_->all()) {
        if (out.size() >= records_per_batch_max) break;
        expire_group(id, stored, exists, in, out);
    }
    return out;
}

}  // namespace broker::groups
