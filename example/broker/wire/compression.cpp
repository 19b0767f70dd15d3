// SPDX-License-Identifier: Apache-2.0
#include <chronik/base/assert.hpp>
#include <chronik/base/bytes.hpp>

#include <wire/compression.hpp>

#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <memory>

namespace broker::wire {

namespace {

using bytes = std::vector<std::byte>;
using view = std::span<std::byte const>;
using chronik::errc;
using chronik::failure;

/// Output that grows by pieces up to a limit. One byte beyond the limit is asked for, to tell "full" from "too large".
class bounded_output {
public:
    explicit bounded_output(std::size_t limit) : limit_(limit) {}

    /// Room for the codec to write into; what it did not use goes back with used().
    std::span<std::byte> room() {
        auto const size = std::min(piece_bytes, limit_ + 1 - taken_);
        storage_.resize(taken_ + size);
        return std::span{storage_}.subspan(taken_);
    }
    void used(std::size_t size) { taken_ += size; }
    bool too_large() const { return taken_ > limit_; }

    bytes take() && {
        storage_.resize(taken_);
        return std::move(storage_);
    }

private:
    static constexpr std::size_t piece_bytes = std::size_t{64} << 10;

    bytes storage_;
    std::size_t taken_ = 0;
    std::size_t limit_;
};

// gzip

constexpr int gzip_window = 15 + 16;  // the largest window, with a gzip header

chronik::result<bytes> gunzip(view source, std::size_t bytes_max) {
    if (source.size() > std::numeric_limits<uInt>::max()) return failure(errc::too_large);
    z_stream stream{};
    if (inflateInit2(&stream, gzip_window) != Z_OK) return failure(errc::busy);
    std::unique_ptr<z_stream, int (*)(z_stream*)> const closing{&stream, inflateEnd};
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(source.data()));  // zlib only reads it
    stream.avail_in = static_cast<uInt>(source.size());
    bounded_output output{bytes_max};
    for (;;) {
        auto const room = output.room();
        stream.next_out = reinterpret_cast<Bytef*>(room.data());
        stream.avail_out = static_cast<uInt>(room.size());
        int const done = inflate(&stream, Z_NO_FLUSH);
        auto const used = room.size() - stream.avail_out;
        output.used(used);
        if (output.too_large()) return failure(errc::too_large);
        if (done == Z_STREAM_END) {
            if (stream.avail_in == 0) return std::move(output).take();
            // Java reads a second stream behind the first, so some producer may write one.
            if (inflateReset(&stream) != Z_OK) return failure(errc::malformed);
        } else if (done != Z_OK || (used == 0 && stream.avail_in == 0)) {
            return failure(errc::malformed);
        }
    }
}

bytes gzip(view source) {
    z_stream stream{};
    int done = deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window, 8, Z_DEFAULT_STRATEGY);
    CHRONIK_ASSERT(done == Z_OK);
    bytes target(deflateBound(&stream, source.size()));
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(source.data()));
    stream.avail_in = static_cast<uInt>(source.size());
    stream.next_out = reinterpret_cast<Bytef*>(target.data());
    stream.avail_out = static_cast<uInt>(target.size());
    done = deflate(&stream, Z_FINISH);
    CHRONIK_ASSERT(done == Z_STREAM_END);
    target.resize(target.size() - stream.avail_out);
    deflateEnd(&stream);
    return target;
}

// snappy

/// xerial's snappy-java: this mark, two version numbers, then blocks of [big endian length][snappy].
constexpr std::array<std::byte, 8> xerial_mark{std::byte{0x82}, std::byte{'S'}, std::byte{'N'}, std::byte{'A'},
                                               std::byte{'P'},  std::byte{'P'}, std::byte{'Y'}, std::byte{0}};
constexpr std::size_t xerial_block_bytes = std::size_t{32} << 10;
/// A copy of 64 bytes takes three, so a block that claims more than this per byte lies and gets no memory.
constexpr std::size_t snappy_ratio_max = 22;

chronik::result<void> unsnappy_block(view source, std::size_t bytes_max, bytes& target) {
    auto const* const from = reinterpret_cast<char const*>(source.data());
    std::size_t size = 0;
    if (snappy_uncompressed_length(from, source.size(), &size) != SNAPPY_OK) return failure(errc::malformed);
    if (size / snappy_ratio_max > source.size()) return failure(errc::malformed);
    if (size > bytes_max - target.size()) return failure(errc::too_large);
    auto const at = target.size();
    target.resize(at + size);
    auto* const to = reinterpret_cast<char*>(target.data() + at);
    if (snappy_uncompress(from, source.size(), to, &size) != SNAPPY_OK) return failure(errc::malformed);
    return {};
}

chronik::result<bytes> unsnappy(view source, std::size_t bytes_max) {
    bytes target;
    chronik::byte_reader in{source};
    if (!std::ranges::equal(in.run(xerial_mark.size()), xerial_mark)) {
        if (auto const done = unsnappy_block(source, bytes_max, target); !done) return std::unexpected(done.error());
        return target;
    }
    in.run(2 * sizeof(std::int32_t));
    while (!in.failed() && in.remaining() != 0) {
        auto const size = in.number<std::uint32_t, std::endian::big>();
        auto const block = in.run(size);
        if (in.failed()) break;
        if (auto const done = unsnappy_block(block, bytes_max, target); !done) return std::unexpected(done.error());
    }
    if (in.failed()) return failure(errc::malformed);
    return target;
}

bytes snappy(view source) {
    bytes target;
    chronik::byte_writer out{target};
    out.run(xerial_mark);
    out.number<std::int32_t, std::endian::big>(1);
    out.number<std::int32_t, std::endian::big>(1);
    while (!source.empty()) {
        auto const block = source.first(std::min(source.size(), xerial_block_bytes));
        source = source.subspan(block.size());
        std::size_t size = snappy_max_compressed_length(block.size());
        bytes packed(size);
        auto const done = snappy_compress(reinterpret_cast<char const*>(block.data()), block.size(),
                                          reinterpret_cast<char*>(packed.data()), &size);
        CHRONIK_ASSERT(done == SNAPPY_OK);
        out.number<std::uint32_t, std::endian::big>(static_cast<std::uint32_t>(size));
        out.run(std::span{packed}.first(size));
    }
    return target;
}

// LZ4

chronik::result<bytes> unlz4(view source, std::size_t bytes_max) {
    LZ4F_dctx* context = nullptr;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)) != 0) return failure(errc::busy);
    std::unique_ptr<LZ4F_dctx, LZ4F_errorCode_t (*)(LZ4F_dctx*)> const closing{context, LZ4F_freeDecompressionContext};
    bounded_output output{bytes_max};
    for (;;) {
        auto const room = output.room();
        std::size_t written = room.size();
        std::size_t read = source.size();
        auto const hint = LZ4F_decompress(context, room.data(), &written, source.data(), &read, nullptr);
        if (LZ4F_isError(hint) != 0) return failure(errc::malformed);
        source = source.subspan(read);
        output.used(written);
        if (output.too_large()) return failure(errc::too_large);
        if (hint == 0 && source.empty()) return std::move(output).take();
        if (read == 0 && written == 0) return failure(errc::malformed);
    }
}

bytes lz4(view source) {
    bytes target(LZ4F_compressFrameBound(source.size(), nullptr));
    auto const size = LZ4F_compressFrame(target.data(), target.size(), source.data(), source.size(), nullptr);
    CHRONIK_ASSERT(LZ4F_isError(size) == 0);
    target.resize(size);
    return target;
}

// zstd

chronik::result<bytes> unzstd(view source, std::size_t bytes_max) {
    // Its window limit stays at the library's 128 MiB, which is what the highest compression level of producers needs.
    std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> const context{ZSTD_createDCtx(), ZSTD_freeDCtx};
    if (!context) return failure(errc::busy);
    bounded_output output{bytes_max};
    ZSTD_inBuffer in{source.data(), source.size(), 0};
    for (;;) {
        auto const room = output.room();
        auto const read_before = in.pos;
        ZSTD_outBuffer out{room.data(), room.size(), 0};
        auto const hint = ZSTD_decompressStream(context.get(), &out, &in);
        if (ZSTD_isError(hint) != 0) return failure(errc::malformed);
        output.used(out.pos);
        if (output.too_large()) return failure(errc::too_large);
        if (hint == 0 && in.pos == in.size) return std::move(output).take();
        if (in.pos == read_before && out.pos == 0) return failure(errc::malformed);
    }
}

bytes zstd(view source) {
    bytes target(ZSTD_compressBound(source.size()));
    auto const size = ZSTD_compress(target.data(), target.size(), source.data(), source.size(), ZSTD_CLEVEL_DEFAULT);
    CHRONIK_ASSERT(ZSTD_isError(size) == 0);
    target.resize(size);
    return target;
}

}  // namespace

chronik::result<std::vector<std::byte>> decompress(compression_type type, std::span<std::byte const> source,
                                                   std::size_t bytes_max) {
    switch (type) {
        case compression_type::none:
            if (source.size() > bytes_max) return failure(errc::too_large);
            return bytes(source.begin(), source.end());
        case compression_type::gzip: return gunzip(source, bytes_max);
        case compression_type::snappy: return unsnappy(source, bytes_max);
        case compression_type::lz4: return unlz4(source, bytes_max);
        case compression_type::zstd: return unzstd(source, bytes_max);
    }
    return failure(errc::unsupported_version);
}

std::vector<std::byte> compress(compression_type type, std::span<std::byte const> source) {
    switch (type) {
        case compression_type::none: break;
        case compression_type::gzip: return gzip(source);
        case compression_type::snappy: return snappy(source);
        case compression_type::lz4: return lz4(source);
        case compression_type::zstd: return zstd(source);
    }
    return {source.begin(), source.end()};
}

}  // namespace broker::wire
