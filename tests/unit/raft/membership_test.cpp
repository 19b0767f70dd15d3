// SPDX-License-Identifier: Apache-2.0
#include "../../paper/paper_fixture.hpp"

#include <chronik/raft/membership.hpp>

#include <gtest/gtest.h>

namespace {

using namespace chronik;
using namespace chronik::paper;

raft::configuration voters(std::initializer_list<std::uint32_t> nodes) {
    raft::configuration made;
    for (auto const node : nodes) made.voters.push_back(n(node));
    return made;
}

TEST(raft_membership, newest_is_in_force_until_it_is_truncated) {
    raft::membership all(voters({1, 2, 3}), i(0));
    all.append(i(4), voters({1, 2}));
    all.append(i(9), voters({1}));
    EXPECT_EQ(all.active(), voters({1}));

    EXPECT_FALSE(all.truncate_from(i(10)));
    EXPECT_TRUE(all.truncate_from(i(5)));
    EXPECT_EQ(all.active(), voters({1, 2}));
    EXPECT_TRUE(all.truncate_from(i(1)));
    EXPECT_EQ(all.active(), voters({1, 2, 3})) << "the base's cannot be truncated";
}

TEST(raft_membership, snapshot_carries_what_was_in_force_at_its_index) {
    raft::membership all(voters({1, 2, 3}), i(2));
    all.append(i(4), voters({1, 2}));

    EXPECT_EQ(all.at(i(1)).error(), errc::compacted);
    EXPECT_EQ(*all.at(i(3)), voters({1, 2, 3}));
    EXPECT_EQ(*all.at(i(4)), voters({1, 2}));
    all.forget_before(i(3));
    EXPECT_EQ(*all.at(i(3)), voters({1, 2, 3}));
    all.forget_before(i(4));
    EXPECT_EQ(all.at(i(3)).error(), errc::compacted);
    all.restart_from(voters({7}), i(20));
    EXPECT_EQ(all.active(), voters({7}));
    EXPECT_EQ(all.index(), i(20));
}

TEST(raft_membership, stored_log_tells_its_history) {
    memory_store disk = memory_store::of({1, 1, 1});
    disk.entries[1].kind = entry_kind::configuration;
    disk.entries[1].payload = raft::encode(voters({1, 2}));

    auto const read = raft::read_membership(voters({3, 1, 2}), disk);

    EXPECT_EQ(read.active(), voters({1, 2}));
    EXPECT_EQ(read.index(), i(2));
    EXPECT_EQ(*read.at(i(1)), voters({1, 2, 3}));
}

/// A store that knows where its configurations are.
struct indexed_store : memory_store {
    mutable int reads = 0;

    result<entry> read(log_index at) const {
        ++reads;
        return memory_store::read(at);
    }
    result<std::optional<log_index>> next_configuration(log_index from) const {
        for (; from <= last_index(); ++from) {
            if (memory_store::read(from)->kind == entry_kind::configuration) return std::optional{from};
        }
        return std::optional<log_index>{};
    }
};

TEST(raft_membership, a_store_that_knows_where_configurations_are_is_not_read_through) {
    indexed_store disk;
    static_cast<memory_store&>(disk) = memory_store::of({1, 1, 1, 1, 1, 1, 1, 1});
    for (std::size_t at : {std::size_t{2}, std::size_t{6}}) {
        disk.entries[at].kind = entry_kind::configuration;
        disk.entries[at].payload = raft::encode(voters({1, static_cast<std::uint32_t>(at)}));
    }

    auto const read = raft::read_membership(voters({3, 1, 2}), disk);

    EXPECT_EQ(disk.reads, 2);
    EXPECT_EQ(read.active(), voters({1, 6}));
    EXPECT_EQ(*read.at(i(6)), voters({1, 2}));
    EXPECT_EQ(*read.at(i(2)), voters({1, 2, 3}));
}

}  // namespace
