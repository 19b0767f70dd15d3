// SPDX-License-Identifier: Apache-2.0
#include <partitions/producer_table.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace broker::partitions {
namespace {

using chronik::log_index;
using chronik::log_offset;
using enum sequence_verdict;

constexpr std::int32_t newest_sequence = std::numeric_limits<std::int32_t>::max();

producer_batch batch(std::int32_t first, std::int32_t last, std::int16_t epoch = 0, std::int64_t id = 7) {
    return {id, epoch, first, last};
}
batch_place place(std::uint64_t number) { return {log_index{number}, log_offset{number * 10}}; }

TEST(producer_table, a_batch_is_appended_once_and_the_next_one_follows_it) {
    producer_table table;

    EXPECT_EQ(table.check(batch(0, 4)).verdict, append);
    table.append(batch(0, 4), place(1));

    EXPECT_EQ(table.check(batch(5, 5)).verdict, append);
    EXPECT_EQ(table.check(batch(6, 6)).verdict, out_of_order);
    auto const again = table.check(batch(0, 4));
    EXPECT_EQ(again.verdict, duplicate);
    EXPECT_EQ(again.earlier.index, log_index{1});
    EXPECT_EQ(again.earlier.base_offset, log_offset{10});
}

TEST(producer_table, tells_where_the_newest_batch_of_a_producer_stands) {
    producer_table table;
    table.append(batch(0, 4), place(1));
    table.append(batch(5, 5), place(3));

    auto const newest = table.newest(batch(0, 4).producer_id);
    ASSERT_TRUE(newest);
    EXPECT_EQ(newest->index, log_index{3});
    EXPECT_EQ(table.newest(batch(0, 4).producer_id + 1), std::nullopt);
}

TEST(producer_table, a_producer_heard_for_the_first_time_may_begin_anywhere) {
    producer_table const table;

    EXPECT_EQ(table.check(batch(41, 45)).verdict, append);
}

TEST(producer_table, the_last_five_batches_are_known_and_no_earlier_one) {
    producer_table table;
    for (std::int32_t number = 0; number < 6; ++number) {
        table.append(batch(number, number), place(static_cast<std::uint64_t>(number) + 1));
    }

    EXPECT_EQ(table.check(batch(0, 0)).verdict, out_of_order);
    for (std::int32_t number = 1; number < 6; ++number) {
        auto const found = table.check(batch(number, number));
        EXPECT_EQ(found.verdict, duplicate);
        EXPECT_EQ(found.earlier.index, log_index{static_cast<std::uint64_t>(number) + 1});
    }
    EXPECT_EQ(table.check(batch(6, 6)).verdict, append);
}

TEST(producer_table, a_batch_with_the_same_beginning_and_another_end_is_no_duplicate) {
    producer_table table;
    table.append(batch(0, 4), place(1));

    EXPECT_EQ(table.check(batch(0, 3)).verdict, out_of_order);
}

TEST(producer_table, sequences_begin_again_after_the_largest) {
    producer_table table;
    table.append(batch(newest_sequence, newest_sequence), place(1));
    EXPECT_EQ(table.check(batch(0, 0)).verdict, append);
    EXPECT_EQ(table.check(batch(1, 1)).verdict, out_of_order);

    table.append(batch(0, 0), place(2));
    table.append(batch(newest_sequence - 1, 2, 0, 8), place(3));  // one batch over the end
    EXPECT_EQ(table.check(batch(3, 3, 0, 8)).verdict, append);
    EXPECT_EQ(table.check(batch(newest_sequence - 1, 2, 0, 8)).verdict, duplicate);
}

TEST(producer_table, a_new_epoch_begins_at_zero_and_fences_the_old_one) {
    producer_table table;
    table.append(batch(0, 9), place(1));

    EXPECT_EQ(table.check(batch(10, 10, 1)).verdict, out_of_order);
    EXPECT_EQ(table.check(batch(0, 0, 1)).verdict, append);
    table.append(batch(0, 0, 1), place(2));

    EXPECT_EQ(table.check(batch(10, 10, 0)).verdict, fenced);
    EXPECT_EQ(table.check(batch(0, 9, 0)).verdict, fenced);
    EXPECT_EQ(table.check(batch(0, 9, 1)).verdict, out_of_order);  // the batches of the old epoch are forgotten
    EXPECT_EQ(table.check(batch(1, 1, 1)).verdict, append);
}

TEST(producer_table, a_batch_without_a_producer_is_not_remembered) {
    producer_table table;

    table.append(batch(-1, -1, -1, -1), place(1));

    EXPECT_EQ(table.size(), 0U);
}

TEST(producer_table, at_the_limit_the_producer_heard_from_longest_ago_is_forgotten) {
    producer_table table;
    constexpr auto limit = static_cast<std::int64_t>(producer_table::producers_max);
    for (std::int64_t id = 0; id < limit; ++id) table.append(batch(0, 0, 0, id), place(1));
    table.append(batch(1, 1, 0, 0), place(2));  // the first one is heard again

    table.append(batch(0, 0, 0, limit), place(3));

    EXPECT_EQ(table.size(), producer_table::producers_max);
    EXPECT_EQ(table.check(batch(1, 1, 0, 0)).verdict, duplicate);
    EXPECT_EQ(table.check(batch(0, 0, 0, 1)).verdict, append);  // forgotten
    EXPECT_EQ(table.check(batch(0, 0, 0, 2)).verdict, duplicate);
}

TEST(producer_table, a_copy_goes_its_own_way) {
    producer_table original;
    original.append(batch(0, 0, 0, 1), place(1));
    original.append(batch(0, 0, 0, 2), place(2));

    producer_table copy = original;
    copy.append(batch(1, 1, 0, 1), place(3));
    copy = *&copy;

    EXPECT_EQ(original.check(batch(1, 1, 0, 1)).verdict, append);
    EXPECT_EQ(copy.check(batch(1, 1, 0, 1)).verdict, duplicate);
    EXPECT_EQ(copy.size(), 2U);
}

TEST(producer_table, a_copy_forgets_in_the_order_of_the_original) {
    producer_table original;
    constexpr auto limit = static_cast<std::int64_t>(producer_table::producers_max);
    for (std::int64_t id = 0; id < limit; ++id) original.append(batch(0, 0, 0, id), place(1));
    original.append(batch(1, 1, 0, 0), place(2));

    producer_table copy;
    copy = original;
    original = producer_table{};
    copy.append(batch(0, 0, 0, limit), place(3));

    EXPECT_EQ(copy.check(batch(1, 1, 0, 0)).verdict, duplicate);
    EXPECT_EQ(copy.check(batch(0, 0, 0, 1)).verdict, append);
}

}  // namespace
}  // namespace broker::partitions
