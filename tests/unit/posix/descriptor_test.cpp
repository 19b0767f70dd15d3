// SPDX-License-Identifier: Apache-2.0
#include <chronik/posix/descriptor.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>

#include <cerrno>
#include <utility>

namespace {

using chronik::posix::descriptor;

bool is_open(int number) { return ::fcntl(number, F_GETFD) != -1 || errno != EBADF; }

TEST(posix_descriptor, closes_what_it_owns) {
    int number = -1;
    {
        descriptor const owner{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
        number = owner.number();
        ASSERT_TRUE(owner);
        EXPECT_TRUE(is_open(number));
    }
    EXPECT_FALSE(is_open(number));
}

TEST(posix_descriptor, is_closed_once_wherever_it_was_moved) {
    descriptor first{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    int const number = first.number();
    descriptor second = std::move(first);
    EXPECT_TRUE(is_open(number));
    EXPECT_EQ(second.number(), number);

    second = descriptor{};
    EXPECT_FALSE(is_open(number)) << "replaced, so closed";
    EXPECT_FALSE(second);
}

TEST(posix_descriptor, none_is_none) {
    EXPECT_FALSE(descriptor{});
    EXPECT_FALSE(descriptor{-1});
}

}  // namespace
