// SPDX-License-Identifier: Apache-2.0
#include "simulation/standard_trial.hpp"

#include <chronik/node/trace_line.hpp>
#include <chronik/raft/election.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

// The lines of whole runs, read back. Nothing else is known here of what happens; in the end it must be what the cores
// show of themselves.

namespace {

using namespace chronik;
using chronik::testing::plan_of;

/// What the lines say of one group on one node, since it was opened.
struct told_state {
    raft::role role = raft::role::follower;
    log_term term;
    node_id vote;
    node_id leader;
    node_id successor;  ///< while a transfer is under way
    log_index commit;
    log_index members_at;
    raft::configuration members;
};

class story {
public:
    void read(std::string const& line) {
        if (line.find(" world=\"") != std::string::npos) return;
        raft::configuration members;
        auto const one = read_trace_line(line, members);
        ASSERT_TRUE(one.has_value()) << line;
        std::array<char, trace_line_bytes_max> memory;
        ASSERT_EQ(write_trace_line(*one, memory).value_or(""), line);
        SCOPED_TRACE(line);
        take(*one);
    }

    told_state const& of(node_id node, group_id group) const { return states_.at({node, group}); }
    std::size_t leaders() const { return leaders_.size(); }
    std::size_t count(trace_kind kind) const { return counts_[static_cast<std::size_t>(kind)]; }

private:
    void take(trace_event const& one) {
        ++counts_[static_cast<std::size_t>(one.kind)];
        EXPECT_GE(one.at, latest_);
        latest_ = one.at;
        auto const [place, is_new] = states_.try_emplace({one.node, one.group});
        told_state& now = place->second;
        if (one.kind == trace_kind::open) now = {};
        EXPECT_TRUE(one.kind == trace_kind::open || !is_new) << "not open";
        EXPECT_GE(one.term, now.term);
        if (one.term > now.term) now.vote = no_node;
        now.term = one.term;
        if (is_about_roles(one.kind)) take_role(now, one); else take_log(now, one);
    }

    static bool is_about_roles(trace_kind kind) {
        return kind == trace_kind::follower || kind == trace_kind::pre_candidate || kind == trace_kind::candidate ||
               kind == trace_kind::leader;
    }

    void take_role(told_state& now, trace_event const& one) {
        now.leader = one.peer;
        switch (one.kind) {
            case trace_kind::follower: now.role = raft::role::follower; break;
            case trace_kind::pre_candidate: now.role = raft::role::pre_candidate; break;
            case trace_kind::candidate:
                EXPECT_EQ(now.vote, no_node);
                now.role = raft::role::candidate;
                now.vote = one.node;
                break;
            default:
                EXPECT_EQ(now.role, raft::role::candidate);
                EXPECT_EQ(now.vote, one.node);
                now.role = raft::role::leader;
                now.leader = one.node;
                auto const [first, is_new] = leaders_.try_emplace({one.group, one.term}, one.node);
                EXPECT_TRUE(is_new) << "node " << first->second.value << " leads in this term";
        }
        EXPECT_EQ(now.successor, no_node) << "a transfer ends before the leadership does";
    }

    void take_log(told_state& now, trace_event const& one) {
        switch (one.kind) {
            case trace_kind::open: now.vote = one.peer; break;
            case trace_kind::vote:
                EXPECT_EQ(now.vote, no_node) << "a second vote in one term";
                now.vote = one.peer;
                break;
            case trace_kind::commit:
                EXPECT_GT(one.index, now.commit);
                now.commit = one.index;
                break;
            case trace_kind::truncate: EXPECT_GT(one.index, now.commit); break;
            case trace_kind::members:
                now.members = *one.members;
                now.members_at = one.index;
                break;
            case trace_kind::settled:
                EXPECT_EQ(one.index, now.members_at);
                EXPECT_LE(one.index, now.commit);
                break;
            case trace_kind::snapshot_taken:
            case trace_kind::snapshot_installed: EXPECT_LE(one.index, now.commit); break;
            case trace_kind::transfer_begun:
                EXPECT_EQ(now.role, raft::role::leader);
                EXPECT_EQ(now.successor, no_node);
                now.successor = one.peer;
                break;
            case trace_kind::transfer_ended:
                EXPECT_EQ(now.successor, one.peer);
                now.successor = no_node;
                break;
            default: break;
        }
    }

    time_point latest_{};
    std::map<std::pair<node_id, group_id>, told_state> states_;
    std::map<std::pair<group_id, log_term>, node_id> leaders_;
    std::array<std::size_t, trace_forms.size()> counts_{};
};

TEST(simulation_trace, the_lines_of_a_run_agree_with_each_other_and_with_the_cores) {
    std::array<std::size_t, trace_forms.size()> seen{};
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        story lines;
        simulation::standard_trial one{plan_of(seed),
                                       [](node_id, group_id) { return simulation::chained{}; },
                                       simulation::some_command};
        one.listen([&](std::string const& line) { lines.read(line); });

        auto const report = one.run();

        ASSERT_TRUE(report.violations.empty()) << report.violations.front();
        EXPECT_EQ(lines.leaders(), report.leaders);
        for (node_id const node : one.world().nodes()) {
            for (group_id const group : one.world().groups()) {
                auto const* const open = one.world().group_on(node, group);
                if (open == nullptr) continue;
                told_state const& told = lines.of(node, group);
                EXPECT_EQ(told.role, open->core.current_role());
                // Who comes back with an empty disk knows the group's term from elsewhere.
                bool const wiped = one.world().wiped_count() > 0;
                EXPECT_LE(told.term, open->core.term());
                EXPECT_TRUE(wiped || told.term == open->core.term());
                EXPECT_EQ(told.vote, open->core.vote());
                EXPECT_EQ(told.leader, open->core.leader());
                EXPECT_EQ(told.successor != no_node, open->core.transferring());
                EXPECT_EQ(told.members, open->core.members());
                EXPECT_LE(told.commit, open->core.commit_index());
                EXPECT_GE(told.commit, open->applied) << "what is applied was told to be committed";
            }
        }
        for (trace_form const& each : trace_forms)
            seen[static_cast<std::size_t>(each.kind)] += lines.count(each.kind);
    }
    for (trace_form const& each : trace_forms) {
        bool const removes = each.kind == trace_kind::close;  // what the world never does
        EXPECT_EQ(seen[static_cast<std::size_t>(each.kind)] == 0, removes) << each.name;
    }
}

TEST(simulation_trace, what_the_world_does_stands_between_the_steps_of_the_groups) {
    bool power = false;
    bool fault = false;
    simulation::run_trial(plan_of(5), [&](std::string const& line) {
        EXPECT_TRUE(line.starts_with("at=")) << line;
        bool const of_group = line.find(" event=") != std::string::npos;
        EXPECT_NE(of_group, line.find(" world=\"") != std::string::npos) << line;
        power = power || line.find(" world=\"starts with records\" number=") != std::string::npos;
        fault = fault || line.find(" world=\"fault at ") != std::string::npos;
    });
    EXPECT_TRUE(power);
    EXPECT_TRUE(fault);
}

}  // namespace
