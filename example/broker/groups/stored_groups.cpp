// SPDX-License-Identifier: Apache-2.0
#include <groups/stored_groups.hpp>

#include <wire/records.hpp>

#include <chronik/base/overloaded.hpp>

#include <variant>

namespace broker::groups {

offset_value const* stored_group::find(std::string_view topic, std::int32_t partition) const {
    auto const named = offsets.find(topic);
    if (named == offsets.end()) return nullptr;
    auto const found = named->second.find(partition);
    return found == named->second.end() ? nullptr : &found->second;
}

stored_group const* stored_groups::find(std::string_view group) const {
    auto const found = groups_.find(group);
    return found == groups_.end() ? nullptr : &found->second;
}

void stored_groups::apply(wire::batch_view const& batch) {
    auto const plain = wire::decompressed(batch);
    if (!plain) {
        ++unreadable_;
        return;
    }
    wire::record_cursor cursor{plain->bytes, batch.record_count()};
    while (auto const record = cursor.next()) {
        if (record->key) apply(*record->key, record->value);
        else ++unreadable_;
    }
}

void stored_groups::apply(log_record const& record) {
    apply(record.key, record.value ? std::optional{std::span<std::byte const>{*record.value}} : std::nullopt);
}

void stored_groups::apply(std::span<std::byte const> key, std::optional<std::span<std::byte const>> value) {
    auto const name = read_key(key);
    if (!name) {
        ++unreadable_;
        return;
    }
    auto const keep = [&](auto const& which, auto const& read) {
        if (!value) return set(which, std::nullopt);
        auto content = read(*value);
        if (content) set(which, std::move(*content));
        else ++unreadable_;
    };
    std::visit(chronik::overloaded{[&](offset_key const& which) { keep(which, read_offset); },
                                   [&](group_key const& which) { keep(which, read_group); }},
               *name);
}

void stored_groups::set(offset_key const& key, std::optional<offset_value> value) {
    if (value) {
        auto& group = groups_[key.group];
        bool const fresh = group.offsets[key.topic].insert_or_assign(key.partition, std::move(*value)).second;
        group.offset_count += fresh ? 1 : 0;
        offsets_ += fresh ? 1 : 0;
        return;
    }
    auto const group = groups_.find(key.group);
    if (group == groups_.end()) return;
    auto const topic = group->second.offsets.find(key.topic);
    if (topic == group->second.offsets.end()) return;
    std::size_t const gone = topic->second.erase(key.partition);
    group->second.offset_count -= gone;
    offsets_ -= gone;
    if (topic->second.empty()) group->second.offsets.erase(topic);
    if (group->second.empty()) groups_.erase(group);
}

void stored_groups::set(group_key const& key, std::optional<group_value> value) {
    if (value) {
        groups_[key.group].generation = std::move(value);
        return;
    }
    auto const group = groups_.find(key.group);
    if (group == groups_.end()) return;
    group->second.generation.reset();
    if (group->second.empty()) groups_.erase(group);
}

}  // namespace broker::groups
