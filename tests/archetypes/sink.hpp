// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/wal/flush_pieces.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/segment.hpp>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace chronik::archetypes {

/// The smallest wal::sink, whose tail is the smallest wal::sink_tail: it takes records and writes none.
struct sink {
    static constexpr bool stores_in_place = false;

    template <wal::file File>
    class tail {
    public:
        using segment_ptr = std::shared_ptr<wal::stored_segment<File>>;

        struct batch_type {
            wal::flush_pieces<File> taken;
            std::vector<wal::flush_piece<File>> const& pieces() const { return taken.all(); }
            result<void> write(wal::flush_piece<File> const&) { return {}; }
        };

        explicit tail(wal::options const& limits) : record_(limits.staged_bytes_max) {}

        std::size_t used() const { return filling_.taken.used(); }
        std::byte* claim(segment_ptr const&, std::size_t) { return record_.data(); }
        void commit(segment_ptr const& target, std::size_t size) { filling_.taken.add(target, size); }
        batch_type take() { return std::exchange(filling_, {}); }
        void give_back(batch_type&&) {}

    private:
        std::vector<std::byte> record_;
        batch_type filling_;
    };
};

}  // namespace chronik::archetypes
