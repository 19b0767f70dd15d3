// SPDX-License-Identifier: Apache-2.0
#include "../../paper/paper_fixture.hpp"

#include <gtest/gtest.h>

namespace {

using namespace chronik;
using namespace chronik::paper;

TEST(raft_effects, cleared_effects_are_empty_and_keep_their_memory) {
    memory_store const store;
    auto const settings = quick_options();
    core c(n(1), {{n(1), n(2), n(3)}, {}}, settings, {}, store, 1, time_point{});
    raft::effects out;
    c.campaign(time_point{}, out);
    EXPECT_TRUE(out.persist.has_value());
    EXPECT_EQ(out.events, (std::vector<raft::event>{raft::became_candidate{t(1)}}));
    EXPECT_TRUE(out.messages.empty()) << "the term is not durable yet";
    auto const capacity = out.events.capacity();

    out.clear();

    EXPECT_TRUE(out.empty());
    EXPECT_EQ(out.events.capacity(), capacity);
}

}  // namespace
