// SPDX-License-Identifier: Apache-2.0
#include <partitions/cold_reads.hpp>

#include <broker/cold_reads_world.hpp>

#include <gtest/gtest.h>

#include <string>
#include <system_error>
#include <utility>

namespace broker::tests {
namespace {

TEST(cold_reads, who_waits_is_told_when_everything_is_there) {
    cold_reads_world world;

    world.bring(world.note("a"));
    EXPECT_EQ(world.told, "");
    EXPECT_EQ(world.reads->waiting(), 1U);
    EXPECT_EQ(world.bytes_brought, 0U);
    world.run_one();

    EXPECT_EQ(world.told, "a");
    EXPECT_EQ(world.reads->waiting(), 0U);
    EXPECT_GT(world.bytes_brought, 4000U);
    EXPECT_EQ(world.reads->counted(cold_reads::reason::fetch).reads, 1U);
    EXPECT_GE(world.reads->counted(cold_reads::reason::fetch).bytes, 4000U);
}

TEST(cold_reads, no_more_run_at_once_than_there_are_lanes_and_the_rest_in_order) {
    cold_reads_world world;

    for (char const each : {'a', 'b', 'c', 'd'}) world.bring(world.note(std::string{each}));
    ASSERT_EQ(world.jobs.size(), 2U);
    EXPECT_NE(world.jobs[0].lane, world.jobs[1].lane);
    while (!world.jobs.empty()) world.run_one();

    EXPECT_EQ(world.told, "abcd");
}

TEST(cold_reads, clients_and_followers_each_have_a_lane_that_prefers_them) {
    cold_reads_world world;
    world.bring(world.note("a"));
    world.bring(world.note("b"));
    world.bring(world.note("F"), cold_reads::reason::follower);
    world.bring(world.note("c"));
    world.bring(world.note("d"));

    while (!world.jobs.empty()) world.run_one();

    EXPECT_EQ(world.told, "abcFd");
    EXPECT_EQ(world.reads->counted(cold_reads::reason::fetch).reads, 4U);
    EXPECT_EQ(world.reads->counted(cold_reads::reason::follower).reads, 1U);
}

TEST(cold_reads, one_lane_is_free_of_what_nobody_waits_for) {
    cold_reads_world world;
    world.reads->bring_ahead(world.part(4000, {8}), {}, {});
    world.reads->bring_ahead(world.part(4000, {9}), {}, {});
    ASSERT_EQ(world.jobs.size(), 1U);

    world.bring(world.note("a"));
    ASSERT_EQ(world.jobs.size(), 2U);
    world.bring(world.note("b"));
    world.run_one();
    world.run_one();
    EXPECT_EQ(world.told, "a") << "the lane that was busy with reading ahead goes to who waits";
    world.run_one();

    EXPECT_EQ(world.told, "ab");
    while (!world.jobs.empty()) world.run_one();
    EXPECT_EQ(world.reads->counted(cold_reads::reason::ahead).reads, 2U);
    EXPECT_EQ(world.reads->bytes_ahead(), 0U);
}

TEST(cold_reads, what_is_in_memory_is_not_read_ahead) {
    cold_reads_world world;
    world.holds = true;

    world.reads->bring_ahead(world.part(4000), world.data(0, 4000), world.data(4000, 9000));
    EXPECT_TRUE(world.jobs.empty());
    world.holds = false;
    world.reads->bring_ahead(world.part(4000), world.data(0, 4000), world.data(4000, 9000));
    world.run_one();

    EXPECT_EQ(world.bytes_cooled, 4000U) << "what the reader has got goes before other pages";
}

TEST(cold_reads, one_window_is_read_ahead_for_a_partition_and_no_more_than_the_limit_for_all) {
    cold_reads_world world{{.lanes = 2, .ahead_bytes_max = 10'000, .window_bytes_max = 5000}};

    world.reads->bring_ahead(world.part(100'000), {}, {});
    world.reads->bring_ahead(world.part(100'000), {}, {});
    EXPECT_EQ(world.reads->bytes_ahead(), 5000U);
    world.reads->bring_ahead(world.part(4000, {8}), {}, {});
    world.reads->bring_ahead(world.part(4000, {9}), {}, {});
    EXPECT_EQ(world.reads->bytes_ahead(), 9000U) << "the third would be beyond the limit";
    while (!world.jobs.empty()) world.run_one();

    EXPECT_EQ(world.reads->counted(cold_reads::reason::ahead).reads, 2U);
    EXPECT_EQ(world.reads->bytes_ahead(), 0U);
    world.reads->bring_ahead(world.part(4000), {}, {});
    EXPECT_EQ(world.jobs.size(), 1U);
}

TEST(cold_reads, a_file_that_cannot_be_read_is_told_and_named) {
    cold_reads_world world;
    world.device = std::make_error_code(std::errc::io_error);

    world.bring(world.note("a"));
    world.run_one();

    EXPECT_EQ(world.told, "a!");
    EXPECT_EQ(world.reads->failures(), 1U);
    ASSERT_EQ(world.lines.size(), 1U);
    EXPECT_NE(world.lines[0].find("cannot read settled-0000000007-00000000000000000001.rows"), std::string::npos)
        << world.lines[0];
}

TEST(cold_reads, what_a_job_reads_outlives_the_log_that_it_was_of) {
    cold_reads_world world;
    world.bring(world.note("a"));

    world.log.stored.remove_group(world.log.group);
    EXPECT_TRUE(world.log.stored.flush());
    EXPECT_TRUE(world.log.stored.prepare());
    world.run_one();

    EXPECT_EQ(world.told, "a");
}

TEST(cold_reads, who_is_forgotten_is_not_told_and_a_late_end_harms_nobody) {
    cold_reads_world world;
    for (char const each : {'a', 'b', 'c'}) world.bring(world.note(std::string{each}));
    auto late = std::move(world.jobs);
    world.jobs.clear();

    world.reads->clear();
    EXPECT_EQ(world.reads->waiting(), 0U);
    late[0].work();
    late[0].finished();
    world.reads.reset();
    late[1].work();
    late[1].finished();

    EXPECT_EQ(world.told, "");
}

}  // namespace
}  // namespace broker::tests
