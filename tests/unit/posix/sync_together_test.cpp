// SPDX-License-Identifier: Apache-2.0
#include <chronik/posix/directory.hpp>
#include <chronik/posix/sync_together.hpp>

#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

using namespace chronik;

struct posix_sync_together : ::testing::Test {
    std::string root = (std::filesystem::temp_directory_path() / "chronik-syncs-XXXXXX").string();

    posix_sync_together() { EXPECT_NE(::mkdtemp(root.data()), nullptr); }
    ~posix_sync_together() override { std::filesystem::remove_all(root); }

    std::vector<posix::file> made(std::size_t count) {
        auto where = *posix::directory::open_shared(root);
        std::vector<posix::file> files;
        for (std::size_t each = 0; each < count; ++each) {
            files.push_back(*where.create(std::to_string(each)));
            EXPECT_TRUE(files.back().write_at(0, std::as_bytes(std::span{std::string_view("written")})));
        }
        return files;
    }
    static std::vector<posix::file*> all_of(std::vector<posix::file>& files) {
        std::vector<posix::file*> pointers;
        for (auto& each : files) pointers.push_back(&each);
        return pointers;
    }
};

TEST_F(posix_sync_together, says_of_each_file_what_its_sync_said) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    auto files = made(3 * posix::syncs_at_once);
    std::size_t const odd = files.size() / 2;
    // A pipe has nothing that could be synced.
    files[odd] = posix::file{posix::descriptor{ends[1]}};
    posix::descriptor const other_end{ends[0]};

    auto const said = posix::sync_together(all_of(files));

    ASSERT_EQ(said.size(), files.size());
    for (std::size_t each = 0; each < said.size(); ++each) EXPECT_EQ(said[each].has_value(), each != odd) << each;
    EXPECT_EQ(said[odd].error(), std::errc::invalid_argument);
}

TEST_F(posix_sync_together, one_file_or_none_needs_nobody_else) {
    auto files = made(1);
    EXPECT_EQ(posix::sync_together(all_of(files)), std::vector<result<void>>(1));
    EXPECT_TRUE(posix::sync_together({}).empty());
}

}  // namespace
