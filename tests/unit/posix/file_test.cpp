// SPDX-License-Identifier: Apache-2.0
#include <chronik/posix/directory.hpp>
#include <chronik/posix/file.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace {

using namespace chronik;

struct posix_file : ::testing::Test {
    std::string root = (std::filesystem::temp_directory_path() / "chronik-file-XXXXXX").string();

    posix_file() { EXPECT_NE(::mkdtemp(root.data()), nullptr); }
    ~posix_file() override { std::filesystem::remove_all(root); }

    posix::file made() { return *(*posix::directory::open_shared(root)).create("a"); }
};

TEST_F(posix_file, a_mapping_outlives_the_file_that_it_is_of) {
    shared_bytes kept;
    {
        auto file = made();
        ASSERT_TRUE(file.write_at(0, std::as_bytes(std::span{std::string_view("kept")})));
        kept = file.map().value();
    }
    std::filesystem::remove(root + "/a");

    EXPECT_EQ(kept.text(), "kept");
}

TEST_F(posix_file, an_empty_file_maps_to_nothing) {
    auto const file = made();
    auto const mapped = file.map();
    ASSERT_TRUE(mapped);
    EXPECT_TRUE(mapped->empty());
}

TEST_F(posix_file, what_was_moved_from_has_nothing_to_close) {
    auto first = made();
    auto second = std::move(first);
    ASSERT_TRUE(second.write_at(0, std::as_bytes(std::span{std::string_view("x")})));
    EXPECT_EQ(second.size(), std::uint64_t{1});
}

TEST_F(posix_file, opened_for_reading_it_refuses_to_be_written) {
    static_cast<void>(made());
    auto file = (*posix::directory::open_shared(root)).open("a", wal::access::read);
    ASSERT_TRUE(file);
    auto const refused = file->write_at(0, std::as_bytes(std::span{std::string_view("x")}));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), std::errc::bad_file_descriptor);
}

}  // namespace
