// SPDX-License-Identifier: Apache-2.0
#include <chronik/version.hpp>

#include <gtest/gtest.h>

#include <string>

namespace {

TEST(version, text_and_numbers_are_the_same_version) {
    auto const [major, minor, patch] = chronik::library_version;
    EXPECT_EQ(chronik::version_text, std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch));
}

TEST(version, versions_are_ordered_by_major_then_minor_then_patch) {
    EXPECT_LT((chronik::version_number{0, 9, 9}), (chronik::version_number{1, 0, 0}));
    EXPECT_LT((chronik::version_number{1, 0, 9}), (chronik::version_number{1, 1, 0}));
}

}  // namespace
