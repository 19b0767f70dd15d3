// SPDX-License-Identifier: Apache-2.0
#include <chronik/node/write_stages.hpp>
#include <chronik/raft/core.hpp>

#include "../../archetypes/group_storage.hpp"

#include <gtest/gtest.h>

namespace chronik {
namespace {

constexpr group_id first{1};
constexpr group_id second{2};

/// Only a core makes writes: the vote of a group of one that stands for election.
raft::write some_write() {
    static archetypes::memory_log const empty;
    raft::core<archetypes::memory_log> core{node_id{1}, {{node_id{1}}, {}}, {}, {}, empty, 1, {}};
    raft::effects effects;
    core.campaign({}, effects);
    return std::move(*effects.persist);
}

TEST(write_stages, a_write_is_durable_only_after_the_flush_that_took_it) {
    write_stages writes;
    writes.stage(first, some_write());
    EXPECT_FALSE(writes.take_durable());

    writes.begin_flush();
    writes.stage(second, some_write());
    EXPECT_FALSE(writes.take_durable());

    writes.finish_flush();
    auto const done = writes.take_durable();
    ASSERT_TRUE(done);
    EXPECT_EQ(done->group, first);
    EXPECT_FALSE(writes.take_durable()) << "what was staged during the flush is not covered by it";
    EXPECT_FALSE(writes.empty());
}

TEST(write_stages, a_removed_group_leaves_no_write_at_any_stage) {
    write_stages writes;
    writes.stage(first, some_write());
    writes.begin_flush();
    writes.finish_flush();
    writes.stage(first, some_write());
    writes.begin_flush();
    writes.stage(first, some_write());

    writes.forget(first);

    EXPECT_TRUE(writes.empty());
    EXPECT_FALSE(writes.take_durable());
}

}  // namespace
}  // namespace chronik
