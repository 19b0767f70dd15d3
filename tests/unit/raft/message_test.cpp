// SPDX-License-Identifier: Apache-2.0
#include <chronik/raft/message.hpp>

#include <gtest/gtest.h>

namespace {

using namespace chronik;
using namespace chronik::raft;

TEST(raft_message, every_message_carries_a_term) {
    log_term const term{4};
    std::vector<message> const all{
        pre_vote_request{term, {}, {}},
        pre_vote_response{term, true},
        vote_request{term, {}, {}},
        vote_response{term, false},
        append_request{.term = term, .prev_index = {}, .prev_term = {}, .commit_index = {}, .round = 0, .entries = {}},
        timeout_now{term}};

    for (message const& any : all) EXPECT_EQ(term_of(any), term) << any.index();
}

}  // namespace
