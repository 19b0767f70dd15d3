// SPDX-License-Identifier: Apache-2.0
#include <wire/compression.hpp>
#include <wire/support.hpp>

#include <chronik/base/random.hpp>

#include <snappy-c.h>

#include <initializer_list>

namespace {

using namespace wire_test;

constexpr std::array codecs{compression_type::gzip, compression_type::snappy, compression_type::lz4,
                            compression_type::zstd};

std::vector<std::byte> sample(std::size_t size) {
    chronik::random chance{size};
    std::vector<std::byte> bytes(size);
    for (auto& each : bytes) each = static_cast<std::byte>(chance.below(8));
    return bytes;
}

TEST(compression, every_codec_gives_back_what_it_took) {
    for (auto const codec : codecs) {
        for (auto const size : std::initializer_list<std::size_t>{0, 1, 1000, 65'536, 300'000}) {
            auto const source = sample(size);
            auto const done = decompress(codec, compress(codec, source), size);
            ASSERT_TRUE(done) << static_cast<int>(codec) << ' ' << size;
            EXPECT_EQ(*done, source);
        }
    }
}

TEST(compression, output_beyond_the_limit_is_refused) {
    for (auto const codec : codecs) {
        auto const packed = compress(codec, std::vector<std::byte>(10'000'000));
        EXPECT_LT(packed.size(), 600'000u);
        EXPECT_EQ(error_of(decompress(codec, packed, 9'999'999)), errc::too_large) << static_cast<int>(codec);
        EXPECT_TRUE(decompress(codec, packed, 10'000'000)) << static_cast<int>(codec);
    }
}

TEST(compression, every_truncation_is_malformed) {
    for (auto const codec : codecs) {
        auto const packed = compress(codec, sample(500));
        for (std::size_t size = 0; size < packed.size(); ++size) {
            auto const done = decompress(codec, std::span{packed}.first(size), 1 << 20);
            // A framed snappy stream may end behind its header: there it means nothing.
            if (codec == compression_type::snappy && size == 16) continue;
            EXPECT_FALSE(done) << static_cast<int>(codec) << ' ' << size;
        }
    }
}

TEST(compression, damage_never_crashes) {
    chronik::random chance{3};
    for (auto const codec : codecs) {
        auto const packed = compress(codec, sample(2000));
        for (int round = 0; round < 2000; ++round) {
            auto damaged = packed;
            damaged[static_cast<std::size_t>(chance.below(damaged.size()))] = static_cast<std::byte>(chance.below(256));
            auto const done = decompress(codec, damaged, 1 << 20);
            EXPECT_LE(done ? done->size() : 0, std::size_t{1} << 20);
        }
    }
}

TEST(compression, snappy_without_frames_is_read_as_librdkafka_writes_it) {
    auto const source = sample(1000);
    std::size_t size = snappy_max_compressed_length(source.size());
    std::vector<std::byte> packed(size);
    ASSERT_EQ(snappy_compress(reinterpret_cast<char const*>(source.data()), source.size(),
                              reinterpret_cast<char*>(packed.data()), &size), SNAPPY_OK);
    packed.resize(size);
    EXPECT_EQ(decompress(compression_type::snappy, packed, 1000).value(), source);
    EXPECT_EQ(error_of(decompress(compression_type::snappy, packed, 999)), errc::too_large);
}

TEST(compression, a_snappy_block_that_claims_more_than_it_can_hold_gets_no_memory) {
    auto const bomb = from_hex("80808020" "00");  // 64 MiB in one byte
    EXPECT_EQ(error_of(decompress(compression_type::snappy, bomb, std::size_t{1} << 30)), errc::malformed);
}

TEST(compression, two_gzip_streams_are_read_as_one) {
    auto packed = compress(compression_type::gzip, sample(100));
    auto const again = packed;
    packed.insert(packed.end(), again.begin(), again.end());
    EXPECT_EQ(decompress(compression_type::gzip, packed, 1000)->size(), 200u);
}

}  // namespace
