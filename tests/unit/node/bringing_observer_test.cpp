// SPDX-License-Identifier: Apache-2.0
#include "host_fixture.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace chronik::test {
namespace {

constexpr group_id orders{7};

/// A log whose older entries are on the device alone, as far as the test says.
struct distant_log {
    archetypes::memory_log const* kept;
    log_index const* away_to;

    bool is_at_hand(log_index at) const { return at > *away_to; }
    log_index base_index() const { return kept->base_index(); }
    log_term base_term() const { return kept->base_term(); }
    log_offset base_offset() const { return kept->base_offset(); }
    log_index first_index() const { return kept->first_index(); }
    log_index last_index() const { return kept->last_index(); }
    raft::hard_state hard_state() const { return kept->hard_state(); }
    result<log_term> term_at(log_index at) const { return kept->term_at(at); }
    result<entry> read(log_index at) const { return kept->read(at); }
};

struct distant_storage : archetypes::group_storage {
    log_index away_to;
    std::map<group_id, distant_log> views;

    distant_log const* find(group_id group) {
        auto const found = views.find(group);
        return found == views.end() ? nullptr : &found->second;
    }
    distant_log const& create_group(group_id group) {
        auto const& kept = archetypes::group_storage::create_group(group);
        return views.insert_or_assign(group, distant_log{&kept, &away_to}).first->second;
    }
    void remove_group(group_id group) {
        views.erase(group);
        archetypes::group_storage::remove_group(group);
    }
};

struct asked_observer : event_log {
    std::vector<std::pair<group_id, log_index>> asked;
    void wanted(group_id group, log_index at) { asked.emplace_back(group, at); }
};

/// A leader, and a follower that has missed five entries, which are all on the leader's device alone.
template <class Observer>
struct two_nodes {
    using bag = policies<use<slot::storage, distant_storage&>, use<slot::transport, transport::loopback::endpoint&>,
                         use_type<slot::machine, recorder>, use<slot::executor, manual_executor&>,
                         use<slot::observer, Observer&>>;
    struct member {
        distant_storage storage;
        manual_executor executor;
        Observer observed;
        std::optional<transport::loopback::endpoint> link;
        std::unique_ptr<host<bag>> node;
    };

    transport::loopback network;
    std::map<std::uint32_t, member> members;
    time_point now{std::chrono::seconds{1}};
    bool is_cut = false;  ///< the second one hears nothing

    two_nodes() {
        for (std::uint32_t const number : {1U, 2U}) {
            auto& added = members[number];
            added.link.emplace(
                network.attach(node_id{number}, [this, number](node_id from, std::uint8_t, shared_bytes body) {
                    if (number == 1 || !is_cut) members.at(number).node->on_frame(from, std::move(body), now);
                }));
            added.node = std::make_unique<host<bag>>(
                node_id{number},
                bag{use<slot::storage, distant_storage&>{added.storage},
                    use<slot::transport, transport::loopback::endpoint&>{*added.link},
                    use_type<slot::machine, recorder>{}, use<slot::executor, manual_executor&>{added.executor},
                    use<slot::observer, Observer&>{added.observed}},
                host_options{}, number, [] {});
        }
        raft::configuration both;
        both.voters = {node_id{1}, node_id{2}};
        for (auto& [number, one] : members)
            EXPECT_TRUE(one.node->open_group(orders, both, recorder{}, number == 1, now));
        settle();
        EXPECT_EQ(durable_on_follower(), log_index{1});

        is_cut = true;
        for (int each = 0; each < 5; ++each) {
            EXPECT_TRUE(leader().propose(orders, shared_bytes::copy_of("x"), 1, acknowledge::committed, 0, now, {}));
        }
        settle();
        EXPECT_EQ(leader().find(orders)->core.durable_index(), log_index{6});
        members.at(1).storage.away_to = log_index{6};
        is_cut = false;
    }

    host<bag>& leader() { return *members.at(1).node; }
    std::vector<std::pair<group_id, log_index>> const& asked() { return members.at(1).observed.asked; }
    log_index durable_on_follower() { return members.at(2).node->find(orders)->core.durable_index(); }

    void settle() {
        for (bool moved = true; moved;) {
            moved = false;
            for (auto& [number, one] : members) {
                one.node->finish_turn(now);
                while (one.executor.finish_one()) moved = true;
            }
            while (network.deliver_one()) moved = true;
        }
    }
    void next_round() {
        now += host_options{}.raft.heartbeat_interval;
        for (auto& [number, one] : members) one.node->on_time(now);
        settle();
    }
};

TEST(bringing_observer, is_asked_for_what_a_follower_needs_and_it_is_sent_when_it_is_there) {
    two_nodes<asked_observer> nodes;

    nodes.next_round();
    ASSERT_FALSE(nodes.asked().empty());
    EXPECT_EQ(nodes.asked().back(), (std::pair{orders, log_index{2}}));
    EXPECT_EQ(nodes.durable_on_follower(), log_index{1});
    auto const told = nodes.asked().size();
    nodes.next_round();
    EXPECT_GT(nodes.asked().size(), told) << "asked again: it may have been forgotten";
    EXPECT_EQ(nodes.durable_on_follower(), log_index{1});

    nodes.leader().at_hand(orders, log_index{2}, log_index{4}, nodes.now);
    nodes.settle();
    EXPECT_EQ(nodes.durable_on_follower(), log_index{4});
    EXPECT_EQ(nodes.asked().back(), (std::pair{orders, log_index{5}}));

    nodes.leader().at_hand(orders, log_index{5}, log_index{6}, nodes.now);
    nodes.settle();
    EXPECT_EQ(nodes.durable_on_follower(), log_index{6});
    EXPECT_EQ(nodes.leader().find(orders)->core.commit_index(), log_index{6});
}

TEST(bringing_observer, what_nobody_needs_any_more_is_no_harm) {
    two_nodes<asked_observer> nodes;

    nodes.leader().at_hand(group_id{99}, log_index{1}, log_index{9}, nodes.now);
    nodes.leader().at_hand(orders, log_index{100}, log_index{200}, nodes.now);
    nodes.members.at(2).node->at_hand(orders, log_index{1}, log_index{9}, nodes.now);
    nodes.settle();

    EXPECT_EQ(nodes.durable_on_follower(), log_index{1});
}

TEST(bringing_observer, a_host_whose_observer_is_none_waits_for_the_device) {
    two_nodes<event_log> nodes;

    nodes.next_round();

    EXPECT_EQ(nodes.durable_on_follower(), log_index{6});
    EXPECT_EQ(nodes.leader().find(orders)->core.commit_index(), log_index{6});
}

}  // namespace
}  // namespace chronik::test
