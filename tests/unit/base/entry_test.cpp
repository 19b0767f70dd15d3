// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/entry.hpp>

#include <gtest/gtest.h>

namespace {

using namespace chronik;

TEST(entry, the_next_offset_follows_its_records) {
    entry const batch{log_term{1}, log_index{5}, entry_kind::command, log_offset{100}, 3, {}};
    entry const no_op{log_term{2}, log_index{6}, entry_kind::no_op, log_offset{103}, 0, {}};

    EXPECT_EQ(batch.next_offset(), log_offset{103});
    EXPECT_EQ(no_op.next_offset(), log_offset{103}) << "an entry without records takes no offset";
}

TEST(entry, entries_are_equal_by_their_bytes) {
    entry one{log_term{1}, log_index{5}, entry_kind::command, log_offset{0}, 1, shared_bytes::copy_of("x")};
    entry two = one;
    two.payload = shared_bytes::copy_of("x");
    EXPECT_EQ(one, two);

    two.payload = shared_bytes::copy_of("y");
    EXPECT_NE(one, two);
}

}  // namespace
