// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>

#include <wire/record_batch.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace broker::wire {

/// Undoes a producer's compression: a gzip stream, snappy bare or in xerial's frames, an LZ4 frame, a zstd frame.
///
/// bytes_max   the output never grows beyond it, however small the input
/// errors      errc::malformed if the codec refuses, errc::too_large beyond bytes_max
[[nodiscard]] chronik::result<std::vector<std::byte>> decompress(compression_type type,
                                                               std::span<std::byte const> source,
                                                               std::size_t bytes_max);

/// For batches that the broker writes itself, and for tests. Snappy is framed as Java's clients do.
[[nodiscard]] std::vector<std::byte> compress(compression_type type, std::span<std::byte const> source);

}  // namespace broker::wire
