// SPDX-License-Identifier: Apache-2.0
#include <chronik/node/trace_line.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace chronik {
namespace {

using namespace std::chrono_literals;

/// As text; empty if it does not fit.
std::string written(trace_event const& happened, std::size_t size = trace_line_bytes_max) {
    std::vector<char> memory(size);
    auto const line = write_trace_line(happened, memory);
    return line ? std::string{*line} : std::string{};
}

trace_event event_of(trace_kind kind) {
    return {.at = time_point{12s + 345'678us},
            .node = node_id{1},
            .group = group_id{7},
            .term = log_term{3},
            .index = log_index{120},
            .kind = kind};
}

raft::configuration some_members() {
    return {.voters = {node_id{1}, node_id{2}, node_id{4'294'967'295}},
            .learners = {node_id{4}, node_id{5}},
            .outgoing = {node_id{1}, node_id{2}, node_id{3}},
            .witnesses = {node_id{2}},
            .promoting = {node_id{5}}};
}

bool is_refused(std::string const& line) {
    raft::configuration members;
    auto const read = read_trace_line(line, members);
    return !read && read.error() == errc::malformed;
}

TEST(trace_line, says_when_where_and_what) {
    EXPECT_EQ(written(event_of(trace_kind::commit)), "at=12.345678 node=1 group=7 term=3 index=120 event=commit");
}

TEST(trace_line, names_the_other_node_by_what_it_is) {
    for (auto const& [kind, rest] : {std::pair{trace_kind::follower, "event=follower leader=2"},
                                     std::pair{trace_kind::vote, "event=vote vote=2"},
                                     std::pair{trace_kind::transfer_begun, "event=transfer_begun to=2"}}) {
        trace_event happened = event_of(kind);
        happened.peer = node_id{2};
        EXPECT_TRUE(written(happened).ends_with(rest)) << written(happened);
    }
}

TEST(trace_line, has_a_list_for_each_part_of_the_members_that_is_not_empty) {
    auto const members = some_members();
    trace_event happened = event_of(trace_kind::members);
    happened.members = &members;

    EXPECT_TRUE(written(happened).ends_with(" event=members voters=1,2,4294967295 learners=4,5 outgoing=1,2,3 "
                                            "witnesses=2 promoting=5"));

    raft::configuration const blank;
    happened.members = &blank;
    EXPECT_TRUE(written(happened).ends_with(" event=members"));
}

TEST(trace_line, every_kind_is_read_as_it_was_written) {
    auto const all = some_members();
    for (trace_form const& form : trace_forms) {
        trace_event happened = event_of(form.kind);
        if (!form.peer.empty()) happened.peer = node_id{2};
        if (form.kind == trace_kind::members) happened.members = &all;
        std::string const line = written(happened);

        raft::configuration members;
        auto const read = read_trace_line(line, members);

        ASSERT_TRUE(read.has_value()) << line;
        EXPECT_EQ(read->at, happened.at);
        EXPECT_EQ(read->node, happened.node);
        EXPECT_EQ(read->group, happened.group);
        EXPECT_EQ(read->term, happened.term);
        EXPECT_EQ(read->index, happened.index);
        EXPECT_EQ(read->kind, happened.kind);
        EXPECT_EQ(read->peer, happened.peer);
        ASSERT_EQ(read->members != nullptr, happened.members != nullptr);
        if (read->members != nullptr) {
            EXPECT_EQ(*read->members, all);
        }
        EXPECT_EQ(written(*read), line);
    }
}

TEST(trace_line, the_longest_line_fits_and_with_a_byte_less_it_is_refused) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    raft::configuration members;
    auto next = static_cast<std::uint32_t>(std::numeric_limits<std::uint32_t>::max() - 2 * raft::voters_max -
                                           raft::learners_max);
    for (std::size_t each = 0; each < raft::voters_max; ++each) members.voters.push_back(node_id{++next});
    for (std::size_t each = 0; each < raft::voters_max; ++each) members.outgoing.push_back(node_id{++next});
    for (std::size_t each = 0; each < raft::learners_max; ++each) members.learners.push_back(node_id{++next});
    members.witnesses = {members.voters.front(), members.outgoing.front()};
    members.promoting = members.learners;
    ASSERT_TRUE(raft::is_valid(members));
    trace_event const happened{.at = time_point::max() - 1s,
                               .node = node_id{next},
                               .group = group_id{most},
                               .term = log_term{most},
                               .index = log_index{most},
                               .kind = trace_kind::members,
                               .peer = no_node,
                               .members = &members};

    std::string const line = written(happened);

    ASSERT_FALSE(line.empty());
    raft::configuration again;
    auto const read = read_trace_line(line, again);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(written(*read), line);
    EXPECT_EQ(written(happened, line.size()), line);
    EXPECT_EQ(written(happened, line.size() - 1), "");
    EXPECT_EQ(written(happened, 0), "");
}

TEST(trace_line, what_would_not_be_written_so_is_refused) {
    std::string const good = "at=12.345678 node=1 group=7 term=3 index=120 event=commit";
    raft::configuration members;
    ASSERT_TRUE(read_trace_line(good, members).has_value());

    for (std::size_t size = 0; size < good.size(); ++size) EXPECT_TRUE(is_refused(good.substr(0, size))) << size;
    for (std::string const line : {
             " at=12.345678 node=1 group=7 term=3 index=120 event=commit",
             "at=12.345678 node=1 group=7 term=3 index=120 event=commit ",
             "at=12.345678 node=1 group=7 term=3 index=120 event=commit\n",
             "at=12.345678  node=1 group=7 term=3 index=120 event=commit",
             "at=12.345678 group=7 node=1 term=3 index=120 event=commit",
             "at=12.345678 node=1 group=7 term=3 index=120 event=commits",
             "at=12.345678 node=1 group=7 term=3 index=120 event=commit leader=1",
             "at=12.345678 node=1 group=7 term=3 index=120 event=commit voters=1",
             "at=12.345678 node=1 group=7 term=3 index=120 event=",
             "at=12.34567 node=1 group=7 term=3 index=120 event=commit",
             "at=12.3456789 node=1 group=7 term=3 index=120 event=commit",
             "at=12.-45678 node=1 group=7 term=3 index=120 event=commit",
             "at=12 node=1 group=7 term=3 index=120 event=commit",
             "at=.345678 node=1 group=7 term=3 index=120 event=commit",
             "at=-0.345678 node=1 group=7 term=3 index=120 event=commit",
             "at=-1.345678 node=1 group=7 term=3 index=120 event=commit",
             "at=012.345678 node=1 group=7 term=3 index=120 event=commit",
             "at=9223372036.345678 node=1 group=7 term=3 index=120 event=commit",
             "at=99999999999999999999.345678 node=1 group=7 term=3 index=120 event=commit",
             "at=12.345678 node= group=7 term=3 index=120 event=commit",
             "at=12.345678 node=01 group=7 term=3 index=120 event=commit",
             "at=12.345678 node=+1 group=7 term=3 index=120 event=commit",
             "at=12.345678 node=-1 group=7 term=3 index=120 event=commit",
             "at=12.345678 node=4294967296 group=7 term=3 index=120 event=commit",
             "at=12.345678 node=1 group=18446744073709551616 term=3 index=120 event=commit",
             "at=12.345678 node=1 group=7 term=0x3 index=120 event=commit",
             "at=12.345678 node=1 group=7 term=3 index=120 event=follower",
             "at=12.345678 node=1 group=7 term=3 index=120 event=follower to=2",
             "at=12.345678 node=1 world=\"starts with records\" number=3",
         })
        EXPECT_TRUE(is_refused(line)) << line;
}

TEST(trace_line, members_that_no_group_can_have_are_refused) {
    std::string const begin = "at=12.345678 node=1 group=7 term=3 index=120 event=members";
    raft::configuration members;
    ASSERT_TRUE(read_trace_line(begin + " voters=1,2,3", members).has_value());
    std::string crowd = " voters=1 learners=2";
    for (std::size_t node = 3; node < 3 + raft::learners_max; ++node) crowd += "," + std::to_string(node);

    for (std::string const& rest : {std::string{" voters="}, std::string{" voters=1,"}, std::string{" voters=,1"},
                                    std::string{" voters=2,1"}, std::string{" voters=1,1"}, std::string{" voters=0"},
                                    std::string{" learners=1"}, std::string{" learners=2 voters=1"},
                                    std::string{" voters=1 witnesses=1"}, std::string{" voters=1 learners=1"},
                                    std::string{" voters=1 promoting=2"}, std::string{" voters=1 voters=1"}, crowd})
        EXPECT_TRUE(is_refused(begin + rest)) << rest;
}

}  // namespace
}  // namespace chronik
