// SPDX-License-Identifier: Apache-2.0
#include "host_fixture.hpp"

#include <chronik/node/storage_jobs.hpp>

#include <gtest/gtest.h>

namespace chronik {
namespace {

using jobs = storage_jobs<archetypes::group_storage, test::manual_executor>;

struct heard {
    int flushed = 0;
    std::error_code failed;
    jobs::handlers handlers() {
        return {.flushed = [this] { ++flushed; }, .prepared = [] {},
                .failed = [this](std::error_code error) { failed = error; }};
    }
};

TEST(storage_jobs, one_flush_is_under_way_at_a_time) {
    archetypes::group_storage storage;
    test::manual_executor lanes;
    heard told;
    jobs of(storage, lanes, duration{1}, told.handlers());
    EXPECT_FALSE(of.start_flush({}, [] {})) << "nothing is staged";

    ASSERT_TRUE(storage.stage(group_id{1}, raft::hard_state{}, {}));
    int begun = 0;
    EXPECT_TRUE(of.start_flush({}, [&] { ++begun; }));
    ASSERT_TRUE(storage.stage(group_id{1}, raft::hard_state{}, {}));
    EXPECT_FALSE(of.start_flush({}, [&] { ++begun; }));
    EXPECT_EQ(begun, 1);
    EXPECT_FALSE(of.idle());

    EXPECT_TRUE(lanes.finish_one());
    EXPECT_EQ(told.flushed, 1);
    EXPECT_TRUE(of.start_flush({}, [&] { ++begun; })) << "what was staged meanwhile";
}

TEST(storage_jobs, a_flush_takes_from_the_turn_that_starts_it_to_the_turn_that_learns_of_its_end) {
    archetypes::group_storage storage;
    test::manual_executor lanes;
    heard told;
    jobs of(storage, lanes, duration{1}, told.handlers());
    time_point const began{std::chrono::seconds{5}};
    ASSERT_TRUE(storage.stage(group_id{1}, raft::hard_state{}, {}));
    of.start_flush(began, [] {});
    of.start_flush(began + std::chrono::seconds{1}, [] {});
    EXPECT_EQ(of.flush_times().sum(), duration{}) << "it is under way";

    lanes.finish_one();
    of.start_flush(began + std::chrono::milliseconds{3}, [] {});
    of.start_flush(began + std::chrono::hours{1}, [] {});

    EXPECT_EQ(of.flush_times().sum(), std::chrono::milliseconds{3});
}

TEST(storage_jobs, a_flush_that_fails_is_told_as_failed) {
    archetypes::group_storage storage;
    test::manual_executor lanes;
    heard told;
    jobs of(storage, lanes, duration{1}, told.handlers());
    ASSERT_TRUE(storage.stage(group_id{1}, raft::hard_state{}, {}));
    storage.fail_flushes = true;

    of.start_flush({}, [] {});
    lanes.finish_one();

    EXPECT_EQ(told.failed, errc::storage_failed);
    EXPECT_EQ(told.flushed, 0);
}

TEST(storage_jobs, completions_after_the_owner_is_gone_do_nothing) {
    archetypes::group_storage storage;
    test::manual_executor lanes;
    heard told;
    {
        jobs of(storage, lanes, duration{1}, told.handlers());
        ASSERT_TRUE(storage.stage(group_id{1}, raft::hard_state{}, {}));
        of.start_flush({}, [] {});
    }

    EXPECT_TRUE(lanes.finish_one());

    EXPECT_EQ(told.flushed, 0);
}

}  // namespace
}  // namespace chronik
