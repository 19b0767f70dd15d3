// SPDX-License-Identifier: Apache-2.0
#include "../../paper/paper_fixture.hpp"

#include <gtest/gtest.h>

namespace {

using namespace chronik;
using namespace chronik::paper;
using raft::acceptance;

constexpr std::size_t roomy = 1 << 20;

raft::append_request request(std::uint64_t prev_index, std::uint64_t prev_term, std::vector<entry> entries = {}) {
    return {t(9), i(prev_index), t(prev_term), i(0), 1, std::move(entries)};
}

TEST(raft_acceptance, new_entries_are_appended_after_the_known_ones) {
    memory_store const store = memory_store::of({1, 1});
    raft::log<memory_store> ours(store);
    auto asked = request(1, 1, {item(1, 2, 1), item(2, 3, 2)});

    auto const outcome = raft::accept(ours, asked, roomy);

    EXPECT_EQ(outcome.verdict, acceptance::accepted);
    EXPECT_EQ(outcome.checked, i(3));
    EXPECT_FALSE(outcome.truncated);
    EXPECT_EQ(ours.last_index(), i(3));
}

TEST(raft_acceptance, conflict_is_cut_at_the_first_differing_entry) {
    memory_store const store = memory_store::of({1, 1, 2, 2});
    raft::log<memory_store> ours(store);
    auto asked = request(1, 1, {item(1, 2, 1), item(3, 3, 2)});

    auto const outcome = raft::accept(ours, asked, roomy);

    EXPECT_EQ(outcome.truncated, i(3));
    EXPECT_EQ(ours.last_index(), i(3));
    EXPECT_EQ(ours.last_term(), t(3));
}

TEST(raft_acceptance, refusal_names_the_last_position_that_can_agree) {
    memory_store const store = memory_store::of({1, 1, 4, 4, 4});
    raft::log<memory_store> ours(store);
    auto beyond = request(9, 6);
    auto differing = request(5, 3);

    auto const far = raft::accept(ours, beyond, roomy);
    EXPECT_EQ(far.verdict, acceptance::refused);
    EXPECT_EQ(far.conflict_index, i(5));
    EXPECT_EQ(far.conflict_term, t(4));
    auto const other = raft::accept(ours, differing, roomy);
    EXPECT_EQ(other.conflict_index, i(2));
    EXPECT_EQ(other.conflict_term, t(1));
}

TEST(raft_acceptance, request_that_reaches_past_the_log_start_is_taken_from_there) {
    memory_store store = memory_store::of({1, 1, 1});
    store.compact(i(3));
    raft::log<memory_store> ours(store);
    auto asked = request(1, 1, {item(1, 2, 1), item(1, 3, 2), item(1, 4, 3)});

    EXPECT_EQ(raft::accept(ours, asked, roomy).verdict, acceptance::accepted);
    EXPECT_EQ(ours.last_index(), i(4));
}

TEST(raft_acceptance, too_much_that_waits_for_the_disk_is_left_to_be_sent_again) {
    memory_store const store;
    raft::log<memory_store> ours(store);
    ours.append(item(1, 1, 0));
    auto asked = request(1, 1, {item(1, 2, 1)});
    auto known = request(0, 0, {item(1, 1, 0)});

    EXPECT_EQ(raft::accept(ours, asked, 10).verdict, acceptance::overloaded);
    EXPECT_EQ(raft::accept(ours, known, 10).verdict, acceptance::accepted) << "what is there costs nothing";
}

TEST(raft_acceptance, store_that_cannot_tell_a_term_has_no_conflict) {
    struct forgetful : memory_store {
        result<log_term> term_at(log_index at) const {
            if (at == i(2)) return failure(errc::corrupt_record);
            return memory_store::term_at(at);
        }
    };
    forgetful store;
    static_cast<memory_store&>(store) = memory_store::of({1, 1, 1});
    raft::log<forgetful> ours(store);
    auto asked = request(2, 1);
    auto covering = request(1, 1, {item(3, 2, 1)});

    EXPECT_EQ(raft::accept(ours, asked, roomy).verdict, acceptance::unreadable);
    EXPECT_EQ(raft::accept(ours, covering, roomy).verdict, acceptance::unreadable);
    EXPECT_EQ(ours.last_index(), i(3));
}

}  // namespace
