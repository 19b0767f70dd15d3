// SPDX-License-Identifier: Apache-2.0
#include <chronik/posix/directory.hpp>
#include <chronik/posix/page_cache.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace {

using namespace chronik;

constexpr std::size_t mib = std::size_t{1} << 20;

/// Holes: a file of zeros that no page is in memory of, before somebody has looked at them.
struct posix_page_cache : ::testing::Test {
    std::string root = (std::filesystem::temp_directory_path() / "chronik-pages-XXXXXX").string();
    posix::page_cache pages;

    posix_page_cache() { EXPECT_NE(::mkdtemp(root.data()), nullptr); }
    ~posix_page_cache() override { std::filesystem::remove_all(root); }

    shared_bytes file_of_holes(std::size_t bytes) {
        auto where = posix::directory::open_shared(root);
        auto made = where->create("a");
        std::filesystem::resize_file(root + "/a", bytes);
        return made->map().value();
    }
};

TEST_F(posix_page_cache, holds_what_was_brought_and_not_what_was_not) {
    // Longer than what is asked about in one call.
    auto const mapped = file_of_holes(12 * mib);
    EXPECT_FALSE(pages.holds(mapped.view()));

    ASSERT_TRUE(pages.bring(mapped.view().first(6 * mib)));

    EXPECT_TRUE(pages.holds(mapped.view().first(6 * mib)));
    EXPECT_FALSE(pages.holds(mapped.view()));
    EXPECT_FALSE(pages.holds(mapped.view().last(1)));
}

TEST_F(posix_page_cache, what_is_asked_about_need_not_be_whole_pages) {
    auto const mapped = file_of_holes(8 * mib);
    auto const few = mapped.view().subspan(4095, 2);
    EXPECT_FALSE(pages.holds(few));

    ASSERT_TRUE(pages.bring(few));

    EXPECT_TRUE(pages.holds(few));
    EXPECT_TRUE(pages.holds(mapped.view().first(2 * 4096)));
    EXPECT_TRUE(pages.holds({}));
    EXPECT_TRUE(pages.bring({}));
}

TEST_F(posix_page_cache, what_cannot_be_read_is_an_error_and_no_signal) {
    auto const mapped = file_of_holes(4 * 4096);
    std::filesystem::resize_file(root + "/a", 2 * 4096);

    EXPECT_TRUE(pages.bring(mapped.view().first(2 * 4096)));
    EXPECT_EQ(pages.bring(mapped.view()).error(), std::errc::io_error);
    EXPECT_FALSE(pages.holds(mapped.view()));
}

TEST_F(posix_page_cache, what_was_cooled_can_still_be_read) {
    auto const mapped = file_of_holes(mib);
    ASSERT_TRUE(pages.bring(mapped.view()));

    pages.cool(mapped.view());
    pages.cool({});

    for (auto const each : mapped.view()) ASSERT_EQ(each, std::byte{});
}

}  // namespace
