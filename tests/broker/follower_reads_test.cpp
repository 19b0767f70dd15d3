// SPDX-License-Identifier: Apache-2.0
#include <partitions/follower_reads.hpp>

#include <broker/cold_reads_world.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <system_error>

namespace broker::tests {
namespace {

using chronik::log_index;
using partitions::follower_reads;
using runs_view = std::span<chronik::wal::settled_run_ptr const>;

constexpr std::size_t everything = std::numeric_limits<std::size_t>::max();

/// A log of which nothing is in memory, and what its leader is told.
struct follower_reads_world : cold_reads_world {
    std::string sent;
    follower_reads followers;

    explicit follower_reads_world(std::size_t window_bytes = everything)
        : followers({.reads = *reads,
                     .runs =
                         [this](group_id group, log_index at) {
                             return group == log.group ? log.log().settled_from_entry(at) : runs_view{};
                         },
                     .at_hand =
                         [this](group_id group, log_index first, log_index last) {
                             EXPECT_EQ(group, log.group);
                             sent += std::to_string(first.value) + "-" + std::to_string(last.value) + " ";
                         }},
                    window_bytes) {}

    std::string floor() const { return std::to_string(log.log().floor().index.value); }
};

TEST(follower_reads, what_is_wanted_is_brought_and_told_with_what_is_behind_it) {
    follower_reads_world world;

    world.followers.wanted({7}, {5});
    EXPECT_EQ(world.sent, "");
    EXPECT_EQ(world.reads->waiting(), 1U);
    world.run_one();

    EXPECT_EQ(world.sent, "5-" + world.floor() + " ");
    EXPECT_TRUE(world.jobs.empty()) << "nothing is behind it";
    EXPECT_EQ(world.reads->counted(cold_reads::reason::follower).reads, 1U);
}

TEST(follower_reads, what_is_on_its_way_is_not_brought_twice) {
    follower_reads_world world;

    world.followers.wanted({7}, {5});
    world.followers.wanted({7}, {5});
    EXPECT_EQ(world.jobs.size(), 1U);
    world.followers.wanted({7}, {500});
    EXPECT_EQ(world.jobs.size(), 2U) << "another follower is elsewhere";
    while (!world.jobs.empty()) world.run_one();

    EXPECT_EQ(world.sent, "5-" + world.floor() + " 500-" + world.floor() + " ");
    world.followers.wanted({7}, {5});
    EXPECT_EQ(world.jobs.size(), 1U) << "it may have gone from memory again";
}

TEST(follower_reads, the_window_behind_it_is_brought_ahead) {
    follower_reads_world world{10'000};

    world.followers.wanted({7}, {1});
    world.run_one();

    EXPECT_NE(world.sent, "1-" + world.floor() + " ");
    EXPECT_TRUE(world.sent.starts_with("1-")) << world.sent;
    ASSERT_EQ(world.jobs.size(), 1U);
    world.run_one();
    EXPECT_EQ(world.reads->counted(cold_reads::reason::ahead).reads, 1U);
    EXPECT_GE(world.reads->counted(cold_reads::reason::ahead).bytes, 10'000U);
    EXPECT_EQ(world.sent.find(' '), world.sent.size() - 1) << "nobody has wanted that";
}

TEST(follower_reads, what_is_not_settled_and_who_is_not_there_is_not_waited_for) {
    follower_reads_world world;

    world.followers.wanted({8}, {1});
    world.followers.wanted({7}, world.log.log().floor().index + 1);
    world.followers.wanted({7}, {});

    EXPECT_TRUE(world.jobs.empty());
    EXPECT_EQ(world.reads->waiting(), 0U);
}

TEST(follower_reads, what_comes_before_a_damage_is_sent_and_the_rest_when_it_is_wanted_again) {
    follower_reads_world world;
    auto const& second = *world.log.log().settled()[1];
    world.device = std::make_error_code(std::errc::io_error);
    world.damaged = second.data().view().subspan(second.data_bytes() - 1, 1);

    world.followers.wanted({7}, {1});
    world.run_one();
    EXPECT_EQ(world.sent, "1-" + std::to_string(second.last_index().value - 1) + " ");
    EXPECT_TRUE(world.jobs.empty()) << "nothing is read ahead behind a damage";
    world.sent.clear();

    world.followers.wanted({7}, second.last_index());
    world.run_one();
    EXPECT_EQ(world.sent, "");
    EXPECT_EQ(world.reads->failures(), 2U);
    world.device.clear();
    world.followers.wanted({7}, second.last_index());
    world.run_one();
    EXPECT_EQ(world.sent, std::to_string(second.last_index().value) + "-" + world.floor() + " ");
}

}  // namespace
}  // namespace broker::tests
