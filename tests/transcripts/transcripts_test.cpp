// SPDX-License-Identifier: Apache-2.0
#include "transcript.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

using namespace chronik::transcripts;
namespace fs = std::filesystem;

std::vector<fs::path> all_transcripts() {
    std::vector<fs::path> found;
    for (auto const& each : fs::directory_iterator(CHRONIK_TRANSCRIPTS)) {
        if (each.path().extension() == ".txt") found.push_back(each.path());
    }
    std::ranges::sort(found);
    return found;
}

std::string content_of(fs::path const& file) {
    std::ifstream in{file};
    return {std::istreambuf_iterator<char>(in), {}};
}

class transcript : public ::testing::TestWithParam<fs::path> {};

TEST_P(transcript, is_what_happens) {
    std::string const written = content_of(GetParam());
    std::string const happened = retold(written);
    EXPECT_EQ(happened.find("not understood"), std::string::npos) << happened;

    bool const update = std::getenv("CHRONIK_UPDATE_TRANSCRIPTS") != nullptr;
    if (update && written != happened) std::ofstream{GetParam()} << happened;

    EXPECT_TRUE(update || written == happened)
        << GetParam().filename().string() << ", " << first_difference(written, happened)
        << "\nIf this is as it should be: CHRONIK_UPDATE_TRANSCRIPTS=1 rewrites the files; read what changed.";
}

TEST_P(transcript, begins_with_what_it_shows_and_where_that_is_written) {
    std::string const text = content_of(GetParam());
    std::string const head = text.substr(0, text.find("\n\n"));
    EXPECT_TRUE(head.starts_with("# ")) << head;
    EXPECT_NE(head.find("ection "), std::string::npos) << "name the section of the paper or of the thesis: " << head;
}

INSTANTIATE_TEST_SUITE_P(every, transcript, ::testing::ValuesIn(all_transcripts()),
                         [](auto const& each) { return each.param.stem().string(); });

TEST(transcripts, a_command_that_is_not_known_is_said_so) {
    stage on;
    EXPECT_EQ(on.carry_out("dance 1"), std::vector<std::string>{"not understood: dance 1"});
    EXPECT_EQ(on.carry_out("wake 1"), std::vector<std::string>{"not understood: wake 1"}) << "no such node";
    EXPECT_EQ(on.carry_out("nodes 1 x"), std::vector<std::string>{"not understood: nodes 1 x"});
    EXPECT_EQ(on.carry_out("pass soon"), std::vector<std::string>{"not understood: pass soon"});
}

TEST(transcripts, the_first_difference_is_shown_with_its_line) {
    EXPECT_EQ(first_difference("a\nb\n", "a\nb\n"), "");
    EXPECT_EQ(first_difference("a\nb\n", "a\nc\n"), "line 2\n  written:  b\n  happened: c");
    EXPECT_EQ(first_difference("a\n", "a\nc\n"), "line 2\n  written:  (the end)\n  happened: c");
}

TEST(transcripts, what_was_written_below_a_command_gives_way_to_what_happens) {
    EXPECT_EQ(retold("# A comment.\n\nnodes 1\n    1 flies\nshow\n"),
              "# A comment.\n\nnodes 1\nshow\n    1  follower   term 0  log |\n");
}

}  // namespace
