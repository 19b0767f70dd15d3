// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../figures/lane.hpp"
#include "ready_journal.hpp"

#include <chronik/base/crc32c.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace chronik::bench {

/// What the blocks of a partition's segment are before its batches come.
///
/// reused   they were written before: a sync changes no metadata. Such a file was another partition's, or was zeroed
/// fresh    they are allocated, and each is marked as written when it is
enum class blocks : std::uint8_t { reused, fresh };

/// What a journal without bodies would be, for measuring: each batch goes into the segment of its partition, a pointer
/// to it into the journal, and both are synced, beside each other, before anything counts.
class partition_files {
public:
    partition_files(std::string const& path, blocks state, std::uint64_t groups, std::size_t bytes_each)
        : where_(*posix::directory::open_exclusive(path)), pointers_{where_, limits(), groups} {
        for (std::uint64_t group = 1; group <= groups; ++group) {
            auto made = *where_.create("partition-" + std::to_string(group));
            bool const zeroed = state == blocks::fresh || wal::detail::fill_with_zeros(made, 0, bytes_each);
            if (!zeroed || !made.allocate(bytes_each) || !made.sync()) std::abort();
            files_.push_back(std::move(made));
        }
        for (auto& each : files_) synced_.push_back(&each);
        if (!where_.sync()) std::abort();
    }

    /// One batch into each, with as many bytes between two syncs as the journal's buffer would hold. seen(n): n more
    /// of them are durable.
    template <class Seen>
    bool commit_round(shared_bytes const& batch, Seen const& seen) {
        std::size_t const together = std::max<std::size_t>(1, wal::options{}.staged_bytes_max / batch.size());
        for (std::size_t first = 0; first < files_.size(); first += together) {
            std::size_t const count = std::min(together, files_.size() - first);
            if (!commit(batch, first, count)) return false;
            seen(count);
        }
        end_ += batch.size();
        return true;
    }

    /// The pointers are needed no more.
    bool forget_pointers() { return pointers_.start_over(); }

private:
    struct pointer {
        std::uint64_t file;
        std::uint64_t position;
        std::uint32_t length;
        std::uint32_t crc;
    };

    static wal::options limits() {
        wal::options small;
        small.segment_bytes = std::size_t{16} << 20;
        small.groups_max = 1024;
        return small;
    }

    bool commit(shared_bytes const& batch, std::size_t first, std::size_t count) {
        for (std::size_t nth = first; nth < first + count; ++nth) {
            pointer const to{nth, end_, static_cast<std::uint32_t>(batch.size()), crc32c::value(batch.view())};
            if (!pointers_.stage(shared_bytes::copy_of(std::as_bytes(std::span{&to, 1})), {nth + 1})) return false;
        }
        // A pointer whose batch is lost with a crash is known by the checksum: neither has to wait for the other.
        flushes_.start(std::move(*pointers_.journal.begin_flush()));
        bool good = true;
        for (std::size_t nth = first; nth < first + count; ++nth) {
            good = good && files_[nth].write_at(end_, batch.view());
            files_[nth].begin_write_back();
        }
        for (auto const& said : posix::sync_together(std::span{synced_}.subspan(first, count))) good = good && said;
        return pointers_.journal.finish_flush(flushes_.take()) && good;
    }

    posix::directory where_;
    ready_journal<> pointers_;
    lane<journal_type::flush_job> flushes_;
    std::vector<posix::file> files_;
    std::vector<posix::file*> synced_;
    std::uint64_t end_ = 0;  ///< of each file
};

}  // namespace chronik::bench
