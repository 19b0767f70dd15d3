// SPDX-License-Identifier: Apache-2.0
#include <partitions/saved_state.hpp>

#include <chronik/base/random.hpp>

#include <gtest/gtest.h>

namespace broker::partitions {
namespace {

using chronik::log_index;
using chronik::log_offset;

/// A partition that seven producers have written to; the oldest times are forgotten.
machine built(std::uint64_t entries) {
    producer_table producers;
    time_index times;
    for (std::uint64_t index = 1; index <= entries; ++index) {
        auto const sequence = static_cast<std::int32_t>(index / 7);
        auto const producer = static_cast<std::int64_t>(index % 7);
        auto const epoch = static_cast<std::int16_t>(index / 50);
        producers.append({producer, epoch, sequence, sequence}, {log_index{index}, log_offset{index * 3}});
        times.append(log_index{index}, static_cast<std::int64_t>(1000 + index * 2));
    }
    times.forget_up_to(log_index{20});
    machine made;
    made.restore(std::move(producers), std::move(times), chronik::log_offset{17});
    return made;
}

chronik::wal::log_base const at{.index = {90}, .term = {4}, .next_offset = {270}};

}  // namespace

TEST(saved_state, builds_an_equal_machine) {
    auto const before = built(90);
    auto const saved = save({17}, at, before);
    machine after;
    restore(saved, after);

    EXPECT_EQ(save({17}, at, after), saved);
    EXPECT_EQ(after.times().forgotten(), log_index{20});
    EXPECT_EQ(after.times().first_reaching(1100), before.times().first_reaching(1100));
    for (std::int64_t producer = 0; producer < 8; ++producer) {
        for (std::int32_t sequence = 0; sequence < 15; ++sequence) {
            producer_batch const batch{producer, 1, sequence, sequence};
            EXPECT_EQ(after.producers().check(batch).verdict, before.producers().check(batch).verdict);
        }
    }
}

TEST(saved_state, a_file_of_several_partitions_reads_back) {
    std::vector<chronik::shared_bytes> parts;
    for (std::uint64_t group = 2; group < 40; ++group) parts.push_back(encode(save({group}, at, built(group * 3))));
    auto const states = decode_states(chronik::shared_bytes{encode_states(parts)});
    ASSERT_TRUE(states);
    EXPECT_EQ(states->size(), 38U);
    EXPECT_EQ(states->at({9}), save({9}, at, built(27)));
    EXPECT_TRUE(decode_states(chronik::shared_bytes{encode_states({})})->empty());
}

TEST(saved_state, every_flipped_bit_and_every_shorter_file_is_refused) {
    std::vector<chronik::shared_bytes> const parts{encode(save({17}, at, built(30)))};
    auto const file = encode_states(parts);
    for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
        auto damaged = file;
        damaged[bit / 8] ^= std::byte{1} << (bit % 8);
        EXPECT_FALSE(decode_states(chronik::shared_bytes{std::move(damaged)})) << bit;
    }
    for (std::size_t size = 0; size < file.size(); ++size) {
        std::vector<std::byte> shorter(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_FALSE(decode_states(chronik::shared_bytes{std::move(shorter)})) << size;
    }
}

TEST(saved_state, bytes_of_nobody_with_a_right_checksum_are_refused_and_never_read_beyond) {
    chronik::random chance{3};
    for (int round = 0; round < 500; ++round) {
        std::vector<std::byte> body(chance.below(200));
        for (auto& each : body) each = static_cast<std::byte>(chance());
        std::vector<chronik::shared_bytes> const parts{chronik::shared_bytes{std::move(body)}};
        static_cast<void>(decode_states(chronik::shared_bytes{encode_states(parts)}));
    }
}

}  // namespace broker::partitions
