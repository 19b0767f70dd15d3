// SPDX-License-Identifier: Apache-2.0
#include "../laws/snapshot_laws.hpp"

#include <composition.hpp>
#include <partitions/beginning.hpp>

#include <chronik/base/crc32c.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace broker::partitions {
namespace {

using chronik::errc;
using chronik::log_index;
using chronik::log_offset;
using chronik::shared_bytes;

/// A partition in which three producers take turns, one batch an entry.
machine built(std::uint64_t first, std::uint64_t last, machine from = machine{}) {
    auto producers = from.producers();
    auto times = from.times();
    for (std::uint64_t index = first; index <= last; ++index) {
        auto const sequence = static_cast<std::int32_t>(index / 3);
        producers.append({static_cast<std::int64_t>(index % 3), 1, sequence, sequence},
                         {log_index{index}, log_offset{index * 2}});
        times.append(log_index{index}, static_cast<std::int64_t>(1000 + index));
    }
    from.restore(std::move(producers), std::move(times), log_offset{});
    return from;
}

saved_partition everything(machine const& of) { return save({7}, {{99}, {1}, {198}}, of); }

shared_bytes bytes_of(std::size_t size) {
    std::vector<std::byte> made(size);
    for (std::size_t at = 0; at < size; ++at) made[at] = static_cast<std::byte>(at * 7);
    return shared_bytes{std::move(made)};
}

/// A whole of 10 bytes in pieces of 4.
struct beginning_pieces : ::testing::Test {
    beginnings store;
    shared_bytes whole = bytes_of(10);
    std::uint32_t crc = chronik::crc32c::value(whole.view());

    chronik::result<std::optional<beginnings::whole>> gather(std::size_t offset, std::uint32_t promised) {
        auto job = store.begin_gather({3}, {40}, {2}, {80}, bytes_of(2), whole.size(), promised, offset,
                                      whole.slice(offset, std::min<std::size_t>(4, whole.size() - offset)));
        job.run();
        EXPECT_TRUE(job.finished());
        return store.finish(job);
    }
};

}  // namespace

TEST(beginning, with_the_entries_behind_it_it_makes_the_same_machine) {
    auto const leader = built(1, 20);
    machine newcomer;

    ASSERT_TRUE(restore_beginning(encode_beginning(leader, {14}), newcomer));
    newcomer = built(15, 20, std::move(newcomer));

    for (std::int64_t producer = 0; producer < 4; ++producer) {
        for (std::int32_t sequence = 0; sequence < 10; ++sequence) {
            producer_batch const batch{producer, 1, sequence, sequence};
            EXPECT_EQ(newcomer.producers().check(batch).verdict, leader.producers().check(batch).verdict);
        }
    }
}

TEST(beginning, has_nothing_of_what_comes_behind) {
    machine restored;

    ASSERT_TRUE(restore_beginning(encode_beginning(built(1, 20), {4}), restored));

    for (auto const& each : everything(restored).batches) EXPECT_LE(each.index, log_index{4});
    for (auto const& each : everything(restored).times) EXPECT_LE(each.index, log_index{4});
}

TEST(beginning, cut_anywhere_or_of_another_version_it_is_refused_and_nothing_changes) {
    auto const whole = encode_beginning(built(1, 20), {20});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        machine untouched = built(1, 3);
        auto const before = everything(untouched);
        EXPECT_EQ(restore_beginning(whole.slice(0, size), untouched).error(), errc::malformed) << size;
        EXPECT_EQ(everything(untouched), before);
    }
    std::vector<std::byte> newer(whole.view().begin(), whole.view().end());
    newer[0] = std::byte{9};
    machine untouched;
    EXPECT_EQ(restore_beginning(shared_bytes{std::move(newer)}, untouched).error(), errc::unsupported_version);
}

TEST_F(beginning_pieces, join_to_what_was_promised) {
    for (std::size_t const offset : {0U, 4U}) {
        auto const part = gather(offset, crc);
        ASSERT_TRUE(part);
        EXPECT_FALSE(*part);
    }
    auto const last = gather(8, crc);

    ASSERT_TRUE(last && *last);
    EXPECT_EQ((*last)->content, whole);
    EXPECT_EQ((*last)->about, bytes_of(2));
    EXPECT_EQ((*last)->base, (chronik::wal::log_base{{40}, {2}, {80}}));
}

TEST_F(beginning_pieces, that_are_not_what_was_promised_are_refused_and_fetched_again) {
    for (std::size_t const offset : {0U, 4U}) ASSERT_TRUE(gather(offset, crc + 1));
    EXPECT_EQ(gather(8, crc + 1).error(), errc::corrupt_record);

    for (std::size_t const offset : {0U, 4U}) ASSERT_TRUE(gather(offset, crc));
    EXPECT_TRUE(*gather(8, crc));
}

TEST_F(beginning_pieces, of_which_the_first_were_forgotten_are_refused) {
    ASSERT_TRUE(gather(0, crc));
    EXPECT_FALSE(store.begin_discard({3}, chronik::raft::log_index_max)) << "there is nothing to do but to forget";

    EXPECT_EQ(gather(4, crc).error(), errc::corrupt_record);
}

TEST_F(beginning_pieces, a_state_of_its_own_is_saved_whole) {
    std::vector<shared_bytes> chunks{whole.slice(0, 3), whole.slice(3, 7), shared_bytes{}};
    std::size_t next = 0;
    auto job = store.begin_save({3}, {40}, {2}, {80}, bytes_of(2), [&] { return chunks[next++]; });
    job.run();

    auto const saved = store.finish(job);
    ASSERT_TRUE(saved && *saved);
    EXPECT_EQ((*saved)->content, whole);
    EXPECT_EQ((*saved)->crc, crc);
}

}  // namespace broker::partitions
