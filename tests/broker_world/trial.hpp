// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker_world/client.hpp>
#include <broker_world/group_history.hpp>
#include <broker_world/history.hpp>
#include <broker_world/member.hpp>
#include <broker_world/plan.hpp>
#include <broker_world/producer.hpp>
#include <broker_world/reading.hpp>
#include <broker_world/replacement.hpp>
#include <broker_world/world.hpp>
#include <metadata/image.hpp>
#include <wire/error_code.hpp>
#include <wire/messages/create_topics.hpp>

#include <chronik/base/ids.hpp>
#include <chronik/base/random.hpp>
#include <chronik/base/time.hpp>
#include <chronik/testing/fault.hpp>
#include <chronik/testing/inflict.hpp>
#include <chronik/testing/trace.hpp>

#include <asio/awaitable.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace broker::world {

/// What came of a trial.
struct report {
    std::vector<std::string> violations;  ///< empty is good; the first is the cause
    std::uint64_t trace = 0;              ///< the same for the same plan
    chronik::duration virtual_time{};
    std::array<std::uint64_t, chronik::testing::fault_kinds> inflicted{};
    std::uint64_t sent = 0;          ///< values, by producers
    std::uint64_t acknowledged = 0;
    std::uint64_t read = 0;
    std::uint64_t assigned = 0;      ///< shares of generations
    std::uint64_t committed = 0;     ///< offsets that were acknowledged
    std::uint64_t leaders = 0;       ///< terms of groups
    std::uint64_t entries = 0;       ///< of all logs
    std::uint64_t replaced = 0;      ///< brokers, by others
    std::uint64_t brought = 0;       ///< pieces of settled files that were not in memory
    std::uint64_t for_followers = 0; ///< reads of them that followers waited for
    std::uint64_t connections_lost = 0;
};

/// One seed from beginning to end: brokers form a cluster, clients make topics, produce, read and share partitions
/// while the plan's faults happen; then everything is whole again, and must come to rest with nothing lost.
///
///     world::report const told = world::trial{world::plan_of(seed)}.run();
///     EXPECT_TRUE(told.violations.empty()) << told.violations.front();
class trial {
public:
    explicit trial(plan of)
        : plan_(std::move(of)), chance_(plan_.seed ^ 0x7472ULL), world_(plan_),
          operator_(world_, "operator", chance_()), replaced_(world_, chance_()),
          inflicted_(world_, std::chrono::seconds{1}) {
        for (std::uint32_t each = 0; each < plan_.producers.size(); ++each)
            producers_.push_back(std::make_unique<producer>(world_, each, plan_.producers[each], chance_()));
        for (std::uint32_t each = 0; each < plan_.readers; ++each)
            readers_.push_back(std::make_unique<reader>(world_, each, chance_()));
        for (std::uint32_t each = 0; each < plan_.members; ++each)
            members_.push_back(std::make_unique<member>(world_, each, chance_()));
        std::vector<place> all;
        for (auto const& topic : plan_.topics)
            for (std::int32_t each = 0; each < topic.partitions; ++each) all.push_back({topic.name, each});
        partitions_ = all.size();
        world_.groups().share_out(std::move(all));
    }

    /// Each thing that happens, as a line.
    void listen(chronik::testing::trace::listener told) { world_.listen(std::move(told)); }

    report run() {
        for (auto const each : world_.nodes()) world_.restart(each);
        operator_.loop().start(make_topics());
        for (auto const& each : plan_.faults)
            world_.events().at(chronik::time_point{each.at}, [this, &each] { inflicted_.begin(each); });
        run_until([this] { return is_over(); }, plan_.lasts);
        // Who is down is started no more by the faults: healing does it.
        inflicted_.end();
        world_.heal();
        come_to_rest();
        return told();
    }

    world& inside() { return world_; }

private:
    using error_code = wire::error_code;

    /// Longer than anything takes that nobody disturbs: leases, sessions, in-sync sets, a client's patience.
    static constexpr chronik::duration rest_limit = std::chrono::seconds{120};

    bool is_broken() const { return !world_.found().empty(); }
    bool is_over() const { return is_broken(); }

    template <class Condition>
    bool run_until(Condition reached, chronik::duration limit) {
        return world_.events().run_until(std::move(reached), world_.now() + limit);
    }

    asio::awaitable<void> make_topics() {
        for (auto const& topic : plan_.topics) co_await make(topic);
        for (auto const& each : producers_) each->start();
        for (auto const& each : readers_) each->start();
        for (auto const& each : members_) each->start();
    }

    asio::awaitable<void> make(topic_plan const& wanted) {
        wire::create_topics::request asked;
        auto& topic = asked.topics.emplace_back();
        topic.name = wanted.name;
        topic.num_partitions = wanted.partitions;
        topic.replication_factor = wanted.copies;
        topic.configs.push_back({"min.insync.replicas", std::to_string(wanted.copies_min)});
        asked.timeout_ms = 5'000;
        while (true) {
            auto const told = co_await operator_.ask<wire::create_topics::response>(operator_.any_node(), asked, 7,
                                                                                    std::chrono::seconds{8});
            bool const is_one = told && told->topics.size() == 1;
            auto const said = is_one ? told->topics[0].error : error_code::request_timed_out;
            if (said == error_code::none || said == error_code::topic_already_exists) co_return;
            // Not all brokers are there yet.
            bool const is_harmless = said == error_code::request_timed_out ||
                                     said == error_code::invalid_replication_factor;
            if (!is_harmless)
                world_.found().report("topic " + wanted.name + " was told " + std::string{wire::name(said)});
            co_await operator_.back_off();
        }
    }

    void come_to_rest() {
        for (auto const& each : producers_) each->finish();
        for (auto const& each : readers_) each->calm_down();
        for (auto const& each : members_) each->calm_down();
        std::string missing;
        chronik::time_point look_at{};
        auto const is_at_rest = [&] {
            if (is_broken()) return true;
            if (world_.now() < look_at) return false;
            look_at = world_.now() + std::chrono::milliseconds{200};
            // A fault from before may be told only now, and takes its process down.
            for (auto const each : world_.nodes()) world_.restart(each);
            missing = what_is_missing();
            return missing.empty();
        };
        if (!run_until(is_at_rest, rest_limit)) world_.found().report("after everything was healed: " + missing);
        if (!is_broken()) world_.read_all_again();
        if (!is_broken()) world_.records().expect_all_acknowledged();
    }

    /// What has not come to rest, in words; empty: all has.
    std::string what_is_missing() {
        if (!replaced_.is_over()) return "a broker is to take the place of another";
        for (auto const each : world_.nodes())
            if (!world_.is_running(each)) return "node " + name(each) + " does not run";
        for (auto const each : world_.nodes())
            if (!world_.inside(each).members().ready()) return "node " + name(each) + " is not ready";
        auto const& first = *world_.inside(world_.nodes().front()).members().image();
        for (auto const each : world_.nodes()) {
            auto const& image = *world_.inside(each).members().image();
            if (image.version != first.version || image.digest() != first.digest())
                return "node " + name(each) + " has other metadata than node " + name(world_.nodes().front());
        }
        if (auto text = what_partitions_miss(first); !text.empty()) return text;
        return what_clients_miss();
    }

    std::string what_partitions_miss(metadata::image const& image) {
        std::string missing;
        image.for_each_partition([&](metadata::partition const& each) {
            if (!missing.empty()) return;
            std::string const about = "group " + std::to_string(each.group.value) + " ";
            if (each.is_moving()) missing = about + "has not arrived where it moves";
            else if (each.leader == chronik::no_node) missing = about + "has no leader";
            else if (!std::ranges::is_permutation(each.isr, each.replicas)) missing = about + "is not in sync";
            else missing = what_replicas_miss(each, about);
        });
        return missing;
    }

    std::string what_replicas_miss(metadata::partition const& of, std::string const& about) {
        auto* const led = world_.inside(of.leader).logs().find(of.group);
        if (led == nullptr || !led->is_leader()) return about + "is not led by node " + name(of.leader);
        for (auto const each : of.replicas) {
            auto* const held = world_.inside(each).logs().find(of.group);
            if (held == nullptr) return about + "is not on node " + name(each);
            if (held->applied != led->core.last_index())
                return about + "is not applied to its end on node " + name(each);
        }
        return {};
    }

    std::string what_clients_miss() {
        for (auto const& each : producers_)
            if (!each->has_finished()) return each->name() + " does not know what came of its last batch";
        for (auto const& each : readers_)
            if (!each->is_at_the_end()) return "a reader has not come to the end";
        std::set<place> owned;
        for (auto const& each : members_) {
            if (!each->is_at_the_end()) return "a member has not committed all there is";
            for (auto const& one : each->owned()) owned.insert(one.where);
        }
        if (!members_.empty() && owned.size() != partitions_) return "a partition is owned by no member";
        return {};
    }

    static std::string name(chronik::node_id node) { return std::to_string(node.value); }

    report told() {
        report made;
        made.violations = world_.found().violations();
        made.trace = world_.observed().told.value();
        made.virtual_time = world_.now().time_since_epoch();
        made.inflicted = inflicted_.counts();
        made.sent = world_.records().sent();
        made.acknowledged = world_.records().acknowledged();
        made.read = world_.records().read();
        made.assigned = world_.groups().assigned();
        made.committed = world_.groups().committed();
        made.leaders = world_.checks().leaders();
        made.entries = world_.checks().entries();
        made.brought = world_.brought();
        made.for_followers = world_.reads_for_followers();
        made.replaced = replaced_.has_replaced() ? 1U : 0U;
        made.connections_lost = world_.links().connections_lost();
        return made;
    }

    plan plan_;
    chronik::random chance_;
    world world_;
    client operator_;
    replacement replaced_;
    chronik::testing::inflict<world> inflicted_;
    std::vector<std::unique_ptr<producer>> producers_;
    std::vector<std::unique_ptr<reader>> readers_;
    std::vector<std::unique_ptr<member>> members_;
    std::size_t partitions_ = 0;
};

}  // namespace broker::world
