// SPDX-License-Identifier: Apache-2.0
#include <chronik/machine/snapshot.hpp>

#include "../../archetypes/snapshottable.hpp"
#include "../../laws/snapshot_laws.hpp"

#include <gtest/gtest.h>

namespace chronik {
namespace {

std::vector<entry> four_commands() {
    std::vector<entry> made;
    for (std::uint64_t index = 1; index <= 4; ++index)
        made.push_back({.term = log_term{1},
                        .index = log_index{index},
                        .kind = entry_kind::command,
                        .base_offset = log_offset{index - 1},
                        .record_count = 1,
                        .payload = shared_bytes::copy_of("x")});
    return made;
}

struct partition_or_metadata : archetypes::snapshottable {
    bool has_snapshots = false;
    bool takes_snapshots() const { return has_snapshots; }
    bool begins_anywhere() const { return has_snapshots; }
    bool keeps_its_log() const { return has_snapshots; }
};

}  // namespace

TEST(machine_snapshot, the_smallest_machine_keeps_the_laws) {
    auto const commands = four_commands();
    laws::snapshot_laws([] { return archetypes::snapshottable{}; }, commands, shared_bytes::copy_of("no number"));
}

TEST(machine_snapshot, a_chunk_is_given_once) {
    machine::one_chunk view{shared_bytes::copy_of("state")};
    EXPECT_EQ(view.next_chunk().text(), "state");
    EXPECT_TRUE(view.next_chunk().empty());
    EXPECT_TRUE(view.next_chunk().empty());
}

TEST(machine_snapshot, a_machine_of_several_kinds_says_which_have_snapshots) {
    EXPECT_TRUE(machine::takes_snapshots(archetypes::snapshottable{}));
    partition_or_metadata mixed;
    EXPECT_FALSE(machine::takes_snapshots(mixed));
    mixed.has_snapshots = true;
    EXPECT_TRUE(machine::takes_snapshots(mixed));
}

TEST(machine_snapshot, a_machine_needs_the_beginning_of_its_log_unless_it_says_otherwise) {
    EXPECT_FALSE(machine::begins_anywhere(archetypes::snapshottable{}));
    partition_or_metadata mixed;
    EXPECT_FALSE(machine::begins_anywhere(mixed));
    mixed.has_snapshots = true;
    EXPECT_TRUE(machine::begins_anywhere(mixed));
}

TEST(machine_snapshot, a_log_is_cut_behind_a_snapshot_unless_the_machine_says_otherwise) {
    EXPECT_FALSE(machine::keeps_its_log(archetypes::snapshottable{}));
    partition_or_metadata mixed;
    EXPECT_FALSE(machine::keeps_its_log(mixed));
    mixed.has_snapshots = true;
    EXPECT_TRUE(machine::keeps_its_log(mixed));
}

}  // namespace chronik
