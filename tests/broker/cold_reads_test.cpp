// SPDX-License-Identifier: Apache-2.0
#include <partitions/cold_reads.hpp>

#include <unit/wal/settled_log_fixture.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace broker::tests {
namespace {

using chronik::group_id;
using chronik::log_offset;
using chronik::shared_bytes;
using chronik::wal::settled_range;
using partitions::cold_reads;
using bytes_view = std::span<std::byte const>;

/// Lanes that do their work when the test says so, and a memory that has nothing.
struct cold_reads_world {
    struct job {
        std::size_t lane;
        chronik::task work;
        chronik::task finished;
    };

    chronik::wal::tests::settled_log log{group_id{7}};
    std::deque<job> jobs;
    bool holds = false;
    std::error_code device;
    std::size_t bytes_brought = 0;
    std::size_t bytes_cooled = 0;
    std::vector<std::string> lines;
    log_writer writer{{.sink = [this](std::string_view line) { lines.emplace_back(line); }}};
    std::optional<cold_reads> reads;

    explicit cold_reads_world(cold_reads::limits limits = {.lanes = 2}) {
        reads.emplace(limits,
                      cold_reads::parts{.memory = memory(),
                                        .run =
                                            [this](auto lane, auto work, auto finished) {
                                                jobs.push_back({lane, std::move(work), std::move(finished)});
                                            }},
                      logger{writer, "partitions"});
    }

    partitions::file_memory memory() {
        return {.holds = [this](bytes_view) { return holds; },
                .bring =
                    [this](bytes_view bytes) {
                        bytes_brought += bytes.size();
                        return device ? chronik::result<void>{std::unexpected(device)} : chronik::result<void>{};
                    },
                .cool = [this](bytes_view bytes) { bytes_cooled += bytes.size(); }};
    }
    settled_range part(std::size_t bytes, group_id of = {7}) {
        auto& from = of == log.group ? log : other_log(of);
        return chronik::wal::settled_range_of(from.log().settled_from({}), {}, bytes);
    }
    shared_bytes data(std::size_t first, std::size_t count) {
        return log.log().settled().front()->data().slice(first, count);
    }
    /// The oldest job.
    void run_one() {
        ASSERT_FALSE(jobs.empty());
        job next = std::move(jobs.front());
        jobs.pop_front();
        next.work();
        next.work = nullptr;
        next.finished();
    }
    void bring(cold_reads::told done) { reads->bring(part(4000), cold_reads::reason::fetch, std::move(done)); }
    cold_reads::told note(std::string name) {
        return [this, name = std::move(name)](auto const& made) { told += made.error ? name + "!" : name; };
    }

    std::string told;

private:
    chronik::wal::tests::settled_log& other_log(group_id of) {
        return others.try_emplace(of.value, of).first->second;
    }
    std::map<std::uint64_t, chronik::wal::tests::settled_log> others;
};

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
