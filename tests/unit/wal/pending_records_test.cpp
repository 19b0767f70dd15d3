// SPDX-License-Identifier: Apache-2.0
#include <chronik/wal/pending_records.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace chronik::wal {
namespace {

std::vector<record_type> types_of(pending_records pending) {
    std::vector<record_type> types;
    for (; !pending.empty(); pending.pop_front()) types.push_back(pending.front().type);
    return types;
}
using types = std::vector<record_type>;

}  // namespace

TEST(wal_pending_records, a_later_one_of_a_kind_takes_the_place_of_an_earlier_one) {
    pending_records pending;
    pending.moved(record_type::prefix_compacted, {1}, {{5}, {1}, {50}});
    pending.moved(record_type::prefix_compacted, {2}, {{6}, {1}, {60}});
    pending.moved(record_type::prefix_compacted, {1}, {{7}, {1}, {70}});
    EXPECT_EQ(pending.front().group, group_id{2});
    pending.pop_front();
    EXPECT_EQ(pending.front().index, log_index{7});
    pending.pop_front();
    EXPECT_TRUE(pending.empty());
}

TEST(wal_pending_records, a_replaced_log_forgets_where_the_old_one_stood_but_not_that_the_group_is_new) {
    pending_records pending;
    pending.created({1});
    pending.moved(record_type::prefix_compacted, {1}, {{5}, {1}, {50}});
    pending.moved(record_type::settled, {1}, {{6}, {1}, {60}});
    pending.replaced({1}, {{9}, {2}, {90}});
    EXPECT_EQ(types_of(pending), (types{record_type::group_created, record_type::log_replaced}));
}

TEST(wal_pending_records, a_removed_group_has_nothing_else_to_say) {
    pending_records pending;
    pending.created({1});
    pending.replaced({1}, {{9}, {2}, {90}});
    pending.removed({1});
    EXPECT_EQ(types_of(pending), (types{record_type::group_removed}));
}

}  // namespace chronik::wal
