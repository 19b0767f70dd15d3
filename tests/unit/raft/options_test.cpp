// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/options.hpp>

#include <gtest/gtest.h>

namespace {

using chronik::raft::options;

TEST(raft_options, defaults_pass_their_own_check) { check(options{}); }

TEST(raft_options, heartbeat_slower_than_the_election_timeout_is_our_mistake) {
    options wrong;
    wrong.heartbeat_interval = wrong.election_timeout_min;

    EXPECT_DEATH(check(wrong), "heartbeat_interval < settings.election_timeout_min");
}

}  // namespace
