// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <metadata/commands.hpp>
#include <metadata/limits.hpp>
#include <metadata/shared_map.hpp>

#include <chronik/base/assert.hpp>
#include <chronik/schema/encode.hpp>
#include <chronik/schema/plain_format.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace broker::metadata {

/// leaving    an operator has asked for its decommission: it is given nothing any more, and what it has moves away
/// replaced   the same until it is alive again, since it has been away for so long
struct broker_info {
    node_id node;
    std::uint64_t incarnation = 0;
    std::string host;
    std::uint16_t kafka_port = 0;
    std::uint16_t http_port = 0;
    std::string rack;
    std::uint32_t feature_level = 0;
    broker_state status = broker_state::starting;
    log_index registered_at;
    bool leaving = false;
    std::uint16_t rpc_port = 0;
    std::uint32_t capacity = 1;
    std::vector<std::string> tags{};
    bool replaced = false;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"node", &broker_info::node>{}, field<"incarnation", &broker_info::incarnation>{},
        field<"host", &broker_info::host>{}, field<"kafka_port", &broker_info::kafka_port>{},
        field<"http_port", &broker_info::http_port>{}, field<"rack", &broker_info::rack>{},
        field<"feature_level", &broker_info::feature_level>{}, field<"status", &broker_info::status>{},
        field<"registered_at", &broker_info::registered_at>{}, field<"leaving", &broker_info::leaving>{},
        field<"rpc_port", &broker_info::rpc_port>{}, field<"capacity", &broker_info::capacity>{},
        field<"tags", &broker_info::tags>{}, field<"replaced", &broker_info::replaced>{});
    bool operator==(broker_info const&) const = default;

    /// It is to go on holding what it holds, whether it is there at the moment or not.
    bool stays() const { return !leaving && !replaced && status != broker_state::decommissioned; }
};

/// A node that an operator has let in, although nobody had listed it, and where the others reach it. It stays known as
/// that when it has become a broker.
///
/// revoked   the operator has taken that back before the node came
struct admission {
    node_id node;
    std::string host;
    std::uint16_t kafka_port = 0;
    std::uint16_t rpc_port = 0;
    bool revoked = false;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"node", &admission::node>{}, field<"host", &admission::host>{},
        field<"kafka_port", &admission::kafka_port>{}, field<"rpc_port", &admission::rpc_port>{},
        field<"revoked", &admission::revoked>{});
    bool operator==(admission const&) const = default;
};

/// What the cluster does by itself about who carries what.
///
/// since   the command that made a rebalance due: it is not over yet. 0: none is due
/// asked   by an operator
/// ended   rebalances that are over, also those that found nothing to move
/// moved   partitions that have arrived where they were sent, by whomever
struct load_balance {
    log_index since;
    bool asked = false;
    std::uint64_t ended = 0;
    std::uint64_t moved = 0;

    static constexpr auto schema =
        boost::hana::make_tuple(field<"since", &load_balance::since>{}, field<"asked", &load_balance::asked>{},
                                field<"ended", &load_balance::ended>{}, field<"moved", &load_balance::moved>{});
    bool operator==(load_balance const&) const = default;

    bool is_due() const { return since != log_index{}; }
};

/// Its partitions' states stand beside it, by group: a leader's change must not copy a topic of ten thousand.
///
/// groups       one per partition, in order of partition
/// configs_at   the command that set the configurations last
/// grown_by     who asked for the partitions that were added last: the same request again is a retry
struct topic {
    std::string name;
    uuid id;
    std::vector<group_id> groups;
    std::vector<config_entry> configs;
    log_index configs_at;
    request_id grown_by;

    static constexpr auto schema = boost::hana::make_tuple(
        field<"name", &topic::name>{}, field<"id", &topic::id>{}, field<"groups", &topic::groups>{},
        field<"configs", &topic::configs>{}, field<"configs_at", &topic::configs_at>{},
        field<"grown_by", &topic::grown_by>{});
    bool operator==(topic const&) const = default;

    /// Null if it is not set.
    std::string const* config(std::string_view wanted) const {
        auto const found = std::ranges::find(configs, wanted, &config_entry::name);
        return found == configs.end() ? nullptr : &found->value;
    }
};

/// replicas       who may have a copy; the first is the preferred leader. While it moves: those of the target, and then
///                whoever has to give the copy up, until that is done
/// leader_epoch   the Raft term of that leader; never goes back
/// original       the replicas before it began to move, also where the target was replaced meanwhile; else empty
/// target         the replicas that it is to have; empty: it does not move
/// since          the command that gave this target
/// members_at     the entry of its group's log that made `replicas`, or while it moves `original`, the members; 0 for
///                those that it began with. Who comes must not vote before it has that entry: an earlier life of it may
///                have left since, and others may count on what that life promised
struct partition {
    group_id group;
    uuid topic_id;
    std::uint32_t index = 0;
    std::vector<node_id> replicas;
    node_id leader;
    log_term leader_epoch;
    std::vector<node_id> isr;
    std::vector<node_id> original{};
    std::vector<node_id> target{};
    log_index since{};
    log_index members_at{};

    static constexpr auto schema = boost::hana::make_tuple(
        field<"group", &partition::group>{}, field<"topic_id", &partition::topic_id>{},
        field<"index", &partition::index>{},
        field<"replicas", &partition::replicas>{}, field<"leader", &partition::leader>{},
        field<"leader_epoch", &partition::leader_epoch>{}, field<"isr", &partition::isr>{},
        field<"original", &partition::original>{}, field<"target", &partition::target>{},
        field<"since", &partition::since>{}, field<"members_at", &partition::members_at>{});
    bool operator==(partition const&) const = default;

    bool is_moving() const { return !target.empty(); }
    bool has_replica(node_id node) const { return std::ranges::find(replicas, node) != replicas.end(); }
};

namespace detail {

/// FNV-1a. Kafka's metric names turn '.' into '_', so names that differ only there must not both exist; they share
/// a bucket for that reason.
struct place_name {
    std::uint64_t operator()(std::string_view name) const {
        std::uint64_t hash = 0xcbf29ce484222325ULL;
        for (char const each : name) {
            auto const plain = static_cast<unsigned char>(each == '.' ? '_' : each);
            hash = (hash ^ plain) * 0x100000001b3ULL;
        }
        return hash ^ (hash >> 32);
    }
};
struct place_id {
    std::uint64_t operator()(uuid const& id) const {
        std::uint64_t hash = 0xcbf29ce484222325ULL;
        for (std::byte const each : id.bytes) hash = (hash ^ static_cast<std::uint64_t>(each)) * 0x100000001b3ULL;
        return hash ^ (hash >> 32);
    }
};
struct place_group {
    std::uint64_t operator()(group_id group) const { return group.value; }
};

}  // namespace detail

/// The cluster's metadata as of one index of its log. Immutable once published: a handler takes one and reads it for
/// the whole request. Copies share what did not change.
class image {
public:
    using broker_map = std::map<node_id, broker_info>;
    using admission_map = std::map<node_id, admission>;

    log_index version;  ///< the last command that was applied
    std::string cluster_id;  ///< empty until it is set
    group_id next_group_id = first_partition_group;
    std::uint64_t next_producer_id = 0;
    load_balance balance;

    broker_map const& brokers() const { return *brokers_; }
    broker_info const* find_broker(node_id node) const {
        auto const found = brokers_->find(node);
        return found == brokers_->end() ? nullptr : &found->second;
    }

    admission_map const& admissions() const { return *admissions_; }
    admission const* find_admission(node_id node) const {
        auto const found = admissions_->find(node);
        return found == admissions_->end() ? nullptr : &found->second;
    }

    /// Valid as long as the image is.
    topic const* find_topic(std::string_view name) const { return by_name_.find(name).get(); }
    topic const* find_topic(uuid const& id) const { return by_id_.find(id).get(); }
    partition const* find_partition(group_id group) const { return by_group_.find(group).get(); }
    partition const* find_partition(topic const& of, std::size_t index) const {
        return index < of.groups.size() ? find_partition(of.groups[index]) : nullptr;
    }

    /// A topic of another name that Kafka's metrics could not tell from this one, or null.
    topic const* find_collision(std::string_view name) const {
        auto const plain = [](char each) { return each == '.' ? '_' : each; };
        for (auto const& [known, value] : by_name_.neighbours(name))
            if (known != name && std::ranges::equal(known, name, {}, plain, plain)) return value.get();
        return nullptr;
    }

    /// The partitions whose replicas change, by group.
    std::set<group_id> const& moving() const { return *moving_; }

    std::size_t topic_count() const { return by_name_.size(); }
    std::size_t partition_count() const { return by_group_.size(); }

    /// In an order that says nothing but is the same on every node.
    template <class Visit>
    void for_each_topic(Visit&& visit) const {
        by_name_.for_each(visit);
    }
    template <class Visit>
    void for_each_partition(Visit&& visit) const {
        by_group_.for_each(visit);
    }

    /// Equal on all nodes that have applied the same commands. Costs a walk over everything.
    std::uint64_t digest() const;

    // For the machine that makes the next image.

    void set(broker_info const& broker) {
        auto changed = std::make_shared<broker_map>(*brokers_);
        changed->insert_or_assign(broker.node, broker);
        brokers_ = std::move(changed);
    }
    void set(admission const& admitted) {
        auto changed = std::make_shared<admission_map>(*admissions_);
        changed->insert_or_assign(admitted.node, admitted);
        admissions_ = std::move(changed);
    }
    void set(topic added) {
        auto const shared = std::make_shared<topic const>(std::move(added));
        by_name_.set(shared->name, shared);
        by_id_.set(shared->id, shared);
    }
    void set(partition changed) {
        group_id const group = changed.group;
        note_move(group, changed.is_moving());
        by_group_.set(group, std::make_shared<partition const>(std::move(changed)));
    }
    void erase(uuid const& topic_id) {
        auto const gone = by_id_.find(topic_id);
        for (group_id const group : gone->groups) {
            note_move(group, false);
            by_group_.erase(group);
        }
        by_name_.erase(gone->name);
        by_id_.erase(topic_id);
    }
    std::shared_ptr<image const> publish() {
        by_name_.freeze();
        by_id_.freeze();
        by_group_.freeze();
        moving_is_shared_ = true;
        return std::make_shared<image const>(*this);
    }

private:
    void note_move(group_id group, bool moves) {
        if (moving_->contains(group) == moves) return;
        // Published images share it; one copy does for all commands until the next is published.
        if (std::exchange(moving_is_shared_, false)) moving_ = std::make_shared<std::set<group_id>>(*moving_);
        if (moves) moving_->insert(group); else moving_->erase(group);
    }

    std::shared_ptr<std::set<group_id>> moving_ = std::make_shared<std::set<group_id>>();
    bool moving_is_shared_ = true;  ///< a copy of this image may hold it too
    std::shared_ptr<broker_map const> brokers_ = std::make_shared<broker_map const>();
    std::shared_ptr<admission_map const> admissions_ = std::make_shared<admission_map const>();
    shared_map<std::string, topic, detail::place_name> by_name_;
    shared_map<uuid, topic, detail::place_id> by_id_;
    shared_map<group_id, partition, detail::place_group> by_group_;
};

inline std::uint64_t image::digest() const {
    std::vector<std::byte> bytes;
    chronik::byte_writer out{bytes};
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    auto const mix = [&] {
        for (std::byte const each : bytes) hash = (hash ^ static_cast<std::uint64_t>(each)) * 0x100000001b3ULL;
        bytes.clear();
    };
    auto const add = [&](auto const& described) {
        // What was decoded from a command, within its limits, always has an encoding.
        auto const done = chronik::schema::encode(described, 0, chronik::schema::plain_format{}, out);
        CHRONIK_ASSERT(done.has_value());
        mix();
    };
    for (std::uint64_t const number : {version.value, next_group_id.value, next_producer_id})
        out.number<std::uint64_t, std::endian::little>(number);
    out.run(std::as_bytes(std::span{cluster_id}));
    mix();
    add(balance);
    for (auto const& [node, broker] : *brokers_) add(broker);
    for (auto const& [node, admitted] : *admissions_) add(admitted);

    std::vector<topic const*> topics;
    for_each_topic([&](topic const& each) { topics.push_back(&each); });
    std::ranges::sort(topics, {}, &topic::name);
    for (topic const* const each : topics) add(*each);

    std::vector<partition const*> partitions;
    for_each_partition([&](partition const& each) { partitions.push_back(&each); });
    std::ranges::sort(partitions, {}, &partition::group);
    for (partition const* const each : partitions) add(*each);
    return hash;
}

}  // namespace broker::metadata
