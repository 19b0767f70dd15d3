// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker_world/client.hpp>
#include <broker_world/consumer_words.hpp>
#include <broker_world/group_history.hpp>
#include <broker_world/reading.hpp>
#include <wire/error_code.hpp>
#include <wire/messages/find_coordinator.hpp>
#include <wire/messages/heartbeat.hpp>
#include <wire/messages/join_group.hpp>
#include <wire/messages/leave_group.hpp>
#include <wire/messages/offset_commit.hpp>
#include <wire/messages/offset_fetch.hpp>
#include <wire/messages/sync_group.hpp>

#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>

#include <asio/awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace broker::world {

/// A member of a consumer group under the classic protocol: joins, brings or hears its assignment, goes on where the
/// group has committed, reads, commits, and now and then leaves to come back as another.
///
/// threads   one for each world
class member {
public:
    member(world& in, std::uint32_t number, std::uint64_t seed)
        : client_(in, "member" + std::to_string(number), seed), from_(client_) {
        for (auto const& topic : in.planned().topics) {
            topics_.push_back(topic.name);
            for (std::int32_t each = 0; each < topic.partitions; ++each) all_.push_back({topic.name, each});
        }
    }

    void start() { client_.loop().start(run()); }
    /// No more than heartbeats, fetches and commits from now on.
    void calm_down() { is_calm_ = true; }
    /// It has what a generation gave it, has read all that is there, and is told that this is committed.
    bool is_at_the_end() const {
        if (!is_stable_) return false;
        return std::ranges::all_of(owned_, [this](position const& each) {
            auto const end = client_.in().records().end_of(each.where);
            auto const told = committed_.find(each.where);
            return each.next >= end && told != committed_.end() && told->second >= end;
        });
    }
    std::vector<position> const& owned() const { return owned_; }

    static constexpr char const* group_name = "group";

private:
    using code = wire::error_code;

    asio::awaitable<void> run() {
        while (true) {
            is_stable_ = false;
            owned_.clear();
            committed_.clear();
            if (coordinator_ == chronik::no_node) co_await find_coordinator();
            bool is_in = co_await join();
            if (is_in) is_in = co_await sync();
            if (is_in) is_in = co_await go_on();
            is_stable_ = is_in;
            if (is_in) co_await live();
            else co_await client_.back_off();
        }
    }

    asio::awaitable<void> find_coordinator() {
        while (true) {
            wire::find_coordinator::request asked;
            asked.group = group_name;
            auto const told = co_await client_.ask<wire::find_coordinator::response>(client_.any_node(), asked, 3,
                                                                                    patience);
            if (told && told->error == code::none) {
                coordinator_ = chronik::node_id{static_cast<std::uint32_t>(told->node_id)};
                co_return;
            }
            co_await client_.back_off();
        }
    }

    asio::awaitable<bool> join() {
        wire::join_group::request asked;
        asked.group_id = group_name;
        asked.session_timeout_ms = 3'000;
        asked.rebalance_timeout_ms = 3'000;
        asked.member_id = id_;
        asked.protocol_type = "consumer";
        asked.protocols.push_back({"all", consumer_words::subscription(topics_)});
        auto const told = co_await client_.ask<wire::join_group::response>(coordinator_, asked, 8, patience);
        if (!told) co_return lost();
        if (told->error == code::member_id_required) id_ = told->member_id;
        if (told->error != code::none) co_return refused(told->error, "a join");
        id_ = told->member_id;
        generation_ = told->generation_id;
        others_.clear();
        if (told->leader == id_)
            for (auto const& each : told->members) others_.push_back(each.member_id);
        co_return true;
    }

    asio::awaitable<bool> sync() {
        wire::sync_group::request asked;
        asked.group_id = group_name;
        asked.generation_id = generation_;
        asked.member_id = id_;
        asked.protocol_type = "consumer";
        asked.protocol_name = "all";
        for (std::size_t at = 0; at < others_.size(); ++at)
            asked.assignments.push_back({others_[at], consumer_words::assignment(share(at, others_.size()))});
        auto const told = co_await client_.ask<wire::sync_group::response>(coordinator_, asked, 5, patience);
        if (!told) co_return lost();
        if (told->error != code::none) co_return refused(told->error, "a sync");
        auto const owned = consumer_words::owned_by(told->assignment);
        client_.in().groups().assigned(group_name, generation_, id_, owned);
        for (auto const& each : owned) owned_.push_back({.where = each});
        co_return true;
    }

    /// Every so manieth partition.
    std::vector<place> share(std::size_t nth, std::size_t members) const {
        std::vector<place> owned;
        for (std::size_t at = nth; at < all_.size(); at += members) owned.push_back(all_[at]);
        return owned;
    }

    asio::awaitable<bool> go_on() {
        bool const is_told = co_await learn();
        for (auto& each : owned_) each.next = std::max<std::int64_t>(committed_[each.where], 0);
        co_return is_told;
    }

    /// Hears where the group has got to in what this member owns.
    asio::awaitable<bool> learn() {
        if (owned_.empty()) co_return true;
        wire::offset_fetch::request asked;
        auto& group = asked.groups.emplace_back();
        group.group_id = group_name;
        auto& topics = group.topics.emplace();
        std::map<place, std::int64_t> least;
        for (auto const& each : owned_) {
            least[each.where] = client_.in().groups().least(group_name, generation_, each.where);
            topics.push_back({each.where.topic, {each.where.partition}});
        }
        auto const told = co_await client_.ask<wire::offset_fetch::response>(coordinator_, asked, 8, patience);
        if (!told || told->groups.size() != 1) co_return lost();
        if (told->groups[0].error != code::none) co_return refused(told->groups[0].error, "an offset fetch");
        for (auto const& topic : told->groups[0].topics) {
            for (auto const& each : topic.partitions) {
                place const where{topic.name, each.partition_index};
                client_.in().groups().told(group_name, where, each.committed_offset, least[where]);
                committed_[where] = each.committed_offset;
            }
        }
        co_return true;
    }

    /// Until there is another round, or this member goes.
    asio::awaitable<void> live() {
        while (true) {
            for (auto& each : owned_) static_cast<void>(co_await from_.fetch(each, 50));
            bool stays = true;
            if (client_.chance().chance(40)) stays = co_await commit();
            if (stays && is_calm_) stays = co_await learn();
            if (stays) stays = co_await beat();
            if (!stays) co_return;
            if (!is_calm_ && client_.chance().below(100) == 0) {
                co_await leave();
                co_return;
            }
            co_await client_.back_off();
        }
    }

    asio::awaitable<bool> beat() {
        wire::heartbeat::request asked;
        asked.group_id = group_name;
        asked.generation_id = generation_;
        asked.member_id = id_;
        auto const told = co_await client_.ask<wire::heartbeat::response>(coordinator_, asked, 4, patience);
        if (!told) co_return lost();
        co_return told->error == code::none || refused(told->error, "a heartbeat");
    }

    asio::awaitable<bool> commit() {
        if (owned_.empty()) co_return true;
        wire::offset_commit::request asked;
        asked.group_id = group_name;
        asked.generation_id_or_member_epoch = generation_;
        asked.member_id = id_;
        for (auto const& each : owned_) {
            auto& topic = asked.topics.emplace_back();
            topic.name = each.where.topic;
            topic.partitions.push_back({each.where.partition, each.next, each.epoch, std::nullopt});
        }
        auto const told = co_await client_.ask<wire::offset_commit::response>(coordinator_, asked, 8, patience);
        if (!told) co_return lost();
        bool all = told->topics.size() == asked.topics.size();
        for (std::size_t at = 0; all && at < told->topics.size(); ++at) {
            auto const& said = told->topics[at].partitions.at(0);
            if (said.error != code::none) co_return refused(said.error, "a commit");
            client_.in().groups().committed(group_name, generation_, owned_[at].where, owned_[at].next);
        }
        if (!all) client_.in().found().report(client_.name() + ": an answer is about other offsets than were asked");
        co_return all;
    }

    asio::awaitable<void> leave() {
        wire::leave_group::request asked;
        asked.group_id = group_name;
        asked.members.push_back({id_, std::nullopt, std::nullopt});
        static_cast<void>(co_await client_.ask<wire::leave_group::response>(coordinator_, asked, 4, patience));
        id_.clear();
        co_await client_.back_off(std::chrono::milliseconds{3'000});
    }

    /// Nobody has answered: perhaps another coordinates the group by now.
    bool lost() {
        coordinator_ = chronik::no_node;
        return false;
    }
    bool refused(code why, char const* what) {
        using enum wire::error_code;
        switch (why) {
            case member_id_required:
            case rebalance_in_progress:
            case coordinator_load_in_progress:
            // A coordinator may be behind with the metadata.
            case unknown_topic_or_partition:
            case request_timed_out: return false;
            case not_coordinator:
            case coordinator_not_available: return lost();
            // The session is over, or it ended with a coordinator that had told nobody else of it.
            case unknown_member_id:
            case illegal_generation: id_.clear(); return false;
            default: break;
        }
        client_.in().found().report(client_.name() + ": " + what + " was told " + std::string{wire::name(why)});
        return false;
    }

    /// Longer than a round takes.
    static constexpr chronik::duration patience = std::chrono::seconds{8};

    client client_;
    reading from_;
    std::vector<std::string> topics_;
    std::vector<place> all_;
    chronik::node_id coordinator_ = chronik::no_node;
    std::string id_;
    std::int32_t generation_ = -1;
    std::vector<std::string> others_;  ///< of this generation, if this member leads it
    std::vector<position> owned_;
    std::map<place, std::int64_t> committed_;  ///< of these, as the group's coordinator has said; -1: nothing
    bool is_stable_ = false;
    bool is_calm_ = false;
};

}  // namespace broker::world
