// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/raft/concepts.hpp>

#include <gtest/gtest.h>

/// What every model of raft::log_view keeps at any time: docs/concepts/log_view.md.
namespace chronik::laws {

template <raft::log_view Log>
void a_log_is_without_gaps(Log const& log) {
    EXPECT_EQ(log.first_index(), log.base_index() + 1);
    EXPECT_GE(log.last_index(), log.base_index());
    log_term term = log.base_term();
    log_offset offset = log.base_offset();
    for (log_index at = log.first_index(); at <= log.last_index(); ++at) {
        result<entry> const found = log.read(at);
        ASSERT_TRUE(found) << at.value;
        EXPECT_EQ(found->index, at);
        EXPECT_GE(found->term, term) << "terms never fall";
        EXPECT_EQ(found->base_offset, offset) << "offsets have no gaps";
        result<log_term> const named = log.term_at(at);
        ASSERT_TRUE(named);
        EXPECT_EQ(*named, found->term);
        term = found->term;
        offset = found->next_offset();
    }
}

template <raft::log_view Log>
void a_log_ends_where_it_says(Log const& log) {
    EXPECT_FALSE(log.read(log.base_index())) << "what is before the first entry is not there";
    auto const beyond = log.read(log.last_index() + 1);
    ASSERT_FALSE(beyond);
    EXPECT_EQ(beyond.error(), errc::out_of_range);
}

/// Where a log can read into the place of another entry, nothing of that one is left.
template <raft::log_view Log>
void a_place_is_read_into_again(Log const& log) {
    if constexpr (requires(entry into) { log.read_into(log.first_index(), into); }) {
        entry place;
        for (log_index at = log.first_index(); at <= log.last_index(); ++at) {
            ASSERT_TRUE(log.read_into(at, place)) << at.value;
            EXPECT_EQ(place, *log.read(at));
        }
        auto const beyond = log.read_into(log.last_index() + 1, place);
        ASSERT_FALSE(beyond);
        EXPECT_EQ(beyond.error(), errc::out_of_range);
    }
}

template <raft::log_view Log>
void log_view_laws(Log const& log) {
    a_log_is_without_gaps(log);
    a_place_is_read_into_again(log);
    a_log_ends_where_it_says(log);
}

}  // namespace chronik::laws
