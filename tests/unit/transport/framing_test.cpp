// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/random.hpp>
#include <chronik/transport/framing.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace chronik;
using namespace chronik::transport;

std::vector<std::byte> on_the_wire(std::uint8_t channel, std::string_view body) {
    auto const size = static_cast<std::uint32_t>(body.size());
    std::vector<std::byte> bytes;
    bytes.reserve(frame_header::bytes + body.size());
    byte_writer out(bytes);
    out.run(frame_header{size, frame_header::current_version, channel}.encoded());
    out.run(std::as_bytes(std::span{body}));
    return bytes;
}

void feed(splitter& in, std::span<std::byte const> bytes) {
    while (!bytes.empty()) {
        auto const room = in.prepare();
        std::size_t const count = std::min(room.size(), bytes.size());
        std::copy_n(bytes.begin(), count, room.begin());
        in.commit(count);
        bytes = bytes.subspan(count);
    }
}

TEST(frame_header, bytes_are_as_documented) {
    auto const bytes = frame_header{0x01020304, 1, 9}.encoded();

    std::array<unsigned, 8> const expected{4, 3, 2, 1, 1, 9, 0, 0};
    for (std::size_t at = 0; at < expected.size(); ++at) {
        EXPECT_EQ(std::to_integer<unsigned>(bytes[at]), expected[at]) << at;
    }
}

TEST(splitter, frames_come_out_in_order) {
    splitter in(100);
    feed(in, on_the_wire(1, "first"));
    feed(in, on_the_wire(2, ""));
    feed(in, on_the_wire(3, "third"));

    auto const first = in.next();
    EXPECT_EQ((*first)->channel, 1);
    EXPECT_EQ((*first)->body.text(), "first");
    auto const second = in.next();
    EXPECT_EQ((*second)->channel, 2);
    EXPECT_TRUE((*second)->body.empty());
    EXPECT_EQ((*in.next())->body.text(), "third");
    EXPECT_FALSE(in.next()->has_value());
}

TEST(splitter, a_frame_is_given_only_when_its_last_byte_is_there) {
    splitter in(100);
    auto const bytes = on_the_wire(7, "body");

    for (std::size_t at = 0; at + 1 < bytes.size(); ++at) {
        feed(in, std::span{bytes}.subspan(at, 1));
        auto const nothing = in.next();
        ASSERT_TRUE(nothing.has_value());
        ASSERT_FALSE(nothing->has_value()) << at;
    }
    feed(in, std::span{bytes}.last(1));

    EXPECT_EQ((*in.next())->body.text(), "body");
}

TEST(splitter, bodies_stay_as_they_are_while_the_stream_goes_on) {
    splitter in(1 << 20);
    chronik::random chance(11);
    std::vector<std::pair<std::string, shared_bytes>> kept;
    for (int round = 0; round < 300; ++round) {
        std::string const body(chance.below(3000), static_cast<char>('a' + chance.below(26)));
        feed(in, on_the_wire(0, body));
        auto const frame = in.next();
        ASSERT_TRUE(frame && *frame);
        kept.emplace_back(body, (*frame)->body);
    }

    for (auto const& [sent, received] : kept) ASSERT_EQ(sent, received.text());
}

TEST(splitter, a_body_larger_than_a_chunk_arrives_whole) {
    splitter in(1 << 20);
    std::string const body(splitter::chunk_bytes * 3 + 17, 'x');
    feed(in, on_the_wire(0, "small"));
    feed(in, on_the_wire(5, body));

    EXPECT_EQ((*in.next())->body.text(), "small");
    EXPECT_EQ((*in.next())->body.text(), body);
}

TEST(splitter, a_length_beyond_the_limit_is_refused_before_its_body_arrives) {
    splitter in(100);
    auto const head = frame_header{101, 1, 0}.encoded();
    feed(in, head);

    EXPECT_EQ(in.next().error(), errc::too_large);
    EXPECT_EQ(in.next().error(), errc::too_large) << "final";
}

TEST(splitter, an_announced_length_alone_takes_no_memory) {
    splitter in(std::size_t{1} << 31);
    feed(in, frame_header{1u << 30, 1, 0}.encoded());
    ASSERT_FALSE(in.next()->has_value());

    EXPECT_LE(in.prepare().size(), 2 * splitter::chunk_bytes);
}

TEST(splitter, another_version_is_refused) {
    splitter in(100);
    feed(in, frame_header{0, 2, 0}.encoded());

    EXPECT_EQ(in.next().error(), errc::unsupported_version);
}

TEST(splitter, reserved_bits_are_refused) {
    splitter in(100);
    auto head = frame_header{0, 1, 0}.encoded();
    head[7] = std::byte{1};
    feed(in, head);

    EXPECT_EQ(in.next().error(), errc::malformed);
}

TEST(splitter, any_cut_of_the_stream_gives_the_same_frames) {
    std::vector<std::byte> stream;
    chronik::random chance(5);
    std::vector<std::string> bodies;
    for (int count = 0; count < 200; ++count) {
        bodies.emplace_back(chance.below(2000), static_cast<char>('A' + count % 26));
        auto const bytes = on_the_wire(static_cast<std::uint8_t>(count), bodies.back());
        stream.insert(stream.end(), bytes.begin(), bytes.end());
    }

    splitter in(4096);
    std::size_t given = 0;
    for (std::span<std::byte const> rest{stream}; !rest.empty();) {
        std::size_t const count = std::min<std::size_t>(rest.size(), 1 + chance.below(5000));
        feed(in, rest.first(count));
        rest = rest.subspan(count);
        for (auto frame = in.next(); frame && *frame; frame = in.next()) {
            ASSERT_EQ((*frame)->channel, static_cast<std::uint8_t>(given));
            ASSERT_EQ((*frame)->body.text(), bodies[given]);
            ++given;
        }
    }

    EXPECT_EQ(given, bodies.size());
}

}  // namespace
