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

TEST(storage_jobs, a_shortage_is_tried_again_after_a_while_and_anything_else_is_told_as_failed) {
    struct preparing_storage : archetypes::group_storage {
        std::error_code outcome;
        int begun = 0;
        std::optional<prepare_job> begin_prepare() {
            ++begun;
            return prepare_job{};
        }
        result<void> finish_prepare(prepare_job&&) {
            return outcome ? result<void>{std::unexpected(outcome)} : result<void>{};
        }
    };
    for (errc const shortage : {errc::out_of_space, errc::out_of_descriptors}) {
        preparing_storage storage;
        test::manual_executor lanes;
        std::error_code failed;
        storage_jobs<preparing_storage, test::manual_executor> of(
            storage, lanes, std::chrono::seconds{1},
            {.flushed = [] {}, .prepared = [] {}, .failed = [&](std::error_code error) { failed = error; }});
        time_point const began{std::chrono::seconds{5}};
        storage.outcome = shortage;

        of.start_prepare(began);
        lanes.finish_one();
        of.start_prepare(began + std::chrono::milliseconds{999});
        EXPECT_EQ(storage.begun, 1);
        EXPECT_FALSE(failed);
        storage.outcome = errc::storage_failed;
        of.start_prepare(began + std::chrono::seconds{1});
        lanes.finish_one();
        EXPECT_EQ(storage.begun, 2);
        EXPECT_EQ(failed, errc::storage_failed);
    }
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
