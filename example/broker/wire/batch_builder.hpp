// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/record_batch.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace broker::wire {

/// Makes record batches: for the broker's own topics and for tests.
///
///     auto const bytes = batch_builder{}.compressed(compression_type::lz4).add("key", "value", 1700).build();
class batch_builder {
public:
    using text = std::optional<std::string_view>;
    using header = std::pair<std::string_view, text>;

    batch_builder& base_offset(std::int64_t offset) { base_offset_ = offset; return *this; }
    batch_builder& compressed(compression_type type) { type_ = type; return *this; }
    batch_builder& producer(std::int64_t id, std::int16_t epoch, std::int32_t sequence) {
        producer_id_ = id;
        producer_epoch_ = epoch;
        base_sequence_ = sequence;
        return *this;
    }
    /// Raw attribute bits besides the compression: 0x08 log append time, 0x10 transactional, 0x20 control.
    batch_builder& flags(std::int16_t bits) { flags_ = bits; return *this; }

    batch_builder& add(text key, text value, std::int64_t timestamp_ms, std::vector<header> const& headers = {});

    /// Takes what was added; a builder without records makes a batch that validate() refuses.
    std::vector<std::byte> build() const;

private:
    std::int64_t base_offset_ = 0;
    compression_type type_ = compression_type::none;
    std::int64_t producer_id_ = -1;
    std::int16_t producer_epoch_ = -1;
    std::int32_t base_sequence_ = -1;
    std::int16_t flags_ = 0;
    std::int64_t base_timestamp_ = -1;
    std::int64_t max_timestamp_ = -1;
    std::int32_t count_ = 0;
    std::vector<std::byte> records_;
};

}  // namespace broker::wire
