// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <environment.hpp>
#include <partitions/beginning.hpp>

#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/node/concepts.hpp>
#include <chronik/wal/snapshot_store.hpp>

#include <cstdint>
#include <optional>
#include <utility>
#include <variant>

namespace broker {

/// The metadata group's; every other group is a partition.
inline constexpr chronik::group_id metadata_group{1};

/// The snapshots of the metadata, as files beside the journal.
using metadata_snapshots = chronik::wal::snapshot_store<environment::directory>;

/// Where a group's snapshots are kept, by its kind: the metadata's on disk, because its log is cut behind them; where
/// the log of a partition begins in memory, because its log says that itself. Models chronik::snapshot_store.
///
/// threads   the loop's; jobs run anywhere
class snapshots {
public:
    using whole = chronik::wal::stored_snapshot;

    class job_type {
    public:
        void run() {
            std::visit([](auto& one) { one.run(); }, which_);
        }
        bool finished() const {
            return std::visit([](auto const& one) { return one.finished(); }, which_);
        }

    private:
        friend class snapshots;
        using either = std::variant<metadata_snapshots::job_type, partitions::beginnings::job_type>;
        explicit job_type(either one) : which_(std::move(one)) {}

        either which_;
    };

    explicit snapshots(metadata_snapshots& of_metadata) : of_metadata_(&of_metadata) {}

    template <class Log>
    std::optional<whole> find(chronik::group_id group, Log const& log) const {
        return group == metadata_group ? of_metadata_->find(group, log) : of_partitions_.find(group, log);
    }
    job_type begin_save(chronik::group_id group, chronik::log_index index, chronik::log_term term,
                        chronik::log_offset next_offset, chronik::shared_bytes about, chronik::state_source source) {
        auto const begin = [&](auto& store) {
            return job_type{store.begin_save(group, index, term, next_offset, std::move(about), std::move(source))};
        };
        return group == metadata_group ? begin(*of_metadata_) : begin(of_partitions_);
    }
    job_type begin_gather(chronik::group_id group, chronik::log_index index, chronik::log_term term,
                          chronik::log_offset next_offset, chronik::shared_bytes about, std::uint64_t bytes,
                          std::uint32_t crc, std::uint64_t offset, chronik::shared_bytes piece) {
        auto const begin = [&](auto& store) {
            return job_type{store.begin_gather(group, index, term, next_offset, std::move(about), bytes, crc, offset,
                                               std::move(piece))};
        };
        return group == metadata_group ? begin(*of_metadata_) : begin(of_partitions_);
    }
    std::optional<job_type> begin_discard(chronik::group_id group, chronik::log_index kept) {
        auto const begin = [&](auto& store) -> std::optional<job_type> {
            auto job = store.begin_discard(group, kept);
            if (!job) return std::nullopt;
            return job_type{std::move(*job)};
        };
        return group == metadata_group ? begin(*of_metadata_) : begin(of_partitions_);
    }
    /// errors   errc::corrupt_record: not what was promised; the directory's
    chronik::result<std::optional<whole>> finish(job_type& job) {
        if (auto* const on_disk = std::get_if<metadata_snapshots::job_type>(&job.which_))
            return of_metadata_->finish(*on_disk);
        return of_partitions_.finish(std::get<partitions::beginnings::job_type>(job.which_));
    }

private:
    metadata_snapshots* of_metadata_;
    partitions::beginnings of_partitions_;
};

static_assert(chronik::snapshot_store<snapshots>);

}  // namespace broker
