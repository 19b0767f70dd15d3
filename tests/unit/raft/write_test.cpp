// SPDX-License-Identifier: Apache-2.0
#include "../../paper/paper_fixture.hpp"

#include <gtest/gtest.h>

namespace {

using namespace chronik;
using namespace chronik::paper;

raft::write one_write() {
    static memory_store const store;
    raft::log<memory_store> entries(store);
    raft::outbox mail({}, 10);
    raft::effects out;
    entries.append(item(1, 1, 0));
    mail.flush(entries, out);
    return std::move(*out.persist);
}

TEST(raft_write, completion_says_what_the_log_ended_with) {
    raft::write done = one_write();
    EXPECT_EQ(done.number(), raft::ticket{1});
    EXPECT_EQ(done.entries.size(), 1U);

    raft::stored const proof = std::move(done).completed();

    EXPECT_EQ(proof.number(), raft::ticket{1});
    EXPECT_EQ(proof.last_index(), i(1));
    EXPECT_EQ(proof.last_term(), t(1));
}

TEST(raft_write, completing_twice_is_our_mistake) {
    raft::write done = one_write();
    static_cast<void>(std::move(done).completed());

    EXPECT_DEATH(static_cast<void>(std::move(done).completed()), "number_ != ticket");
}

TEST(raft_write, moved_write_cannot_be_completed) {
    raft::write source = one_write();
    raft::write target = std::move(source);

    EXPECT_EQ(target.number(), raft::ticket{1});
    EXPECT_DEATH(static_cast<void>(std::move(source).completed()), "number_ != ticket");
}

}  // namespace
