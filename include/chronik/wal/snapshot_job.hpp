// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/wal/snapshot_file.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chronik::wal {

/// Gives the bytes of a state piece by piece; an empty one ends it. Called where the job runs.
using chunk_source = std::move_only_function<shared_bytes()>;

namespace detail {

/// A snapshot on its way into a file, whoever gives the bytes.
template <file File>
struct growing_snapshot {
    std::optional<File> target;
    std::uint64_t written = 0;   ///< of the content
    std::uint64_t unsynced = 0;
    std::uint32_t crc = 0;

    /// Long writes are synced as they go: at the end one sync of everything would hold up who shares the lane.
    static constexpr std::uint64_t unsynced_bytes_max = std::uint64_t{4} << 20;

    result<void> add(std::size_t begin, shared_bytes const& piece) {
        if (auto done = target->write_at(begin + written, piece.view()); !done) return done;
        crc = crc32c::extend(crc, piece.view());
        written += piece.size();
        unsynced += piece.size();
        if (unsynced < unsynced_bytes_max) return {};
        unsynced = 0;
        return target->sync();
    }
};

}  // namespace detail

/// Work of a snapshot store: writes a piece of a snapshot, finishes one, or removes files.
///
/// run()       blocks for a moment; again until finished(). What it leaves behind half done, the next open() removes
/// threads     run() on any thread, one at a time; then back to the store's owner for finish()
template <directory Directory>
class snapshot_job {
public:
    using growing = detail::growing_snapshot<typename Directory::file_type>;
    static constexpr std::size_t slice_bytes = std::size_t{1} << 20;

    /// Takes a state from `source`, to its end.
    static snapshot_job save(Directory& where, log_uuid owner, stored_snapshot about, chunk_source source,
                             std::uint64_t bytes_max) {
        snapshot_job made{where, owner, std::move(about), std::make_shared<growing>()};
        made.unfinished_ = unfinished_snapshot_name(made.about_.group, snapshot_saving_suffix);
        made.source_ = std::move(source);
        made.bytes_max_ = bytes_max;
        return made;
    }

    /// Appends one piece to what has been gathered; the last one must make it what `about.crc` promises.
    static snapshot_job gather(Directory& where, log_uuid owner, stored_snapshot about, std::shared_ptr<growing> into,
                               shared_bytes piece, bool last) {
        snapshot_job made{where, owner, std::move(about), std::move(into)};
        made.unfinished_ = unfinished_snapshot_name(made.about_.group, snapshot_gathering_suffix);
        made.piece_ = std::move(piece);
        made.last_ = last;
        made.gathers_ = true;
        return made;
    }

    static snapshot_job discard(Directory& where, std::vector<std::string> names) {
        snapshot_job made{where, {}, {}, nullptr};
        made.names_ = std::move(names);
        return made;
    }

    void run() {
        CHRONIK_ASSERT(!finished_);
        if (file_ == nullptr) return finish(remove_all());
        if (auto begun = begin(); !begun) return finish(begun);
        if (!source_) {
            auto added = file_->add(begin_of_content(), piece_);
            return finish(added && last_ ? seal() : added);
        }
        for (std::size_t bytes = 0; bytes < slice_bytes;) {
            shared_bytes const chunk = source_();
            if (chunk.empty()) {
                about_.crc = file_->crc;
                return finish(seal());
            }
            if (file_->written + chunk.size() > bytes_max_) return finish(failure(errc::too_large));
            if (auto added = file_->add(begin_of_content(), chunk); !added) return finish(added);
            bytes += chunk.size();
        }
    }

    bool finished() const { return finished_; }
    result<void> const& outcome() const { return outcome_; }
    group_id group() const { return about_.group; }
    bool gathers() const { return gathers_; }
    /// The whole snapshot, if this job has finished one.
    std::optional<stored_snapshot> const& whole() const { return whole_; }

private:
    snapshot_job(Directory& where, log_uuid owner, stored_snapshot about, std::shared_ptr<growing> into)
        : where_(&where), owner_(owner), about_(std::move(about)), file_(std::move(into)) {}

    std::size_t begin_of_content() const { return snapshot_content_position(about_.about.size()); }

    void finish(result<void> done) {
        outcome_ = std::move(done);
        finished_ = true;
        source_ = nullptr;
        piece_ = {};
        if (outcome_ || file_ == nullptr) return;
        // Space goes back at once; if even this fails, the next open() does it.
        file_->target.reset();
        static_cast<void>(where_->remove(unfinished_));
    }

    result<void> begin() {
        if (file_->target) return {};
        auto created = where_->create(unfinished_);
        if (!created) return std::unexpected(created.error());
        file_->target.emplace(std::move(*created));
        return {};
    }

    /// The name comes last: a file that has one is whole.
    result<void> seal() {
        if (file_->crc != about_.crc) return failure(errc::corrupt_record);
        auto const head = detail::snapshot_head(about_, owner_, file_->written);
        if (auto done = file_->target->write_at(0, head); !done) return done;
        if (auto done = file_->target->sync(); !done) return done;
        about_.name = snapshot_name(about_.group, about_.base);
        if (auto done = where_->rename(unfinished_, about_.name); !done) return done;
        if (auto done = where_->sync(); !done) return done;
        auto mapped = file_->target->map();
        if (!mapped) return std::unexpected(mapped.error());
        // In pairs: what was written is read back before anything relies on it.
        auto read = read_snapshot(*mapped, owner_, about_.name);
        if (!read) return std::unexpected(read.error());
        whole_ = std::move(*read);
        return {};
    }

    result<void> remove_all() {
        for (auto const& name : names_) {
            auto const done = where_->remove(name);
            if (!done && done.error() != std::errc::no_such_file_or_directory) return done;
        }
        return {};
    }

    Directory* where_;
    log_uuid owner_;
    stored_snapshot about_;
    std::shared_ptr<growing> file_;
    std::string unfinished_;
    chunk_source source_;
    std::uint64_t bytes_max_ = 0;
    shared_bytes piece_;
    bool last_ = false;
    bool gathers_ = false;
    std::vector<std::string> names_;
    bool finished_ = false;
    result<void> outcome_;
    std::optional<stored_snapshot> whole_;
};

}  // namespace chronik::wal
