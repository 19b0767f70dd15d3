// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/doubtful_replay.hpp>
#include <chronik/wal/finding.hpp>
#include <chronik/wal/scan_past_damage.hpp>
#include <chronik/wal/segment_files.hpp>
#include <chronik/wal/settled_files.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chronik::wal {

/// What a segment of a journal at rest is to it.
enum class segment_use : std::uint8_t {
    current,  ///< the newest that has records: what is written next goes behind them
    needed,   ///< full, and entries in it may be needed
    free,     ///< full, and nothing in it is needed: to be recycled
    spare,    ///< of this life, and never written
};

constexpr char const* name_of(segment_use use) {
    switch (use) {
        case segment_use::current: return "current";
        case segment_use::needed: return "needed";
        case segment_use::free: return "free";
        case segment_use::spare: return "spare";
    }
    return "?";
}

/// The journal of a directory without its owner, as far as it can be read: never changes anything, refuses nothing that
/// is only damaged, and says what it met. Where recovery would start, it comes to the same logs.
///
/// Memory is that of the journal's own index: 40 bytes for each entry that is not settled.
/// threads   one; nobody writes to the directory meanwhile, else what changes under the reader may look damaged
template <directory Directory>
class journal_at_rest {
public:
    using segment_ptr = typename segment_files<Directory>::segment_ptr;

    /// records        read in it; 0 for free ones and spares, which are not looked into
    /// copies_agree   of its header
    struct part {
        segment_ptr file;
        bool copies_agree = true;
        segment_use use = segment_use::spare;
        std::uint64_t records = 0;
    };
    /// Where records are missing: bytes of a file, or a whole file that is not there.
    struct gap {
        std::string file;
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
    };

    /// may_cut   false if every group has one voter; see doubtful_replay
    /// errors    the directory's, if it cannot even be listed
    static result<journal_at_rest> read(Directory& where, bool may_cut, findings& found) {
        journal_at_rest made{where, may_cut, found};
        if (auto opened = made.open_all(); !opened) return std::unexpected(opened.error());
        made.choose();
        made.replay_all();
        made.groups_ = std::move(made.replay_.groups());
        made.report_unknown();
        made.attach_settled();
        return made;
    }

    Directory& where() const { return *where_; }
    log_uuid log_id() const { return log_id_; }
    /// The newest doubt that the journal speaks of.
    doubt_token doubt() const { return replay_.doubt(); }
    /// By sequence. A file whose header cannot be read is a finding and is not here.
    std::vector<part> const& parts() const { return parts_; }
    bool is_closed() const { return closed_; }
    /// The logs, with the settled files that recovery would use; those of `unsettled()` have none.
    group_map const& groups() const { return groups_; }
    /// Groups whose settled files recovery would refuse.
    std::set<group_id> const& unsettled() const { return unsettled_; }

    /// All groups in the order of their ids.
    std::vector<group_id> sorted_groups() const {
        std::vector<group_id> ids;
        for (auto const& [id, log] : groups_) ids.push_back(id);
        std::ranges::sort(ids);
        return ids;
    }

    /// The last entry up to which the group's log in the journal is whole; its settled part has not been looked into.
    log_index whole_to(group_log const& log) const {
        auto const unknown = log.first_unknown();
        return unknown == log_index{} ? log.last_index() : unknown - 1;
    }
    /// The last entry of the group that the journal speaks of, or that seems to have stood where bytes have changed.
    log_index spoken_of(group_log const& log) const {
        auto last = log.last_index();
        if (auto const lost = replay_.losses().find(log.id()); lost != replay_.losses().end())
            last = std::max(last, lost->second.last);
        if (auto const seems = suspected_.find(log.id()); seems != suspected_.end())
            last = std::max(last, seems->second);
        return last;
    }
    /// Whole entries that stand behind the first lost one of the group, in runs without gaps. They are not in its log:
    /// whether they continue it, nobody knows.
    std::span<group_log const> behind(group_id group) const {
        auto const lost = replay_.losses().find(group);
        if (lost == replay_.losses().end()) return {};
        return lost->second.behind;
    }
    /// Where entries of the group have been lost, if it is known.
    std::optional<gap> lost_in(group_id group) const {
        std::size_t hole = 0;
        if (auto const seems = suspected_in_.find(group); seems != suspected_in_.end()) hole = seems->second;
        if (auto const lost = replay_.losses().find(group); lost != replay_.losses().end()) hole = lost->second.hole;
        return hole == 0 ? std::nullopt : std::optional{gaps_[hole - 1]};
    }
    std::vector<gap> const& gaps() const { return gaps_; }

private:
    journal_at_rest(Directory& where, bool may_cut, findings& found)
        : where_(&where), found_(&found), replay_(may_cut) {}

    void add(finding_kind kind, std::string file, std::uint64_t position, std::string what,
             std::optional<group_id> group = std::nullopt, std::optional<log_index> index = std::nullopt) {
        found_->add({.kind = kind, .file = std::move(file), .position = position, .bytes = 0, .group = group,
                     .index = index, .what = std::move(what)});
    }
    /// What recovery said of a file.
    void add(std::error_code error, recovery_report& report, std::string const& file) {
        auto kind = finding_kind::corrupt;
        if (error == errc::unsupported_version) kind = finding_kind::unknown;
        if (error == errc::wrong_owner) kind = finding_kind::foreign;
        if (report.what.empty()) report.what = error.message();
        add(kind, report.file.empty() ? file : report.file, report.position, report.what, report.group);
    }

    result<void> open_all() {
        auto names = where_->list();
        if (!names) return std::unexpected(names.error());
        std::ranges::sort(*names);
        std::vector<part> opened;
        for (auto const& name : *names) {
            if (is_unfinished_name(name)) add(finding_kind::leftover, name, 0, "a segment that was never finished");
            if (!is_segment_name(name)) continue;
            bool copies_agree = true;
            recovery_report report;
            auto one = detail::open_segment(*where_, name, access::read, copies_agree, report);
            if (one) opened.push_back({.file = std::move(*one), .copies_agree = copies_agree});
            else add(one.error(), report, name);
        }
        keep_own(std::move(opened));
        return {};
    }

    /// The journal is the one that most files belong to.
    void keep_own(std::vector<part> opened) {
        std::map<std::array<std::byte, 16>, std::size_t> owners;
        for (auto const& each : opened) ++owners[each.file->header.log_id.bytes];
        auto const most = std::ranges::max_element(owners, {}, [](auto const& each) { return each.second; });
        if (most != owners.end()) log_id_ = {most->first};
        std::ranges::sort(opened, {}, [](part const& each) {
            return std::pair{each.file->header.sequence, std::string_view{each.file->name}};
        });
        for (auto& each : opened) {
            auto& file = *each.file;
            // Who reads may look everywhere: nothing is written.
            file.synced = file.bytes().size();
            if (file.header.log_id != log_id_) {
                add(finding_kind::foreign, file.name, 16, "the segment belongs to another journal");
            } else if (!parts_.empty() && parts_.back().file->header.sequence == file.header.sequence) {
                add(finding_kind::contradiction, file.name, 32, "two segments have the same sequence number");
            } else {
                parts_.push_back(std::move(each));
            }
        }
    }

    /// Which segments have what is needed: as recovery does, and those besides whose first record has been damaged.
    void choose() {
        auto const newest = std::ranges::find_if(parts_.rbegin(), parts_.rend(),
                                                 [](part const& each) { return is_started(*each.file); });
        if (newest != parts_.rend()) {
            needed_.insert(newest->file->header.sequence);
            find_needed(*newest->file);
        }
        for (auto each = newest.base(); each != parts_.end(); ++each) choose_unstarted(*each);
        part* last = nullptr;
        for (auto& each : parts_) {
            auto const sequence = each.file->header.sequence;
            bool const is_older = newest != parts_.rend() && sequence < newest->file->header.sequence;
            if (is_older) each.use = segment_use::free;
            if (needed_.contains(sequence)) {
                each.use = segment_use::needed;
                last = &each;
            }
            report_copies(each);
        }
        if (last != nullptr) last->use = segment_use::current;
    }

    /// A segment is used only after both copies are durable; one that is not may have been interrupted between them.
    void report_copies(part const& each) {
        if (each.copies_agree) return;
        bool const is_used = each.use != segment_use::spare;
        add(is_used ? finding_kind::mended : finding_kind::leftover, each.file->name, 0,
            "the two copies of the segment header differ");
    }

    void find_needed(segment const& newest) {
        auto const look = [&](record_view const& record) {
            if (record.header.type == record_type::table) {
                auto const decoded = decode_table(record.payload);
                if (decoded) needed_.insert(decoded->segments.begin(), decoded->segments.end());
            }
            if (record.header.type == record_type::segments_released) {
                byte_reader in{record.payload};
                while (in.remaining() > 0 && !in.failed())
                    needed_.erase(in.number<std::uint64_t, std::endian::little>());
            }
        };
        auto const end = scan_past_damage(newest.bytes(), newest.header, false, look, [](scan_hole const&) {});
        if (end.sealed) needed_.insert(end.next_sequence);
    }

    /// A segment newer than all that begin with a table: a spare, the torn beginning of the next one, or one whose
    /// table has changed.
    void choose_unstarted(part& each) {
        auto const& file = *each.file;
        auto const sequence = file.header.sequence;
        auto const state = judge_tail(file.bytes(), file.header, segment_header_area_bytes);
        if (state == tail_state::corrupt) {
            needed_.insert(sequence);
            return;
        }
        bool const is_next = needed_.erase(sequence) > 0;
        bool const has_own = next_whole_record(file.bytes(), file.header, segment_header_area_bytes, 0).has_value();
        if (state == tail_state::torn && (is_next || has_own))
            add(finding_kind::torn_tail, file.name, segment_header_area_bytes, "the last write was never synced");
    }

    void replay_all() {
        auto next = needed_.begin();
        for (auto& each : parts_) {
            auto const sequence = each.file->header.sequence;
            for (; next != needed_.end() && *next < sequence; ++next) report_missing(*next);
            if (next == needed_.end() || *next != sequence) continue;
            ++next;
            replay_one(each);
        }
        for (; next != needed_.end(); ++next) report_missing(*next);
    }

    void report_missing(std::uint64_t sequence) {
        auto const file = parts_.empty() ? std::string{} : parts_.back().file->name;
        add(finding_kind::missing, file, segment_header_area_bytes,
            "segment with sequence " + std::to_string(sequence) + " is missing");
        gaps_.push_back({.file = "segment with sequence " + std::to_string(sequence)});
        replay_.hole();
    }

    void replay_one(part& each) {
        auto& file = *each.file;
        bool const is_full = each.use != segment_use::current;
        auto const take = [&](record_view const& record) {
            auto const& header = record.header;
            auto const outcome = replay_.apply(record, file);
            if (outcome == replayed::contradictory)
                add(finding_kind::contradiction, file.name, record.position,
                    "the record contradicts the ones before it", header.group, index_of(header));
            if (outcome == replayed::unknown)
                add(finding_kind::unknown, file.name, record.position,
                    "a type of record that this version does not know");
        };
        auto const end = scan_past_damage(file.bytes(), file.header, is_full, take,
                                          [&](scan_hole const& hole) { report_hole(file, hole); });
        each.records = end.records;
        file.end = end.position;
        file.sealed = end.sealed;
        if (is_full) return;
        closed_ = end.closed;
        if (!end.sealed && judge_tail(file.bytes(), file.header, end.position) == tail_state::torn)
            add(finding_kind::torn_tail, file.name, end.position, "the last write was never synced");
    }

    static std::optional<log_index> index_of(record_header const& header) {
        bool const has_one = header.type == record_type::entry || header.type == record_type::entry_moved;
        return has_one ? std::optional{header.index} : std::nullopt;
    }

    void report_hole(segment const& in, scan_hole const& hole) {
        auto const seems = suspected_record(in.bytes(), in.header, hole.begin);
        bool const of_group = seems && seems->group != group_id{};
        found_->add({.kind = finding_kind::corrupt,
                     .file = in.name,
                     .position = hole.begin,
                     .bytes = hole.end - hole.begin,
                     .group = of_group ? std::optional{seems->group} : std::nullopt,
                     .index = of_group ? index_of(*seems) : std::nullopt,
                     .what = "what was synced here has changed"});
        gaps_.push_back({.file = in.name, .begin = hole.begin, .end = hole.end});
        replay_.hole();
        if (of_group && seems->type == record_type::entry) suspect(*seems);
    }

    /// Only to say what was lost: it may be the next entry of the group, or what is left of something else.
    void suspect(record_header const& seems) {
        auto const log = replay_.groups().find(seems.group);
        if (log == replay_.groups().end() || seems.index != log->second->last_index() + 1) return;
        suspected_[seems.group] = seems.index;
        suspected_in_[seems.group] = gaps_.size();
    }

    void report_unknown() {
        for (auto const id : sorted_groups()) {
            auto const unknown = groups_.at(id)->first_unknown();
            if (unknown == log_index{}) continue;
            auto const file = parts_.empty() ? std::string{} : parts_.back().file->name;
            add(finding_kind::missing, file, segment_header_area_bytes,
                "entry " + std::to_string(unknown.value) + " is in no segment", id, unknown);
        }
    }

    /// All groups at once; while one is refused, the others without it.
    void attach_settled() {
        group_map refused;
        while (true) {
            recovery_report report;
            settled_files<Directory> files{*where_, log_id_, report};
            auto const outcome = files.attach(groups_);
            if (outcome) {
                report_orphans(files.orphans, refused);
                break;
            }
            add(outcome.error(), report, "settled files");
            if (!report.group || !groups_.contains(*report.group)) {
                // Not even which files there are is certain: of no group.
                refused.merge(groups_);
                break;
            }
            refused.insert(groups_.extract(*report.group));
        }
        for (auto& [id, log] : refused) {
            log->attach({});
            if (log->floor().index > log->base_index()) unsettled_.insert(id);
        }
        groups_.merge(refused);
    }

    void report_orphans(std::vector<settled_name> const& orphans, group_map const& refused) {
        for (auto const& each : orphans) {
            if (refused.contains(each.group)) continue;
            add(finding_kind::leftover, each.rows(), 0, "nothing refers to these settled entries", each.group,
                each.first);
        }
    }

    Directory* where_;
    findings* found_;
    doubtful_replay replay_;
    group_map groups_;
    log_uuid log_id_;
    std::vector<part> parts_;
    std::set<std::uint64_t> needed_;
    std::vector<gap> gaps_;
    std::map<group_id, log_index> suspected_;
    std::map<group_id, std::size_t> suspected_in_;  ///< the number of the hole
    std::set<group_id> unsettled_;
    bool closed_ = false;
};

}  // namespace chronik::wal
