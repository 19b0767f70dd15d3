// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/error.hpp>
#include <chronik/wal/snapshot_job.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chronik::wal {

/// What opening a snapshot store found, for the operator.
struct snapshot_report {
    std::uint64_t whole = 0;           ///< usable, as far as the files tell
    std::uint64_t unfinished = 0;      ///< removed: a crash interrupted them
    std::vector<std::string> damaged;  ///< left where they are, and not used
};

/// The snapshots of many groups, as files beside the journal. Models chronik::snapshot_store.
///
///     auto snapshots = wal::snapshot_store<posix::directory>::open(directory, log_id);
///     auto job = snapshots->begin_save(group, index, term, next_offset, about, source);
///     while (!job.finished()) job.run();          // blocks a moment each time: on an I/O thread
///     auto saved = snapshots->finish(job);        // durable, and mapped
///
/// threads   one owner; jobs run anywhere. Of one group, one save and one gathering may be under way
/// See docs/concepts/snapshot_store.md and docs/formats/snapshot.md.
template <directory Directory>
class snapshot_store {
public:
    using job_type = snapshot_job<Directory>;

    /// Reads all snapshots of a directory, and removes what was never finished. Blocks.
    ///
    /// log_id       the journal's: a file of another one is refused with errc::wrong_owner
    /// bytes_max    a larger state is not saved: errc::too_large
    static result<snapshot_store> open(Directory& where, log_uuid log_id, snapshot_report* report = nullptr,
                                       std::uint64_t bytes_max = std::uint64_t{16} << 30) {
        snapshot_store made{where, log_id, bytes_max};
        snapshot_report own;
        if (auto done = made.read_all(report != nullptr ? *report : own); !done) return std::unexpected(done.error());
        return made;
    }

    /// The newest snapshot that fits the log: of an entry that the log has, or begins behind. Others are of a run that
    /// was cut before it counted. Where the log begins late and none fits, the newest of those that an election would
    /// prefer to all that the log has: what it contains was committed, so the log has nothing to add.
    ///
    /// log   has base_index(), last_index() and term_at()
    template <class Log>
    std::optional<stored_snapshot> find(group_id group, Log const& log) const {
        auto const known = groups_.find(group);
        if (known == groups_.end()) return std::nullopt;
        std::optional<stored_snapshot> newest;
        for (stored_snapshot const& each : known->second) {
            if (each.base.index < log.base_index() || each.base.index > log.last_index()) continue;
            auto const term = log.term_at(each.base.index);
            if (!term || *term != each.base.term) continue;
            if (!newest || each.base.index > newest->base.index) newest = each;
        }
        return newest || log.base_index() == log_index{} ? newest : newest_beyond(known->second, log);
    }

    /// A new snapshot of what this member has applied.
    job_type begin_save(group_id group, log_index index, log_term term, log_offset next_offset, shared_bytes about,
                        chunk_source source) {
        CHRONIK_ASSERT(about.size() <= snapshot_about_bytes_max);
        return job_type::save(*where_, log_id_, describe(group, index, term, next_offset, std::move(about), 0),
                              std::move(source), bytes_max_);
    }

    /// A piece of a snapshot that another member sends; offset 0 begins anew.
    ///
    /// bytes, crc   of the whole
    job_type begin_gather(group_id group, log_index index, log_term term, log_offset next_offset, shared_bytes about,
                          std::uint64_t bytes, std::uint32_t crc, std::uint64_t offset, shared_bytes piece) {
        CHRONIK_ASSERT(about.size() <= snapshot_about_bytes_max);
        auto& file = gathering_[group];
        if (offset == 0) file = std::make_shared<typename job_type::growing>();
        CHRONIK_ASSERT(file != nullptr && file->written == offset);
        bool const last = offset + piece.size() == bytes;
        return job_type::gather(*where_, log_id_, describe(group, index, term, next_offset, std::move(about), crc),
                                file, std::move(piece), last);
    }

    /// Removes what is older than `kept`, or everything of a group that is gone; nothing if there is nothing.
    std::optional<job_type> begin_discard(group_id group, log_index kept) {
        auto const known = groups_.find(group);
        if (known == groups_.end()) return std::nullopt;
        std::vector<std::string> names;
        for (stored_snapshot const& each : known->second)
            if (each.base.index < kept) names.push_back(each.name);
        if (names.empty()) return std::nullopt;
        std::erase_if(known->second, [=](stored_snapshot const& each) { return each.base.index < kept; });
        if (known->second.empty()) groups_.erase(known);
        return job_type::discard(*where_, std::move(names));
    }

    /// The whole snapshot if the job has finished one.
    ///
    /// errors   the directory's, of which "no space" passes; errc::too_large, errc::corrupt_record
    result<std::optional<stored_snapshot>> finish(job_type& job) {
        CHRONIK_ASSERT(job.finished());
        bool const ended = !job.outcome() || job.whole();
        if (ended && job.gathers()) gathering_.erase(job.group());
        if (!job.outcome()) return std::unexpected(job.outcome().error());
        if (!job.whole()) return std::nullopt;
        auto& of_group = groups_[job.group()];
        std::erase_if(of_group, [&](stored_snapshot const& each) { return each.name == job.whole()->name; });
        of_group.push_back(*job.whole());
        return job.whole();
    }

    /// Groups that have snapshots.
    std::vector<group_id> groups() const {
        std::vector<group_id> ids;
        for (auto const& [id, all] : groups_) ids.push_back(id);
        return ids;
    }

private:
    snapshot_store(Directory& where, log_uuid log_id, std::uint64_t bytes_max)
        : where_(&where), log_id_(log_id), bytes_max_(bytes_max) {}

    static stored_snapshot describe(group_id group, log_index index, log_term term, log_offset next_offset,
                                    shared_bytes about, std::uint32_t crc) {
        return {.group = group,
                .base = {index, term, next_offset},
                .about = std::move(about),
                .content = {},
                .crc = crc,
                .name = {}};
    }

    template <class Log>
    static std::optional<stored_snapshot> newest_beyond(std::vector<stored_snapshot> const& all, Log const& log) {
        auto const term = log.term_at(log.last_index());
        if (!term) return std::nullopt;
        auto last = std::pair{*term, log_index{log.last_index()}};
        std::optional<stored_snapshot> newest;
        for (stored_snapshot const& each : all) {
            auto const end = std::pair{each.base.term, each.base.index};
            if (each.base.index <= log.base_index() || end <= last) continue;
            newest = each;
            last = end;
        }
        return newest;
    }

    result<void> read_all(snapshot_report& report) {
        auto names = where_->list();
        if (!names) return std::unexpected(names.error());
        std::ranges::sort(*names);
        for (auto const& name : *names) {
            if (is_unfinished_snapshot_name(name)) {
                if (auto done = where_->remove(name); !done) return done;
                ++report.unfinished;
            }
            if (!is_snapshot_name(name)) continue;
            auto read = read_one(name);
            if (!read && read.error() == errc::corrupt_record) {
                report.damaged.push_back(name);
                continue;
            }
            if (!read) return std::unexpected(read.error());
            ++report.whole;
            groups_[read->group].push_back(std::move(*read));
        }
        // A rename that a crash left in the cache only must not be relied upon.
        return where_->sync();
    }

    result<stored_snapshot> read_one(std::string const& name) {
        auto opened = where_->open(name, access::read_write);
        if (!opened) return std::unexpected(opened.error());
        if (auto done = opened->sync(); !done) return std::unexpected(done.error());
        auto mapped = opened->map();
        if (!mapped) return std::unexpected(mapped.error());
        return read_snapshot(*mapped, log_id_, name);
    }

    Directory* where_;
    log_uuid log_id_;
    std::uint64_t bytes_max_;
    std::map<group_id, std::vector<stored_snapshot>> groups_;
    std::map<group_id, std::shared_ptr<typename job_type::growing>> gathering_;
};

}  // namespace chronik::wal
