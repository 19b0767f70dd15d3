// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/error.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/flush_pieces.hpp>
#include <chronik/wal/options.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace chronik::wal {

/// One of the two staging buffers: one fills while the other is written. Never grows.
template <file File>
class staging_buffer {
public:
    using segment_ptr = std::shared_ptr<stored_segment<File>>;

    explicit staging_buffer(std::size_t bytes_max)
        : bytes_(std::make_unique_for_overwrite<std::byte[]>(bytes_max + 2 * write_block_bytes)),
          bytes_max_(bytes_max) {}

    std::size_t used() const { return pieces_.used(); }
    std::vector<flush_piece<File>> const& pieces() const { return pieces_.all(); }

    result<void> write(flush_piece<File> const& piece) {
        return piece.target->source.write_at(piece.position, {bytes_.get() + piece.begin, piece.size + piece.padding});
    }

    std::byte* claim(std::size_t size) {
        CHRONIK_ASSERT(used() + size <= bytes_max_);
        return bytes_.get() + used();
    }
    void commit(segment_ptr const& target, std::size_t size) { pieces_.add(target, size); }

    void pad() {
        if (used() != 0) std::memset(bytes_.get() + used(), 0, pieces_.pad());
    }
    void clear() { pieces_.clear(); }

private:
    std::unique_ptr<std::byte[]> bytes_;
    std::size_t bytes_max_;
    flush_pieces<File> pieces_;
};

/// Records are made in a buffer, and a flush writes them with one call for each touched segment. What is staged while
/// a flush runs waits in the other buffer: the file does not have it before its own flush begins.
///
/// memory   two buffers of options::staged_bytes_max
struct staged_sink {
    static constexpr bool stores_in_place = false;

    template <file File>
    class tail {
    public:
        using batch_type = staging_buffer<File>;
        using segment_ptr = std::shared_ptr<stored_segment<File>>;

        explicit tail(options const& limits) : filling_(limits.staged_bytes_max), idle_(limits.staged_bytes_max) {}

        std::size_t used() const { return filling_.used(); }
        std::byte* claim(segment_ptr const&, std::size_t size) { return filling_.claim(size); }
        void commit(segment_ptr const& target, std::size_t size) { filling_.commit(target, size); }

        batch_type take() {
            CHRONIK_ASSERT(idle_.has_value());
            filling_.pad();
            batch_type taken = std::move(filling_);
            filling_ = std::move(*idle_);
            idle_.reset();
            return taken;
        }
        void give_back(batch_type&& batch) {
            batch.clear();
            idle_ = std::move(batch);
        }

    private:
        batch_type filling_;
        std::optional<batch_type> idle_;
    };
};

}  // namespace chronik::wal
