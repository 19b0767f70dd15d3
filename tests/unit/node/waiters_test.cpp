// SPDX-License-Identifier: Apache-2.0
#include <chronik/node/waiters.hpp>

#include <gtest/gtest.h>

namespace chronik {
namespace {

using some_waiters = waiters<int>;

TEST(waiters, whoever_waits_for_entries_is_waited_for) {
    some_waiters fresh;
    EXPECT_TRUE(fresh.none());

    some_waiters committing;
    committing.commit.push({.index = log_index{1}, .term = log_term{1}, .base_offset = {}, .done = [](auto&&) {}});
    some_waiters syncing;
    syncing.sync.push({.index = log_index{1}, .term = log_term{1}, .base_offset = {}, .done = [](auto&&) {}});
    some_waiters reading;
    reading.reads.push({log_term{1}, 1}, [](std::error_code) {});
    for (auto const* each : {&committing, &syncing, &reading}) {
        EXPECT_TRUE(each->for_entries());
        EXPECT_FALSE(each->none());
    }
}

TEST(waiters, who_waits_for_a_transfer_or_a_change_waits_for_no_entry) {
    some_waiters transferring;
    transferring.transfer = [](std::error_code) {};
    some_waiters changing;
    EXPECT_FALSE(changing.change.begin({.voters = {node_id{1}}}, [](std::error_code) {}));
    for (auto const* each : {&transferring, &changing}) {
        EXPECT_FALSE(each->for_entries());
        EXPECT_FALSE(each->none());
    }
}

}  // namespace
}  // namespace chronik
