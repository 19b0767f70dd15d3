// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/wal/concepts.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/prepare_job.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

/// What every wal::sink and its wal::sink_tail keep: docs/concepts/sink.md. Each law has a directory that is empty.
namespace chronik::laws {

template <wal::directory Directory>
auto new_segment(Directory& where, std::uint64_t number) {
    wal::segment_header header;
    header.sequence = number;
    header.bytes = 64 * 1024;
    using job_type = wal::prepare_job<Directory>;
    job_type job{where, job_type::task::create, nullptr, wal::segment_name(number), header, wal::touch::read};
    job.run();
    return *job.outcome();
}

/// As the appender does.
template <class Tail, class Segment>
void append(Tail& tail, Segment const& target, std::size_t size, int value) {
    std::memset(tail.claim(target, size), value, size);
    tail.commit(target, size);
    target->end += size;
}

template <class Segment>
bool holds(Segment const& target, std::size_t position, std::size_t size, int value) {
    auto const bytes = target->bytes().subspan(position, size);
    return std::ranges::all_of(bytes, [=](std::byte each) { return each == static_cast<std::byte>(value); });
}

template <wal::sink Sink, wal::directory Directory>
void what_is_committed_is_in_the_segments_after_the_flush(Directory& where) {
    using tail_type = typename Sink::template tail<typename Directory::file_type>;
    static_assert(wal::sink_tail<tail_type, typename Directory::file_type>);
    auto const first = new_segment(where, 1);
    auto const second = new_segment(where, 2);
    auto const begin = first->end;
    tail_type tail{wal::options{}};
    append(tail, first, 100, 1);
    append(tail, first, 200, 2);
    append(tail, second, 300, 3);
    EXPECT_EQ(tail.used(), 600U);

    auto batch = tail.take();
    ASSERT_EQ(batch.pieces().size(), 2U) << "one for each segment, oldest first";
    EXPECT_EQ(batch.pieces().front().target, first);
    EXPECT_EQ(batch.pieces().front().position, begin);
    EXPECT_EQ(batch.pieces().front().size, 300U);
    for (auto const& piece : batch.pieces()) EXPECT_TRUE(batch.write(piece));
    EXPECT_TRUE(holds(first, begin, 100, 1));
    EXPECT_TRUE(holds(first, begin + 100, 200, 2));
    EXPECT_TRUE(holds(second, begin, 300, 3));
    EXPECT_TRUE(holds(second, begin + 300, wal::record_header_bytes, 0)) << "zeros end the next scan";
    tail.give_back(std::move(batch));
}

template <wal::sink Sink, wal::directory Directory>
void a_claim_without_a_commit_is_no_part_of_the_flush(Directory& where) {
    auto const target = new_segment(where, 1);
    typename Sink::template tail<typename Directory::file_type> tail{wal::options{}};
    std::memset(tail.claim(target, 500), 9, 500);
    append(tail, target, 100, 1);
    EXPECT_EQ(tail.used(), 100U);

    auto batch = tail.take();
    ASSERT_EQ(batch.pieces().size(), 1U);
    EXPECT_TRUE(batch.write(batch.pieces().front()));
    EXPECT_TRUE(holds(target, target->end - 100, 100, 1));
    EXPECT_TRUE(holds(target, target->end, wal::record_header_bytes, 0));
    tail.give_back(std::move(batch));
    EXPECT_EQ(tail.used(), 0U);
}

/// What does not store in place keeps it to itself until its own flush is written.
template <wal::sink Sink, wal::directory Directory>
void what_comes_after_the_take_is_of_the_next_flush(Directory& where) {
    auto const target = new_segment(where, 1);
    auto const begin = target->end;
    typename Sink::template tail<typename Directory::file_type> tail{wal::options{}};
    append(tail, target, 100, 1);
    auto batch = tail.take();
    EXPECT_EQ(tail.used(), 0U);
    append(tail, target, 100, 2);
    EXPECT_TRUE(batch.write(batch.pieces().front()));
    if (!Sink::stores_in_place) { EXPECT_TRUE(holds(target, begin + 100, 100, 0)); }
    tail.give_back(std::move(batch));

    auto next = tail.take();
    ASSERT_EQ(next.pieces().size(), 1U);
    EXPECT_EQ(next.pieces().front().position, begin + 100);
    EXPECT_TRUE(next.write(next.pieces().front()));
    EXPECT_TRUE(holds(target, begin, 100, 1));
    EXPECT_TRUE(holds(target, begin + 100, 100, 2));
}

}  // namespace chronik::laws
