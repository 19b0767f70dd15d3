// SPDX-License-Identifier: Apache-2.0
#include <log/raft_trace.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace broker {
namespace {

using namespace std::chrono_literals;

/// A file that is not there yet, and goes with the test.
struct raft_trace_test : ::testing::Test {
    std::filesystem::path const path =
        std::filesystem::temp_directory_path() / ("raft_trace_test." + std::to_string(::getpid()));
    std::vector<std::string> complaints;
    log_writer log{{.sink = [this](std::string_view line) { complaints.emplace_back(line); }}};

    void TearDown() override { std::filesystem::remove(path); }

    static chronik::trace_event commit_of(std::uint64_t index) {
        return {.at = chronik::time_point(std::chrono::steady_clock::now().time_since_epoch()),
                .node = chronik::node_id{1},
                .group = chronik::group_id{7},
                .term = chronik::log_term{3},
                .index = chronik::log_index{index},
                .kind = chronik::trace_kind::commit};
    }
    std::vector<chronik::trace_event> read() const {
        std::vector<chronik::trace_event> found;
        std::ifstream file{path};
        chronik::raft::configuration members;
        for (std::string line; std::getline(file, line);) {
            auto const one = chronik::read_trace_line(line, members);
            EXPECT_TRUE(one.has_value()) << line;
            if (one) found.push_back(*one);
        }
        return found;
    }
};

TEST_F(raft_trace_test, each_step_is_a_line_at_the_time_of_the_wall_clock) {
    auto const before = std::chrono::system_clock::now().time_since_epoch();
    {
        auto const trace = raft_trace::open(path, log);
        ASSERT_TRUE(trace.has_value());
        for (std::uint64_t index = 1; index <= 100; ++index) (*trace)->write(commit_of(index));
        EXPECT_EQ((*trace)->lines_dropped(), 0U);
    }
    auto const after = std::chrono::system_clock::now().time_since_epoch();

    auto const lines = read();
    ASSERT_EQ(lines.size(), 100U) << "all that waited is written at the end";
    EXPECT_EQ(lines.front().index, chronik::log_index{1});
    EXPECT_EQ(lines.back().index, chronik::log_index{100});
    EXPECT_GE(lines.front().at.time_since_epoch(), before - 1s);
    EXPECT_LE(lines.back().at.time_since_epoch(), after + 1s);
    EXPECT_TRUE(complaints.empty());
}

TEST_F(raft_trace_test, the_next_start_goes_on_in_the_same_file) {
    for (std::uint64_t start = 1; start <= 2; ++start) {
        auto const trace = raft_trace::open(path, log);
        ASSERT_TRUE(trace.has_value());
        (*trace)->write(commit_of(start));
    }

    EXPECT_EQ(read().size(), 2U);
}

TEST_F(raft_trace_test, what_cannot_be_written_is_refused_at_the_start) {
    auto const trace = raft_trace::open(std::filesystem::temp_directory_path(), log);

    ASSERT_FALSE(trace.has_value());
    EXPECT_EQ(trace.error().code, exit_code::configuration);
    EXPECT_NE(trace.error().text.find("raft_trace"), std::string::npos) << trace.error().text;
}

}  // namespace
}  // namespace broker
