// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/mapped_sink.hpp>
#include <chronik/wal/segment.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace chronik::wal {

/// Small writes leave small folios in the page cache: a later sync of 4 KiB then writes 4 KiB and not a megabyte.
inline constexpr std::size_t zero_fill_bytes = 64 * 1024;

namespace detail {

inline constexpr std::array<std::byte, zero_fill_bytes> zeros{};

template <file File>
result<void> fill_with_zeros(File& target, std::size_t begin, std::size_t end) {
    while (begin < end) {
        std::size_t const size = std::min(zero_fill_bytes, end - begin);
        if (auto written = target.write_at(begin, std::span{zeros}.first(size)); !written) return written;
        begin += size;
    }
    return {};
}

/// Allocated, written and synced before it gets its name; the name is durable before it is used.
/// Unwritten space would cost every later sync a change of metadata, and could run out under a mapping.
template <directory Directory>
result<std::shared_ptr<stored_segment<typename Directory::file_type>>> create_segment(Directory& where,
                                                                                      std::string const& name,
                                                                                      segment_header const& header) {
    std::string const unfinished = name + std::string{unfinished_suffix};
    auto created = where.create(unfinished);
    if (!created) return std::unexpected(created.error());
    auto made = std::make_shared<stored_segment<typename Directory::file_type>>(std::move(*created));
    auto const step = [&]() -> result<shared_bytes> {
        if (auto done = made->source.allocate(header.bytes); !done) return std::unexpected(done.error());
        if (auto done = fill_with_zeros(made->source, 0, header.bytes); !done) return std::unexpected(done.error());
        if (auto done = write_segment_header(made->source, header); !done) return std::unexpected(done.error());
        if (auto done = where.rename(unfinished, name); !done) return std::unexpected(done.error());
        if (auto done = where.sync(); !done) return std::unexpected(done.error());
        return made->source.map();
    }();
    if (!step) {
        // What was allocated goes back; an unfinished name is dropped by the next recovery in any case.
        (void)where.remove(unfinished);
        return std::unexpected(step.error());
    }
    made->name = name;
    made->mapping = std::make_shared<shared_bytes const>(*step);
    made->begin_life(header);
    return made;
}

}  // namespace detail

/// Keeps spares ready: makes a new segment, gives a dead one a new life, or removes one that nobody needs.
///
/// run()     blocks, for milliseconds to seconds; only here can the device be full, or a file not be opened
/// threads   run() on any thread, once; then back to the journal's owner for finish_prepare()
template <directory Directory>
class prepare_job {
public:
    using segment_ptr = std::shared_ptr<stored_segment<typename Directory::file_type>>;
    enum class task : std::uint8_t { create, recycle, remove };

    /// stored_into   the sink stores into the segment's memory: it is brought in for that, or left alone
    prepare_job(Directory& where, task what, segment_ptr target, std::string name, segment_header header,
                std::optional<touch> stored_into = std::nullopt)
        : where_(&where), what_(what), target_(std::move(target)), name_(std::move(name)), header_(header),
          stored_into_(stored_into) {}

    void run() {
        switch (what_) {
            case task::create: outcome_ = detail::create_segment(*where_, name_, header_); break;
            case task::recycle: finish(write_segment_header(target_->source, header_)); break;
            case task::remove: return finish(where_->remove(name_));
        }
        if constexpr (storable_file<typename Directory::file_type>) {
            if (!outcome_ || !stored_into_) return;
            if (auto const ready = prepare_to_store(**outcome_, *stored_into_); !ready)
                outcome_ = std::unexpected(ready.error());
        }
    }

    task what() const { return what_; }
    segment_header const& header() const { return header_; }
    result<segment_ptr> const& outcome() const { return outcome_; }

private:
    void finish(result<void> const& done) {
        if (done) {
            outcome_ = target_;
        } else {
            outcome_ = std::unexpected(done.error());
        }
    }

    Directory* where_;
    task what_;
    segment_ptr target_;
    std::string name_;
    segment_header header_;
    std::optional<touch> stored_into_;
    result<segment_ptr> outcome_ = failure(errc::closed);
};

}  // namespace chronik::wal
