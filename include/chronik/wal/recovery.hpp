// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/bytes.hpp>
#include <chronik/base/error.hpp>
#include <chronik/wal/detail/scan_all.hpp>
#include <chronik/wal/prepare_job.hpp>
#include <chronik/wal/recovery_report.hpp>
#include <chronik/wal/remove_job.hpp>
#include <chronik/wal/replay.hpp>
#include <chronik/wal/segment_files.hpp>
#include <chronik/wal/settled_files.hpp>
#include <chronik/wal/sync_mark.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace chronik::wal {

/// What a journal starts from.
///
/// kept      segments with records that may be needed, oldest first; the last one is written next unless it is sealed
/// spares    never written in this life, in the order they will be used
/// free      released: to be recycled
template <directory Directory>
struct recovered {
    using segment_ptr = typename segment_files<Directory>::segment_ptr;
    std::vector<segment_ptr> kept;
    std::vector<segment_ptr> spares;
    std::vector<segment_ptr> free;
    group_map groups;
    doubt_of_journal doubt;
    std::uint64_t last_flush = 0;
    std::uint64_t last_sequence = 0;
    std::uint64_t last_number = 0;
};

/// Reads a journal back: decides first, changes afterwards, and may be interrupted and repeated at any point.
///
/// Only the newest segment may be unsealed. Damage at its end that no later flush contradicts is a torn tail and is
/// cut; damage anywhere else, or a missing segment, is corruption: refused, with nothing changed.
template <directory Directory>
class recovery {
public:
    using segment_ptr = typename segment_files<Directory>::segment_ptr;

    recovery(Directory& where, log_uuid expected, recovery_report& report)
        : where_(where), expected_(expected), report_(report) {}

    result<recovered<Directory>> run() {
        auto opened = open_segments(where_, access::read_write, expected_, report_);
        if (!opened) return std::unexpected(opened.error());
        files_ = std::move(*opened);

        if (auto judged = judge(); !judged) return std::unexpected(judged.error());
        if (auto replayed = replay_all(); !replayed) return std::unexpected(replayed.error());
        settled_files<Directory> settled{where_, expected_, report_};
        if (auto attached = settled.attach(found_.groups); !attached) return std::unexpected(attached.error());
        orphans_ = std::move(settled.orphans);
        cleaned_ = std::move(settled.cleaned);
        if (auto repaired = repair(); !repaired) return std::unexpected(repaired.error());
        report_.segments = found_.kept.size();
        report_.groups = found_.groups.size();
        return std::move(found_);
    }

private:
    /// A segment from some byte on.
    struct rest {
        segment_ptr target;
        std::size_t position;
    };

    std::unexpected<std::error_code> corrupt(segment const& in, std::uint32_t position, std::string why) {
        auto const group = suspected_group(in.bytes(), in.header, position);
        return report_.refuse(errc::corrupt_record, in.name, position, std::move(why),
                              group == group_id{} ? std::nullopt : std::optional{group});
    }

    /// Nothing was ever written there, or all of it has been cut: there is nothing to judge. It is most of a segment.
    static bool is_blank(segment const& of, std::size_t position) { return all_zero(of.bytes().subspan(position)); }

    /// Finds the newest segment, judges its end, and sorts the others into needed, spare and free.
    result<void> judge() {
        auto const& all = files_.segments;
        for (auto const& each : all) {
            found_.last_sequence = std::max(found_.last_sequence, each->header.sequence);
            found_.last_number = std::max(found_.last_number, segment_number(each->name));
        }
        auto const newest =
            std::ranges::find_if(all.rbegin(), all.rend(), [](auto const& each) { return is_started(*each); });
        if (newest == all.rend()) return judge_unstarted(all);

        current_ = *newest;
        found_.spares.assign(newest.base(), all.end());
        if (auto judged = judge_current(); !judged) return judged;
        for (auto each = all.begin(); *each != current_; ++each) {
            (needed_.contains((*each)->header.sequence) ? found_.kept : found_.free).push_back(*each);
        }
        for (auto sequence : needed_) {
            if (files_.find(sequence) == nullptr) {
                return report_.refuse(errc::corrupt_record, current_->name, segment_header_area_bytes,
                                      "segment with sequence " + std::to_string(sequence) + " is missing");
            }
        }
        found_.kept.push_back(current_);
        return {};
    }

    /// No segment begins with a table: either nothing was ever synced, or the table itself has rotted.
    result<void> judge_unstarted(std::vector<segment_ptr> const& all) {
        for (auto const& each : all) {
            auto const state = judge_tail(each->bytes(), each->header, segment_header_area_bytes);
            if (state == tail_state::corrupt)
                return corrupt(*each, segment_header_area_bytes, "the first record is damaged");
            if (state == tail_state::torn) cut(each, segment_header_area_bytes, state);
            found_.spares.push_back(each);
        }
        return {};
    }

    result<void> judge_current() {
        bool malformed = false;
        auto const end = scan(current_->bytes(), current_->header, [&](record_view const& record) {
            if (record.header.type == record_type::table) {
                auto const decoded = decode_table(record.payload);
                malformed = malformed || !decoded;
                if (decoded) needed_ = {decoded->segments.begin(), decoded->segments.end()};
            }
            if (record.header.type == record_type::segments_released) {
                byte_reader in{record.payload};
                while (in.remaining() > 0 && !in.failed())
                    needed_.erase(in.number<std::uint64_t, std::endian::little>());
            }
        });
        if (malformed) return corrupt(*current_, segment_header_area_bytes, "the table of groups is malformed");
        current_end_ = end;
        found_.last_flush = end.last_flush;
        vouched_ = end.vouched || end.records == 0;
        report_.closed = end.closed;
        current_->end = current_->synced = end.position;
        current_->sealed = end.sealed;
        return end.sealed ? judge_successor(end.next_sequence) : judge_open_end(end);
    }

    result<void> judge_open_end(scan_end const& end) {
        if (is_blank(*current_, end.position)) return {};
        auto const state = judge_tail(current_->bytes(), current_->header, end.position);
        if (state == tail_state::corrupt)
            return corrupt(*current_, end.position, "a damaged record stands before synced ones");
        // A write that was lost may have left parts that no longer look like records. After a clean shutdown there was
        // none.
        if (!end.closed || state == tail_state::torn) cut(current_, end.position, state);
        return {};
    }

    result<void> judge_successor(std::uint64_t sequence) {
        auto const next = files_.find(sequence);
        if (next == nullptr) {
            return report_.refuse(errc::corrupt_record, current_->name, current_->end,
                                  "segment with sequence " + std::to_string(sequence) + " is missing");
        }
        if (is_blank(*next, segment_header_area_bytes)) return {};
        auto const state = judge_tail(next->bytes(), next->header, segment_header_area_bytes);
        if (state == tail_state::corrupt)
            return corrupt(*next, segment_header_area_bytes, "the first record is damaged");
        cut(next, segment_header_area_bytes, state);
        return {};
    }

    /// The sync of the last flush may have failed: then the page cache has what the device has not, takes it for clean,
    /// and would write it for no later sync. So may that of a mark behind it, which nobody waited for: of a start that
    /// failed. The bytes are the same, so a crash meanwhile changes nothing.
    ///
    /// source   Rebello et al., Can Applications Recover from fsync Failures?, section 3
    result<void> write_again(stored_segment<typename Directory::file_type>& target, std::size_t position) {
        auto const bytes = target.bytes().first(target.end);
        while (position < bytes.size()) {
            auto const part = bytes.subspan(position, std::min(zero_fill_bytes, bytes.size() - position));
            // Not out of the mapping into the pages that it maps.
            std::vector<std::byte> const copy{part.begin(), part.end()};
            if (auto done = target.source.write_at(position, copy); !done) return done;
            position += part.size();
        }
        return {};
    }

    void cut(segment_ptr const& target, std::size_t position, tail_state state) {
        if (state == tail_state::torn) {
            report_.state = state;
            report_.file = target->name;
            report_.position = position;
            report_.what = "the last write was never synced";
        }
        cuts_.push_back({target, position});
    }

    result<void> replay_all() {
        replay groups;
        std::span const older{found_.kept.data(), found_.kept.empty() ? 0 : found_.kept.size() - 1};
        auto ends = detail::scan_all(where_, older);
        ends.push_back(current_end_);
        for (std::size_t nth = 0; nth < found_.kept.size(); ++nth) {
            auto const& each = found_.kept[nth];
            auto const& end = ends[nth];
            std::optional<std::pair<std::uint32_t, std::error_code>> wrong;
            std::optional<std::uint32_t> doubtful;
            walk(each->bytes(), end, [&](record_view const& record) {
                if (!doubtful && record.header.flush == found_.last_flush) doubtful = record.position;
                if (wrong) return;
                if (auto applied = groups.apply(record, *each); !applied) wrong = {record.position, applied.error()};
            });
            if (wrong && wrong->second == errc::unsupported_version) {
                return report_.refuse(errc::unsupported_version, each->name, wrong->first,
                                      "a type of record that this version does not know");
            }
            if (wrong) return corrupt(*each, wrong->first, "the record contradicts the ones before it");
            if (each != current_ && !end.sealed)
                return corrupt(*each, end.position, "a damaged record in a full segment");
            each->end = each->synced = end.position;
            each->sealed = end.sealed;
            if (doubtful) doubtful_.push_back({each, *doubtful});
            report_.records += end.records;
        }
        for (auto const& [id, log] : groups.groups()) {
            if (log->first_unknown() == log_index{}) continue;
            return report_.refuse(errc::corrupt_record, current_->name, segment_header_area_bytes,
                                  "entry " + std::to_string(log->first_unknown().value) + " is in no segment", id);
        }
        found_.groups = std::move(groups.groups());
        found_.doubt = groups.doubt();
        return {};
    }

    /// Each step leaves a journal that recovers to the same; nothing is served before all of it is synced.
    result<void> repair() {
        for (auto const& name : files_.unfinished) {
            if (auto done = where_.remove(name); !done) return done;
        }
        if (auto done = sync_cleaned(); !done) return done;
        for (auto const& each : orphans_) {
            remove_job<Directory> removal{where_, {each}};
            removal.run();
            if (!removal.outcome()) return removal.outcome();
        }
        for (auto const& each : files_.damaged_copies) {
            if (auto done = write_segment_header(each->source, each->header); !done) return done;
            ++report_.headers_repaired;
        }
        for (auto const& each : cuts_) {
            if (auto done = zero_from(*each.target, each.position); !done) return done;
        }
        for (auto const& each : doubtful_) {
            if (auto done = write_again(*each.target, each.position); !done) return done;
        }
        // The process before may have died with bytes in the page cache that no sync covered.
        for (auto const& each : files_.segments) {
            if (auto done = each->source.sync(); !done) return done;
        }
        if (auto done = where_.sync(); !done) return done;
        return vouch();
    }

    /// What they have replaced is about to go: only the page cache may have them.
    result<void> sync_cleaned() {
        if (orphans_.empty()) return {};
        for (auto const& each : cleaned_) {
            for (auto const& name : {each.rows(), each.data()}) {
                auto opened = where_.open(name, access::read_write);
                if (!opened) return std::unexpected(opened.error());
                if (auto done = opened->sync(); !done) return done;
            }
        }
        return cleaned_.empty() ? result<void>{} : where_.sync();
    }

    /// What was read back is relied on from here, so later damage to it must not look like a write that was torn.
    result<void> vouch() {
        if (current_ == nullptr || vouched_) return {};
        auto const end = static_cast<std::uint32_t>(current_->end);
        return write_sync_mark(current_->source, current_->header, end, ++found_.last_flush);
    }

    result<void> zero_from(stored_segment<typename Directory::file_type>& target, std::size_t position) {
        auto const bytes = target.bytes();
        while (position < bytes.size()) {
            std::size_t const end = std::min(bytes.size(), (position / zero_fill_bytes + 1) * zero_fill_bytes);
            auto const part = bytes.subspan(position, end - position);
            if (!all_zero(part)) {
                report_.cut_bytes += part.size();
                if (auto done = detail::fill_with_zeros(target.source, position, end); !done) return done;
            }
            position = end;
        }
        return {};
    }

    Directory& where_;
    log_uuid expected_;
    recovery_report& report_;
    segment_files<Directory> files_;
    recovered<Directory> found_;
    segment_ptr current_;
    scan_end current_end_;
    std::set<std::uint64_t> needed_;
    std::vector<rest> cuts_;
    std::vector<rest> doubtful_;  ///< up to its end: of a flush that nothing vouches for
    std::vector<settled_name> orphans_;
    std::vector<settled_name> cleaned_;
    bool vouched_ = false;
};

}  // namespace chronik::wal
