// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/error.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace {

using namespace chronik;

TEST(errc, every_code_has_its_own_sentence) {
    std::set<std::string> sentences;
    for (int code = static_cast<int>(errc::malformed); code <= static_cast<int>(errc::closed); ++code) {
        std::string const sentence = make_error_code(static_cast<errc>(code)).message();
        EXPECT_NE(sentence, "unknown chronik error") << code;
        EXPECT_TRUE(sentences.insert(sentence).second) << sentence;
    }
}

TEST(errc, compares_with_an_error_code) {
    std::error_code const ec = errc::busy;

    EXPECT_EQ(ec, errc::busy);
    EXPECT_NE(ec, errc::closed);
    EXPECT_STREQ(ec.category().name(), "chronik");
}

TEST(errc, a_shortage_passes_and_a_failure_does_not) {
    EXPECT_TRUE(is_shortage(errc::out_of_space));
    EXPECT_TRUE(is_shortage(errc::out_of_descriptors));
    EXPECT_FALSE(is_shortage(errc::storage_failed));
    EXPECT_FALSE(is_shortage({static_cast<int>(errc::out_of_space), std::generic_category()}));
}

TEST(result, a_failure_converts_to_any_result) {
    auto const fails = []() -> result<std::string> { return failure(errc::not_leader); };

    EXPECT_EQ(fails().error(), errc::not_leader);
}

}  // namespace
