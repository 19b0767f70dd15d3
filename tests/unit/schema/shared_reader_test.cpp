// SPDX-License-Identifier: Apache-2.0
#include <chronik/schema/shared_reader.hpp>

#include <gtest/gtest.h>

namespace {

using namespace chronik;
using schema::shared_reader;

TEST(schema_shared_reader, a_shared_run_keeps_the_input_alive) {
    shared_bytes run;
    {
        shared_reader in{shared_bytes::copy_of("abcdef")};
        in.run(1);
        run = in.shared_run(3);
        EXPECT_EQ(in.remaining(), 2u);
    }
    EXPECT_EQ(run.text(), "bcd");
}

TEST(schema_shared_reader, a_run_past_the_end_is_empty_and_malformed) {
    shared_reader in{shared_bytes::copy_of("ab")};
    EXPECT_TRUE(in.shared_run(3).empty());
    EXPECT_TRUE(in.failed());
    EXPECT_EQ(in.error(), errc::malformed);
}

TEST(schema_shared_reader, the_first_reason_stays) {
    shared_reader first{shared_bytes::copy_of("ab")};
    first.reject(errc::too_large);
    first.reject(errc::unsupported_version);
    EXPECT_EQ(first.error(), errc::too_large);

    shared_reader torn{shared_bytes::copy_of("ab")};
    torn.run(3);
    torn.reject(errc::too_large);
    EXPECT_EQ(torn.error(), errc::malformed);
}

TEST(schema_shared_reader, a_part_spends_from_the_whole) {
    shared_reader in{shared_bytes::copy_of("abcdef"), {.allocated_bytes_max = 10, .nesting_max = 1}};
    shared_reader part = in.over(in.run(2));
    EXPECT_TRUE(part.allocate(6));
    in.adopt(part);
    EXPECT_FALSE(in.allocate(5));
    EXPECT_EQ(in.error(), errc::too_large);
}

TEST(schema_shared_reader, a_failed_part_fails_the_whole_for_its_reason) {
    shared_reader in{shared_bytes::copy_of("abcdef")};
    shared_reader part = in.over(in.run(2));
    part.reject(errc::too_large);
    in.adopt(part);
    EXPECT_TRUE(in.failed());
    EXPECT_EQ(in.error(), errc::too_large);
}

TEST(schema_shared_reader, depth_is_counted_in_and_out) {
    shared_reader in{shared_bytes::copy_of("a"), {.allocated_bytes_max = 0, .nesting_max = 1}};
    EXPECT_TRUE(in.enter());
    in.leave();
    EXPECT_TRUE(in.enter());
    EXPECT_FALSE(in.enter());
    EXPECT_EQ(in.error(), errc::too_large);
}

}  // namespace
