// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker_world/group_history.hpp>
#include <broker_world/history.hpp>
#include <engine/engine.hpp>
#include <groups/offsets_topic.hpp>
#include <partitions/machine.hpp>
#include <wire/record_batch.hpp>
#include <wire/records.hpp>

#include <chronik/base/entry.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/testing/digest.hpp>
#include <chronik/testing/findings.hpp>
#include <chronik/testing/trace.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace broker::world {

/// What the brokers' own states must be, looked at behind each turn of each process.
///
/// At an index of a log all nodes have applied the same entry; what is applied, what the metadata say of leaders, and
/// the metadata themselves never go back; a term of a log has one leader; the same version of the metadata is the same
/// on every node. The first node to apply a record tells the histories.
/// threads   one for each world
class state_checks {
public:
    state_checks(chronik::testing::findings& found, chronik::testing::trace& told, history& records,
                 group_history& groups)
        : found_(&found), told_(&told), records_(&records), groups_(&groups) {}

    /// The node starts: what its process knows begins anew.
    void began(chronik::node_id node) { lives_[node] = {}; }

    void look(chronik::node_id node, engine& of, chronik::time_point now) {
        auto& own = lives_[node];
        // A log that was dropped may come back, from its beginning.
        std::erase_if(own.applied, [&](auto const& each) { return of.logs().find(each.first) == nullptr; });
        for (auto const& [id, group] : of.logs().groups()) {
            look_at_leader(node, id, *group, now);
            look_at_applied(own, node, of, *group, now);
        }
        if (of.logs().find(metadata_group) != nullptr) look_at_metadata(own, node, *of.members().image());
    }

    std::uint64_t leaders() const { return leaders_.size(); }
    std::uint64_t entries() const { return applied_; }

private:
    struct life {
        std::map<chronik::group_id, chronik::log_index> applied;
        std::map<chronik::group_id, chronik::log_term> epochs;
        chronik::log_index version{};
    };

    void look_at_leader(chronik::node_id node, chronik::group_id id, host::group_type const& group,
                        chronik::time_point now) {
        if (!group.is_leader()) return;
        auto const [first, is_new] = leaders_.try_emplace({id, group.core.term()}, node);
        if (is_new) told_->note(now, "leads in term", node, id, group.core.term().value);
        if (first->second != node) report(id, "two leaders in term " + std::to_string(group.core.term().value));
    }

    void look_at_applied(life& own, chronik::node_id node, engine& of, host::group_type const& group,
                         chronik::time_point now) {
        auto& seen = own.applied[group.id];
        if (group.applied < seen) return report(group.id, "what node " + number(node) + " has applied goes back");
        auto const* const replica = of.replicas().find(group.id);
        // What is before the base is gone, and was looked at when it came.
        for (auto at = std::max(seen, group.core.base_index()) + 1; at <= group.applied; ++at) {
            auto const item = group.core.entry_at(at);
            if (!item) return report(group.id, "entry " + std::to_string(at.value) + " cannot be read on node " +
                                                   number(node) + ": " + item.error().message());
            look_at_entry(node, group.id, *item, replica, now);
        }
        seen = group.applied;
    }

    void look_at_entry(chronik::node_id node, chronik::group_id id, chronik::entry const& item,
                       partitions::replica const* replica, chronik::time_point now) {
        auto& known = entries_[id];
        auto const place_of = static_cast<std::size_t>(item.index.value);
        if (known.size() <= place_of) known.resize(place_of + 1);
        chronik::testing::digest made;
        made.add(item.term.value);
        made.add(item.base_offset.value);
        // A cleaned entry keeps its place and its offsets, and loses records.
        if (replica == nullptr || !replica->cleanup.compacts) made.add(item.payload.view());
        auto const own = std::max<std::uint64_t>(made.value(), 1);
        if (known[place_of] == own) return;
        if (known[place_of] != 0)
            return report(id, "entry " + std::to_string(item.index.value) + " of node " + number(node) +
                                  " is not what others have applied");
        known[place_of] = own;
        ++applied_;
        told_->count(now, "is first to apply", node, id, own);
        if (replica != nullptr && partitions::is_batch(item)) tell(*replica, item);
    }

    /// Records that nobody has applied before.
    void tell(partitions::replica const& of, chronik::entry const& item) {
        auto const batch = wire::batch_view::parse(item.payload.view());
        if (!batch) return report(of.group(), "entry " + std::to_string(item.index.value) + " is no record batch");
        auto const plain = wire::decompressed(*batch);
        if (!plain) return report(of.group(), "entry " + std::to_string(item.index.value) + " cannot be decompressed");
        bool const is_internal = groups::is_internal(of.topic());
        wire::record_cursor cursor{plain->bytes, batch->record_count()};
        auto offset = static_cast<std::int64_t>(item.base_offset.value);
        while (auto const record = cursor.next()) {
            if (is_internal) groups_->stored(*record);
            else records_->committed({of.topic(), of.partition()}, offset, text_of(record->value));
            ++offset;
        }
        if (!cursor.finished()) report(of.group(), "entry " + std::to_string(item.index.value) + " has torn records");
    }

    void look_at_metadata(life& own, chronik::node_id node, metadata::image const& image) {
        if (image.version == own.version) return;
        if (image.version < own.version) return found_->report("the metadata of node " + number(node) + " go back");
        own.version = image.version;
        auto const digest = image.digest();
        auto const [first, is_new] = images_.try_emplace(image.version, digest);
        if (first->second != digest)
            return found_->report("version " + std::to_string(image.version.value) + " of the metadata on node " +
                                  number(node) + " is not what others have");
        image.for_each_partition([&](metadata::partition const& each) {
            auto& epoch = own.epochs[each.group];
            if (each.leader_epoch < epoch) report(each.group, "the leader epoch goes back in the metadata");
            epoch = each.leader_epoch;
        });
    }

    static std::string text_of(wire::optional_bytes const& value) {
        if (!value) return {};
        return {reinterpret_cast<char const*>(value->data()), value->size()};
    }
    static std::string number(chronik::node_id node) { return std::to_string(node.value); }
    void report(chronik::group_id group, std::string const& what) {
        found_->report(chronik::testing::findings::about(group, what));
    }

    chronik::testing::findings* found_;
    chronik::testing::trace* told_;
    history* records_;
    group_history* groups_;
    std::map<chronik::node_id, life> lives_;
    std::map<std::pair<chronik::group_id, chronik::log_term>, chronik::node_id> leaders_;
    std::map<chronik::group_id, std::vector<std::uint64_t>> entries_;  ///< digests by index; 0: nobody has applied it
    std::map<chronik::log_index, std::uint64_t> images_;
    std::uint64_t applied_ = 0;
};

}  // namespace broker::world
