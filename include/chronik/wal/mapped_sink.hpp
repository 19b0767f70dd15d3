// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/flush_pieces.hpp>
#include <chronik/wal/options.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace chronik::wal {

/// Records are made in the segment itself, through a mapping: no buffer, no copy, no call for a write.
///
/// The system may write a record to the device as soon as it is there, in any order. So nothing is stored while a sync
/// is under way, and the next segment is begun only after a sync of the one before: stage() says errc::busy meanwhile.
/// A store cannot meet a full device: whoever makes a segment has allocated and written every block of it.
struct mapped_sink {
    static constexpr bool stores_in_place = true;

    /// What a flush covers; it is in the file already.
    template <file File>
    struct batch {
        flush_pieces<File> covered;

        std::vector<flush_piece<File>> const& pieces() const { return covered.all(); }
        result<void> write(flush_piece<File> const&) { return {}; }
    };

    template <storable_file File>
    class tail {
    public:
        using batch_type = batch<File>;
        using segment_ptr = std::shared_ptr<stored_segment<File>>;

        explicit tail(options const&) {}

        std::size_t used() const { return filling_.covered.used(); }
        std::byte* claim(segment_ptr const& target, std::size_t) { return target->memory.bytes.data() + target->end; }
        void commit(segment_ptr const& target, std::size_t size) { filling_.covered.add(target, size); }

        batch_type take() {
            auto& covered = filling_.covered;
            if (covered.used() != 0) {
                auto const& last = *covered.all().back().target;
                std::memset(last.memory.bytes.data() + last.end, 0, covered.pad());
            }
            return std::exchange(filling_, std::move(idle_));
        }
        void give_back(batch_type&& done) {
            done.covered.clear();
            idle_ = std::move(done);
        }

    private:
        batch_type filling_;
        batch_type idle_;  ///< for its memory
    };
};

/// Before a segment is stored into: its memory, and all of it brought in. A block that the device does not give is an
/// error here, and would be a signal later. Blocks.
template <storable_file File>
result<void> prepare_to_store(stored_segment<File>& target, touch how) {
    if (target.memory.bytes.empty()) {
        auto mapped = target.source.map_to_store();
        if (!mapped) return std::unexpected(mapped.error());
        target.memory = std::move(*mapped);
    }
    return target.source.bring(target.memory, how);
}

}  // namespace chronik::wal
