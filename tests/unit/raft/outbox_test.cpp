// SPDX-License-Identifier: Apache-2.0
#include "../../paper/paper_fixture.hpp"

#include <gtest/gtest.h>

namespace {

using namespace chronik;
using namespace chronik::paper;

struct raft_outbox : ::testing::Test {
    memory_store store;
    raft::log<memory_store> entries{store};
    raft::outbox mail{{t(1), no_node}, 2};
    raft::effects out;

    raft::write flush() {
        mail.flush(entries, out);
        raft::write made = std::move(*out.persist);
        out.persist.reset();
        return made;
    }
};

TEST_F(raft_outbox, nothing_changed_is_no_write) {
    mail.flush(entries, out);
    EXPECT_TRUE(out.empty());
}

TEST_F(raft_outbox, message_waits_for_the_write_that_carries_the_term) {
    mail.change_state({t(2), n(3)});
    mail.send(n(3), raft::vote_response{t(2), true}, out);
    raft::write first = flush();
    EXPECT_TRUE(out.messages.empty());
    EXPECT_EQ(first.state, (raft::hard_state{t(2), n(3)}));
    EXPECT_FALSE(mail.state_durable());

    mail.completed(std::move(first).completed(), out);

    ASSERT_EQ(out.messages.size(), 1U);
    EXPECT_EQ(out.messages[0].to(), n(3));
    EXPECT_TRUE(mail.state_durable());
}

TEST_F(raft_outbox, completion_of_an_earlier_write_releases_nothing) {
    entries.append(item(1, 1, 0));
    raft::write earlier = flush();
    mail.change_state({t(2), n(3)});
    mail.send(n(3), raft::vote_response{t(2), true}, out);
    raft::write later = flush();

    mail.completed(std::move(earlier).completed(), out);
    EXPECT_TRUE(out.messages.empty());
    mail.completed(std::move(later).completed(), out);
    EXPECT_EQ(out.messages.size(), 1U);
}

TEST_F(raft_outbox, messages_of_a_past_term_are_dropped) {
    mail.change_state({t(2), n(3)});
    mail.send(n(3), raft::vote_response{t(2), true}, out);
    mail.change_state({t(3), no_node});
    raft::write both = flush();

    mail.completed(std::move(both).completed(), out);

    EXPECT_TRUE(out.messages.empty());
}

TEST_F(raft_outbox, waiting_messages_have_a_limit) {
    mail.change_state({t(2), no_node});
    for (int k = 0; k < 5; ++k) mail.send(n(3), raft::vote_response{t(2), false}, out);
    raft::write made = flush();

    mail.completed(std::move(made).completed(), out);

    EXPECT_EQ(out.messages.size(), 2U);
}

TEST_F(raft_outbox, second_vote_in_a_term_is_our_mistake) {
    mail.change_state({t(2), n(3)});
    EXPECT_DEATH(mail.change_state({t(2), n(4)}), "next.term > hard_.term");
}

}  // namespace
