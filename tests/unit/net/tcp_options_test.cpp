// SPDX-License-Identifier: Apache-2.0
#include <chronik/net/hello.hpp>
#include <chronik/net/tcp_options.hpp>

#include <gtest/gtest.h>

namespace {

TEST(tcp_options, the_defaults_fit_each_other) {
    chronik::net::tcp_options const options;

    EXPECT_LE(options.dial_backoff_min, options.dial_backoff_max);
    EXPECT_LE(chronik::net::hello::body_bytes_max, options.body_bytes_max);
    EXPECT_LT(options.body_bytes_max, std::size_t{1} << 32) << "a frame's length is a u32";
    EXPECT_GT(options.handshakes_max, 0u);
}

}  // namespace
