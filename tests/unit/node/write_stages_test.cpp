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
    raft::options const settings;
    raft::core<archetypes::memory_log> core{node_id{1}, {{node_id{1}}, {}}, settings, {}, empty, 1, {}};
    raft::effects effects;
    core.campaign({}, effects);
    return std::move(*effects.persist);
}

std::vector<group_id> told(write_stages& writes) {
    std::vector<group_id> groups;
    writes.tell_durable([&](group_id group, raft::write&& done) {
        groups.push_back(group);
        static_cast<void>(std::move(done).completed());
    });
    return groups;
}

TEST(write_stages, a_write_is_durable_only_after_the_flush_that_took_it) {
    write_stages writes;
    write_stages::mark of_first;
    write_stages::mark of_second;
    writes.stage(first, some_write(), of_first);
    EXPECT_TRUE(told(writes).empty());

    writes.begin_flush();
    writes.stage(second, some_write(), of_second);
    EXPECT_TRUE(told(writes).empty());

    writes.finish_flush();
    EXPECT_EQ(told(writes), std::vector{first}) << "what was staged during the flush is not covered by it";
    EXPECT_TRUE(told(writes).empty());
    EXPECT_FALSE(writes.empty());
}

TEST(write_stages, the_newest_write_of_a_group_speaks_for_those_before_it_under_the_same_flush) {
    write_stages writes;
    write_stages::mark of_first;
    write_stages::mark of_second;
    writes.stage(first, some_write(), of_first);
    writes.stage(second, some_write(), of_second);
    writes.stage(first, some_write(), of_first);
    writes.begin_flush();
    writes.stage(first, some_write(), of_first);

    writes.finish_flush();
    EXPECT_EQ(told(writes), (std::vector{first, second}));
    writes.begin_flush();
    writes.finish_flush();
    EXPECT_EQ(told(writes), std::vector{first}) << "another flush, another proof";
}

TEST(write_stages, a_removed_group_leaves_no_write_at_any_stage) {
    write_stages writes;
    write_stages::mark newest;
    writes.stage(first, some_write(), newest);
    writes.begin_flush();
    writes.finish_flush();
    writes.stage(first, some_write(), newest);
    writes.begin_flush();
    writes.stage(first, some_write(), newest);

    writes.forget(first);

    EXPECT_TRUE(told(writes).empty());
    EXPECT_TRUE(writes.empty());
}

TEST(write_stages, a_group_removed_while_others_are_told_is_not_told) {
    write_stages writes;
    write_stages::mark of_first;
    write_stages::mark of_second;
    writes.stage(first, some_write(), of_first);
    writes.stage(second, some_write(), of_second);
    writes.begin_flush();
    writes.finish_flush();

    std::vector<group_id> groups;
    writes.tell_durable([&](group_id group, raft::write&&) {
        groups.push_back(group);
        writes.forget(second);
    });

    EXPECT_EQ(groups, std::vector{first});
}

}  // namespace
}  // namespace chronik
