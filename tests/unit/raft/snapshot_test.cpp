// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/snapshot.hpp>

#include <gtest/gtest.h>

namespace chronik::raft {
namespace {

snapshot_info sound() {
    return {.last_index = {7}, .last_term = {2}, .next_offset = {70},
            .members = {.voters = {node_id{1}}, .learners = {}}, .bytes = 3, .crc = 1};
}

}  // namespace

TEST(raft_snapshot, a_sound_description_is_well_formed) { EXPECT_TRUE(is_well_formed(sound())); }

TEST(raft_snapshot, without_the_state_it_is_the_same_place_in_the_log) {
    snapshot whole{sound(), shared_bytes::copy_of("abc")};
    ASSERT_TRUE(has_state(whole.info));

    snapshot const bare = without_state(whole);

    EXPECT_FALSE(has_state(bare.info));
    EXPECT_TRUE(bare.content.empty());
    EXPECT_TRUE(is_well_formed(bare.info));
    EXPECT_EQ(bare.info.crc, crc32c::value(bare.content.view()));
    EXPECT_EQ(bare.info.last_index, whole.info.last_index);
    EXPECT_EQ(bare.info.members, whole.info.members);
}

TEST(raft_snapshot, a_description_needs_an_entry_to_end_with) {
    auto info = sound();
    info.last_index = {};
    EXPECT_FALSE(is_well_formed(info));
    info = sound();
    info.last_term = {};
    EXPECT_FALSE(is_well_formed(info));
}

TEST(raft_snapshot, numbers_that_arithmetic_would_overflow_are_refused) {
    auto info = sound();
    info.last_index = log_index_max + 1;
    EXPECT_FALSE(is_well_formed(info));
    info = sound();
    info.next_offset = log_offset_max + 1;
    EXPECT_FALSE(is_well_formed(info));
    info = sound();
    info.last_term = log_term{log_term_max.value + 1};
    EXPECT_FALSE(is_well_formed(info));
}

TEST(raft_snapshot, a_configuration_that_is_none_is_refused) {
    auto info = sound();
    info.members.voters.clear();
    EXPECT_FALSE(is_well_formed(info));
}

}  // namespace chronik::raft
