// SPDX-License-Identifier: Apache-2.0
#include <chronik/wal/shortage.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <system_error>

namespace chronik::wal {
namespace {

std::optional<errc> said_by_the_system(int error) { return shortage_of({error, std::system_category()}); }

TEST(shortage, tells_a_full_disk_from_too_many_open_files) {
    EXPECT_EQ(said_by_the_system(ENOSPC), errc::out_of_space);
    EXPECT_EQ(said_by_the_system(EMFILE), errc::out_of_descriptors);
    EXPECT_EQ(said_by_the_system(ENFILE), errc::out_of_descriptors) << "of all processes together";
}

TEST(shortage, is_nothing_that_says_that_something_went_wrong) {
    for (int const error : {EIO, EACCES, ENOENT, EROFS, EBADF, 0}) EXPECT_EQ(said_by_the_system(error), std::nullopt);
    EXPECT_EQ(shortage_of(errc::corrupt_record), std::nullopt);
    EXPECT_EQ(shortage_of(errc::storage_failed), std::nullopt);
}

}  // namespace
}  // namespace chronik::wal
