// SPDX-License-Identifier: Apache-2.0
#include "metadata_world.hpp"

#include <cluster/membership_links.hpp>

#include <string>
#include <vector>

namespace broker::tests {
namespace {

using metadata::node_id;
using metadata::tests::asked_by;
using texts = std::vector<std::string>;
using ids = std::vector<node_id>;

std::string text(node_address const& of) {
    return std::to_string(of.node.value) + "@" + of.host + ":" + std::to_string(of.port);
}
texts text(std::vector<node_address> const& of) {
    texts out;
    for (auto const& each : of) out.push_back(text(each));
    return out;
}

/// Node 1, which was told of node 2, and the metadata of its cluster.
struct linked_world : metadata::tests::world {
    membership_links links{node_id{1}, {{node_id{2}, "two", 12}}};
    chronik::raft::configuration members;

    linked_world() { members.voters = {node_id{1}, node_id{2}}; }

    void admit(std::uint32_t node, std::string host = "new") {
        run(metadata::admit_broker{asked_by(1), node_id{node}, std::move(host), 9092, 99});
    }
    void enrol(std::uint32_t node, std::string host = "own") {
        run(metadata::register_broker{asked_by(node), node_id{node}, 1, std::move(host), 1, 2, "", 1, 77});
    }
    void change(std::uint32_t node, bool leaves) {
        run(metadata::change_membership{asked_by(1), node_id{node}, leaves});
    }
    void decommission(std::uint32_t node) {
        change(node, true);
        run(metadata::change_broker_status{asked_by(1), node_id{node}, 1, metadata::broker_state::decommissioned});
        ASSERT_EQ(now().find_broker(node_id{node})->status, metadata::broker_state::decommissioned);
    }
    membership_links::change follow(bool current = true) { return links.follow(now(), members, current); }
};

TEST(membership_links, at_the_start_those_of_the_settings_and_of_the_disk_are_dialled) {
    linked_world world;

    auto const first = world.links.begin({{node_id{1}, "self", 1}, {node_id{2}, "elsewhere", 1}, {node_id{3}, "c", 3}});

    EXPECT_EQ(text(first.added), (texts{"2@two:12", "3@c:3"})) << "what the settings say of node 2 counts";
    EXPECT_EQ(text(world.links.all()), (texts{"2@two:12", "3@c:3"}));
}

TEST(membership_links, who_is_admitted_is_linked_before_it_has_come) {
    linked_world world;
    world.links.begin({});
    world.admit(3);

    EXPECT_EQ(text(world.follow().added), texts{"3@new:99"});
    EXPECT_TRUE(world.follow().empty()) << "once";

    world.enrol(3);
    EXPECT_TRUE(world.follow().empty()) << "it is where the operator said";
}

TEST(membership_links, who_was_there_from_the_beginning_is_found_by_its_registration) {
    linked_world world;
    world.links.begin({});
    world.enrol(1);
    world.enrol(2);
    world.enrol(3);

    EXPECT_EQ(text(world.follow().added), texts{"3@own:77"}) << "neither itself nor who is configured";
}

TEST(membership_links, an_image_that_is_not_current_drops_and_moves_nobody) {
    linked_world world;
    world.links.begin({{node_id{3}, "c", 3}, {node_id{4}, "d", 4}});
    world.admit(3, "before");
    world.admit(5);

    EXPECT_EQ(text(world.follow(false).added), texts{"5@new:99"});
    EXPECT_EQ(text(world.links.all()), (texts{"2@two:12", "3@c:3", "4@d:4", "5@new:99"}));

    auto const then = world.follow(true);
    EXPECT_EQ(text(then.added), texts{"3@before:99"});
    EXPECT_EQ(then.removed, ids{node_id{4}}) << "its admission has not been committed";
}

TEST(membership_links, who_is_decommissioned_is_let_go_when_it_is_no_member_any_more) {
    linked_world world;
    world.links.begin({});
    world.admit(3);
    world.enrol(3);
    world.members.learners = {node_id{3}};
    world.follow();

    world.decommission(3);
    EXPECT_TRUE(world.follow().empty()) << "it is still to hear of it";

    world.members.learners.clear();
    EXPECT_EQ(world.follow().removed, ids{node_id{3}});
    EXPECT_TRUE(world.follow().empty());

    world.change(3, false);
    EXPECT_EQ(text(world.follow().added), texts{"3@new:99"}) << "taken back";
}

TEST(membership_links, what_others_say_counts_until_the_metadata_here_are_as_new) {
    linked_world world;
    world.links.begin({});
    chronik::log_index const then{world.log.size() + 2};

    auto const heard = world.links.hear({{node_id{1}, "self", 1}, {node_id{2}, "elsewhere", 1}, {node_id{3}, "c", 3}},
                                        then);
    EXPECT_EQ(text(heard.added), texts{"3@c:3"}) << "neither itself nor who is configured";
    EXPECT_TRUE(world.links.hear({{node_id{3}, "moved", 4}}, then).empty()) << "the metadata will say it";
    EXPECT_TRUE(world.follow().empty()) << "an image that is old here drops nobody";

    world.admit(3);
    EXPECT_EQ(text(world.follow().added), texts{"3@new:99"});
    world.admit(4);
    EXPECT_EQ(text(world.follow().added), texts{"4@new:99"});
    world.change(3, true);
    EXPECT_EQ(world.follow().removed, ids{node_id{3}});
}

TEST(membership_links, a_node_that_others_invented_is_dropped_and_a_place_that_is_none_passed_over) {
    linked_world world;
    world.links.begin({});

    auto const heard = world.links.hear(
        {{node_id{0}, "zero", 1}, {node_id{5}, "", 1}, {node_id{6}, "six", 0}, {node_id{7}, std::string(256, 'x'), 1},
         {node_id{8}, "eight", 8}},
        chronik::log_index{1});
    EXPECT_EQ(text(heard.added), texts{"8@eight:8"});

    world.admit(3);
    EXPECT_EQ(world.follow().removed, ids{node_id{8}});
}

TEST(membership_links, who_is_configured_stays_whatever_becomes_of_it) {
    linked_world world;
    world.links.begin({});
    world.enrol(2);
    world.decommission(2);
    world.members.voters = {node_id{1}};

    EXPECT_TRUE(world.follow().empty());
    EXPECT_EQ(text(world.links.all()), texts{"2@two:12"});
}

TEST(membership_links, an_admission_that_is_taken_back_or_corrected_is_followed) {
    linked_world world;
    world.links.begin({});
    world.admit(3, "wrong");
    world.follow();

    world.admit(3, "right");
    EXPECT_EQ(text(world.follow().added), texts{"3@right:99"});

    world.change(3, true);
    EXPECT_EQ(world.follow().removed, ids{node_id{3}});
}

}  // namespace
}  // namespace broker::tests
