// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker_world/brokers.hpp>
#include <broker_world/client.hpp>
#include <broker_world/plan.hpp>
#include <broker_world/world.hpp>
#include <cluster/cluster.hpp>
#include <metadata/commands.hpp>
#include <metadata/image.hpp>
#include <metadata/reassignment.hpp>
#include <wire/batch_builder.hpp>
#include <wire/error_code.hpp>
#include <wire/messages/create_topics.hpp>
#include <wire/messages/produce.hpp>

#include <chronik/base/ids.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/base/time.hpp>

#include <asio/awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace broker::world {

/// What a change of a cluster took.
///
/// commands     in the metadata's log
/// partitions   that have other replicas than before, or another preferred leader
/// replicas     that were made where there was none
/// led          partitions that another broker leads than before
/// bytes        that came from broker to broker meanwhile: what was copied, and all that was said besides
/// time         virtual, until the metadata of every broker that runs have it and nothing is left to do
struct change_cost {
    std::uint64_t commands = 0;
    std::size_t partitions = 0;
    std::size_t replicas = 0;
    std::size_t led = 0;
    std::uint64_t bytes = 0;
    chronik::duration time{};
};

/// Between whoever has most and whoever has least, of the brokers that are alive and stay: replicas, partitions in
/// which it is preferred, and partitions that it leads.
struct cluster_spread {
    std::size_t replicas = 0;
    std::size_t preferred = 0;
    std::size_t leaders = 0;
};

/// Many whole brokers in virtual time, with one topic of many partitions, and what happens in the life of a cluster.
/// Nothing is hurt but what is asked for.
///
/// threads   one
class large_cluster {
public:
    static constexpr std::int32_t records = 4;
    static constexpr std::size_t record_bytes = 1024;

    /// brokers      of which the first five vote on the metadata
    /// moves_max    partitions that move at the same time
    large_cluster(std::uint32_t brokers, placement placing, std::uint32_t moves_max)
        : world_(planned(brokers, placing, moves_max)), operator_(world_, "operator", 1) {}

    /// All start, and are alive.
    change_cost start() {
        return measured("the brokers are not alive", [this] {
            for (auto const each : world_.nodes()) world_.restart(each);
        });
    }
    /// Three replicas each; with the records that were produced into each of them afterwards.
    change_cost create(std::int32_t partitions) {
        partitions_ = static_cast<std::size_t>(partitions);
        auto const cost = measured("the partitions are not in sync",
                                   [&] { operator_.loop().start(make_topic(partitions)); });
        static_cast<void>(measured("the records are not acknowledged", [this] { operator_.loop().start(fill()); }));
        return cost;
    }
    /// Its process is gone, and is not started again.
    change_cost fail(chronik::node_id which) {
        failed_ = which;
        return measured("the others do not lead what it led", [&] { world_.kill(which, "is killed for good"); });
    }
    /// Others get what it holds, whether it runs or not.
    change_cost send_away(chronik::node_id which) {
        return measured("it is not decommissioned", [&] {
            world_.is_sent_away(which);
            leaving_ = which;
            metadata::change_membership command;
            command.node = which;
            command.leaves = true;
            world_.submit(leader(), command);
        });
    }
    /// A broker that nobody has known is let in.
    change_cost join() {
        chronik::node_id const newcomer{world_.nodes().back().value + 1};
        return measured("it does not get its share", [&] {
            metadata::admit_broker command;
            command.node = newcomer;
            command.host = host_of(newcomer);
            command.kafka_port = kafka_port;
            command.rpc_port = rpc_port;
            world_.submit(leader(), command);
            world_.add(newcomer);
        });
    }

    std::size_t held_by(chronik::node_id which) {
        std::size_t count = 0;
        if (!problems().empty()) return count;
        image()->for_each_partition([&](auto const& each) { count += each.has_replica(which) ? 1U : 0U; });
        return count;
    }
    cluster_spread spread() {
        std::map<chronik::node_id, cluster_spread> counts;
        auto const now = image();
        for (auto const& [node, broker] : now->brokers())
            if (broker.stays() && broker.status == metadata::broker_state::alive) counts[node];
        auto const count = [&](chronik::node_id node, std::size_t cluster_spread::* what) {
            if (auto const found = counts.find(node); found != counts.end()) ++(found->second.*what);
        };
        now->for_each_partition([&](metadata::partition const& each) {
            for (auto const node : each.replicas) count(node, &cluster_spread::replicas);
            count(each.replicas.front(), &cluster_spread::preferred);
            count(each.leader, &cluster_spread::leaders);
        });
        auto const apart = [&](std::size_t cluster_spread::* what) {
            auto const [least, most] = std::ranges::minmax_element(
                counts, {}, [&](auto const& each) { return each.second.*what; });
            return most->second.*what - least->second.*what;
        };
        return {apart(&cluster_spread::replicas), apart(&cluster_spread::preferred), apart(&cluster_spread::leaders)};
    }

    /// Sentences; empty is good.
    std::vector<std::string> const& problems() const { return world_.found().violations(); }

private:
    using error_code = wire::error_code;

    static constexpr char topic[] = "large";
    static constexpr chronik::duration patience = std::chrono::hours{2};
    static constexpr chronik::duration look_interval = std::chrono::milliseconds{20};
    static constexpr std::size_t partitions_per_request = 25;

    static plan planned(std::uint32_t brokers, placement placing, std::uint32_t moves_max) {
        plan made;
        made.seed = 1;
        made.nodes = brokers;
        made.placing = placing;
        made.moves_max = moves_max;
        made.segment_bytes = std::size_t{2} << 20;
        made.staged_bytes_max = std::size_t{1} << 20;
        made.groups_max = 4096;
        made.election_timeout = std::chrono::milliseconds{500};
        made.is_watched = false;
        return made;
    }

    struct state {
        std::vector<chronik::node_id> replicas;
        chronik::node_id leader;
    };
    std::map<chronik::group_id, state> states() {
        std::map<chronik::group_id, state> made;
        if (auto const now = image())
            now->for_each_partition([&](auto const& each) { made[each.group] = {each.replicas, each.leader}; });
        return made;
    }

    template <class Begin>
    change_cost measured(char const* otherwise, Begin begin) {
        if (!problems().empty()) return {};
        auto const before = states();
        auto const version = image() ? image()->version.value : 0;
        auto const bytes = world_.links().bytes_delivered();
        auto const since = world_.now();
        is_busy_ = false;
        begin();
        chronik::time_point look_at = since + look_interval;
        auto const is_over = [&] {
            if (!problems().empty()) return true;
            if (world_.now() < look_at) return false;
            look_at = world_.now() + look_interval;
            return !is_busy_ && is_at_rest();
        };
        if (!world_.events().run_until(is_over, since + patience)) world_.found().report(otherwise);
        change_cost made{.bytes = world_.links().bytes_delivered() - bytes, .time = world_.now() - since};
        if (!problems().empty()) return made;
        made.commands = image()->version.value - version;
        count_moved(before, made);
        return made;
    }

    void count_moved(std::map<chronik::group_id, state> const& before, change_cost& into) {
        for (auto const& [group, now] : states()) {
            auto const found = before.find(group);
            if (found == before.end()) continue;
            into.partitions += now.replicas != found->second.replicas ? 1U : 0U;
            into.led += now.leader != found->second.leader ? 1U : 0U;
            into.replicas += metadata::without(now.replicas, found->second.replicas).size();
        }
    }

    chronik::node_id leader() {
        for (auto const each : world_.nodes())
            if (world_.is_running(each) && leads_metadata(each)) return each;
        return chronik::no_node;
    }
    bool leads_metadata(chronik::node_id which) {
        auto* const group = world_.inside(which).logs().find(metadata_group);
        return group != nullptr && group->is_leader() && world_.inside(which).members().ready();
    }
    std::shared_ptr<metadata::image const> image() {
        auto const which = leader();
        return which == chronik::no_node ? nullptr : world_.inside(which).members().image();
    }

    /// Nothing moves, is due, or is missing, and whoever runs knows that.
    bool is_at_rest() {
        auto const now = image();
        if (now == nullptr || now->balance.is_due() || !now->moving().empty()) return false;
        for (auto const each : world_.nodes()) {
            if (!world_.is_running(each)) continue;
            if (world_.inside(each).members().image()->version != now->version) return false;
            if (!is_as_wanted(each, now->find_broker(each))) return false;
        }
        if (failed_ != chronik::no_node && !is_as_wanted(failed_, now->find_broker(failed_))) return false;
        return now->partition_count() == partitions_ && are_whole(*now);
    }
    bool is_as_wanted(chronik::node_id which, metadata::broker_info const* known) const {
        if (known == nullptr) return false;
        if (which == leaving_ || known->leaving) return known->status == metadata::broker_state::decommissioned;
        return known->status == (which == failed_ ? metadata::broker_state::failed : metadata::broker_state::alive);
    }
    bool are_whole(metadata::image const& now) const {
        bool whole = true;
        now.for_each_partition([&](metadata::partition const& each) {
            auto const in_sync = metadata::without(each.replicas, std::span<chronik::node_id const>{&failed_, 1});
            whole = whole && each.leader != chronik::no_node && each.leader != failed_ &&
                    std::ranges::is_permutation(each.isr, in_sync);
        });
        return whole;
    }

    asio::awaitable<void> make_topic(std::int32_t partitions) {
        is_busy_ = true;
        wire::create_topics::request asked;
        auto& wanted = asked.topics.emplace_back();
        wanted.name = topic;
        wanted.num_partitions = partitions;
        wanted.replication_factor = 3;
        asked.timeout_ms = 60'000;
        auto const told = co_await operator_.ask<wire::create_topics::response>(leader(), asked, 7,
                                                                                std::chrono::seconds{90});
        auto const said = told && told->topics.size() == 1 ? told->topics[0].error : error_code::request_timed_out;
        if (said != error_code::none) world_.found().report("the topic was told " + std::string{wire::name(said)});
        is_busy_ = false;
    }

    asio::awaitable<void> fill() {
        is_busy_ = true;
        std::map<chronik::node_id, std::vector<std::int32_t>> led;
        image()->for_each_partition(
            [&](auto const& each) { led[each.leader].push_back(static_cast<std::int32_t>(each.index)); });
        for (auto& [node, all] : led) {
            std::ranges::sort(all);
            for (std::size_t at = 0; at < all.size(); at += partitions_per_request) {
                auto const last = std::min(at + partitions_per_request, all.size());
                co_await produce(node, {all.begin() + static_cast<std::ptrdiff_t>(at),
                                        all.begin() + static_cast<std::ptrdiff_t>(last)});
            }
        }
        is_busy_ = false;
    }

    asio::awaitable<void> produce(chronik::node_id to, std::vector<std::int32_t> partitions) {
        wire::produce::request asked;
        asked.acks = -1;
        asked.timeout_ms = 10'000;
        auto& wanted = asked.topics.emplace_back();
        wanted.name = topic;
        for (auto const each : partitions) {
            wire::batch_builder batch;
            for (std::int32_t number = 0; number < records; ++number)
                batch.add("key", std::string(record_bytes, '.'), operator_.loop().wall_ms());
            wanted.partitions.push_back({each, chronik::shared_bytes{batch.build()}});
        }
        auto const told =
            co_await operator_.ask<wire::produce::response>(to, asked, 9, std::chrono::seconds{20});
        bool const is_one = told && told->topics.size() == 1;
        bool const is_good = is_one && std::ranges::all_of(told->topics[0].partitions, [](auto const& each) {
            return each.error == error_code::none;
        });
        if (!is_good) world_.found().report("records were not taken by node " + std::to_string(to.value));
    }

    world world_;
    client operator_;
    std::size_t partitions_ = 0;
    chronik::node_id failed_ = chronik::no_node;
    chronik::node_id leaving_ = chronik::no_node;
    bool is_busy_ = false;  ///< the operator waits for an answer
};

}  // namespace broker::world
