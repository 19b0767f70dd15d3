// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/random.hpp>
#include <chronik/raft/configuration_format.hpp>

#include <gtest/gtest.h>

namespace {

using namespace chronik;
using namespace chronik::raft;

std::vector<std::byte> bytes_of(std::initializer_list<int> numbers) {
    std::vector<std::byte> made;
    for (int const number : numbers) made.push_back(static_cast<std::byte>(number));
    return made;
}

configuration const sample{.voters = {{1}, {2}, {300}},
                           .learners = {{4}, {5}},
                           .outgoing = {{1}, {2}},
                           .witnesses = {{2}},
                           .promoting = {{5}}};

TEST(raft_configuration_format, bytes_are_those_of_the_page) {
    auto const written = encode(sample);

    EXPECT_EQ(std::vector(written.view().begin(), written.view().end()),
              bytes_of({1, 3, 1, 2, 0xac, 0x02, 2, 4, 5, 2, 1, 2, 1, 2, 1, 5}));
    EXPECT_EQ(decode_configuration(written.view()), sample);
}

TEST(raft_configuration_format, unknown_version_is_named) {
    EXPECT_EQ(decode_configuration(bytes_of({2, 1, 1, 0, 0, 0, 0})).error(), errc::unsupported_version);
}

TEST(raft_configuration_format, what_is_no_configuration_is_refused) {
    EXPECT_EQ(decode_configuration({}).error(), errc::malformed);
    EXPECT_EQ(decode_configuration(bytes_of({1, 0, 0, 0, 0, 0})).error(), errc::malformed) << "no voters";
    EXPECT_EQ(decode_configuration(bytes_of({1, 2, 2, 1, 0, 0, 0, 0})).error(), errc::malformed) << "not sorted";
    EXPECT_EQ(decode_configuration(bytes_of({1, 1, 1, 1, 1, 0, 0, 0})).error(), errc::malformed) << "twice";
    EXPECT_EQ(decode_configuration(bytes_of({1, 1, 1, 0, 0, 0, 0, 0})).error(), errc::malformed) << "a byte too much";
    EXPECT_EQ(decode_configuration(bytes_of({1, 0xff, 0xff, 0xff, 0x0f, 1})).error(), errc::malformed) << "hostile";
}

TEST(raft_configuration_format, every_cut_and_every_changed_byte_is_refused_or_valid) {
    auto const written = encode(sample);
    std::vector<std::byte> const whole(written.view().begin(), written.view().end());
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_FALSE(decode_configuration(std::span{whole}.first(length)).has_value()) << length;
    }
    chronik::random chance(3);
    for (int round = 0; round < 20'000; ++round) {
        auto changed = whole;
        changed[chance.below(changed.size())] = static_cast<std::byte>(chance.below(256));
        auto const read = decode_configuration(changed);
        if (read) {
            EXPECT_TRUE(is_valid(*read));
        }
    }
}

}  // namespace
