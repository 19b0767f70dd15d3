// SPDX-License-Identifier: Apache-2.0
#include <cluster/control_messages.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace broker::control {
namespace {

using chronik::errc;
using chronik::shared_bytes;

propose a_proposal() { return {7, shared_bytes::copy_of(std::string_view{"command"})}; }

plan_topics a_plan() {
    plan_topics asked;
    asked.correlation = 9;
    asked.request = {chronik::node_id{2}, 77, 9};
    auto& topic = asked.topics.emplace_back();
    topic.name = "orders";
    topic.partitions = 3;
    topic.configs.push_back({"retention.ms", "1000"});
    topic.assignment.emplace_back().replicas = {chronik::node_id{1}, chronik::node_id{3}};
    asked.topics.emplace_back().name = "payments";
    return asked;
}

plan_partitions a_growth() {
    plan_partitions asked;
    asked.correlation = 11;
    asked.request = {chronik::node_id{2}, 77, 11};
    asked.topics.push_back({"orders", 6, std::nullopt, true});
    asked.topics.push_back({"payments", 2, std::vector<metadata::new_partition>{{{chronik::node_id{3}}}}, false});
    return asked;
}

answer an_answer() {
    answer told;
    told.correlation = 9;
    told.leads = true;
    told.proposed = true;
    told.leader = chronik::node_id{3};
    told.problems.push_back({1, metadata::error::topic_exists, "Topic 'payments' already exists."});
    return told;
}

hand_over a_handover() { return {chronik::group_id{1007}, chronik::log_term{4}, chronik::node_id{2}}; }

known_nodes told_nodes() {
    return {chronik::log_index{9}, {{chronik::node_id{2}, "two", 12}, {chronik::node_id{3}, "c", 13}}};
}

message round_trip(message const& what) {
    auto const frame = to_frame(what);
    EXPECT_EQ(frame.channel, channel);
    auto read = from_frame(frame.joined());
    EXPECT_TRUE(read) << read.error().message();
    return std::move(*read);
}

TEST(control_messages, each_comes_out_as_it_went_in) {
    auto const proposal = std::get<propose>(round_trip(a_proposal()));
    EXPECT_EQ(proposal.correlation, 7U);
    EXPECT_EQ(proposal.command.text(), "command");

    auto const plan = std::get<plan_topics>(round_trip(a_plan()));
    EXPECT_EQ(plan.request, a_plan().request);
    EXPECT_EQ(plan.topics, a_plan().topics);

    auto const growth = std::get<plan_partitions>(round_trip(a_growth()));
    EXPECT_EQ(growth.request, a_growth().request);
    EXPECT_EQ(growth.topics, a_growth().topics);

    auto const told = std::get<answer>(round_trip(an_answer()));
    EXPECT_TRUE(told.leads && told.proposed && !told.decided);
    EXPECT_EQ(told.leader, chronik::node_id{3});
    ASSERT_EQ(told.problems.size(), 1U);
    EXPECT_EQ(told.problems[0].topic, 1U);
    EXPECT_EQ(told.problems[0].error, metadata::error::topic_exists);
    EXPECT_EQ(told.problems[0].message, "Topic 'payments' already exists.");

    auto const beat = std::get<heartbeat>(round_trip(heartbeat{5, true}));
    EXPECT_EQ(beat.incarnation, 5U);
    EXPECT_TRUE(beat.ready);

    auto const asked = std::get<hand_over>(round_trip(a_handover()));
    EXPECT_EQ(asked.group, chronik::group_id{1007});
    EXPECT_EQ(asked.term, chronik::log_term{4});
    EXPECT_EQ(asked.to, chronik::node_id{2});

    EXPECT_EQ(std::get<ask_nodes>(round_trip(ask_nodes{chronik::log_index{7}})).version, chronik::log_index{7});
    auto const nodes = std::get<known_nodes>(round_trip(told_nodes()));
    EXPECT_EQ(nodes.version, told_nodes().version);
    EXPECT_EQ(nodes.nodes, told_nodes().nodes);
}

class cut_message : public testing::TestWithParam<message> {};

TEST_P(cut_message, is_malformed_wherever_it_is_cut) {
    auto const whole = to_frame(GetParam()).joined();

    for (std::size_t size = 0; size < whole.size(); ++size) {
        auto const read = from_frame(whole.slice(0, size));
        ASSERT_FALSE(read) << size;
        ASSERT_EQ(read.error(), errc::malformed) << size;
    }
}

TEST_P(cut_message, is_malformed_with_a_byte_behind_it) {
    auto const whole = to_frame(GetParam()).joined();
    std::vector<std::byte> longer{whole.view().begin(), whole.view().end()};
    longer.push_back(std::byte{0});

    auto const read = from_frame(shared_bytes{std::move(longer)});

    ASSERT_FALSE(read);
    EXPECT_EQ(read.error(), errc::malformed);
}

INSTANTIATE_TEST_SUITE_P(control_messages, cut_message,
                         testing::Values(message{a_proposal()}, message{a_plan()}, message{an_answer()},
                                         message{heartbeat{5, true}}, message{a_growth()}, message{a_handover()},
                                         message{ask_nodes{chronik::log_index{7}}}, message{told_nodes()}));

TEST(control_messages, another_version_and_an_unknown_kind_are_told_apart) {
    auto const newer = from_frame(shared_bytes{std::vector{std::byte{version + 1}, std::byte{0}}});
    auto const unknown = from_frame(shared_bytes{std::vector{std::byte{version}, std::byte{8}}});

    ASSERT_FALSE(newer || unknown);
    EXPECT_EQ(newer.error(), errc::unsupported_version);
    EXPECT_EQ(unknown.error(), errc::malformed);
}

}  // namespace
}  // namespace broker::control
