// SPDX-License-Identifier: Apache-2.0
#include <server/journal_at_rest.hpp>

#include <snapshots.hpp>

#include <chronik/base/bytes.hpp>
#include <chronik/posix/directory.hpp>
#include <chronik/wal/inspect.hpp>
#include <chronik/wal/settled_files.hpp>
#include <chronik/wal/snapshots_at_rest.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

namespace broker {

chronik::log_offset log_at_rest::next_offset() const {
    auto const known = std::ranges::find_if(entries.rbegin(), entries.rend(),
                                            [](auto const& each) { return each.index != chronik::log_index{}; });
    return known == entries.rend() ? base.next_offset : known->next_offset();
}

namespace {

namespace wal = chronik::wal;
using chronik::group_id;
using chronik::log_index;
using wal::record_type;

struct found_record {
    wal::record_header header;
    std::uint32_t position = 0;
    chronik::shared_bytes payload;
};
struct found_segment {
    std::string file;
    std::vector<found_record> records;

    bool is_started() const { return records.front().header.type == record_type::table; }
    bool is_sealed() const { return records.back().header.type == record_type::segment_end; }
    bool is_closed() const { return records.back().header.type == record_type::closed; }
};
using segment_map = std::map<std::uint64_t, found_segment>;  ///< by sequence; each has records

/// Replays what was found as recovery does, but goes on where recovery refuses.
class reader {
public:
    reader(chronik::posix::directory& where, segment_map segments, wal::inspection seen)
        : where_(&where), segments_(std::move(segments)), damaged_(std::move(seen.damaged)), log_id_(seen.log_id) {}

    journal_at_rest run() {
        auto const newest = std::ranges::find_if(segments_.rbegin(), segments_.rend(),
                                                 [](auto const& each) { return each.second.is_started(); });
        if (newest != segments_.rend()) {
            newest_ = newest->first;
            newest_sealed_ = newest->second.is_sealed();
            out_.closed = newest->second.is_closed();
            find_needed(newest->second);
        }
        judge();
        for (auto& [sequence, segment] : segments_) {
            // A released segment says nothing that a later one does not say better.
            if (!needed_.contains(sequence)) continue;
            for (auto const& record : segment.records) {
                if (apply(record)) continue;
                complain("{} at byte {}: the record contradicts the ones before it", segment.file, record.position);
            }
            segment.records.clear();
        }
        read_settled();
        find_metadata();
        for (auto const& [group, log] : out_.groups) {
            auto const unknown = std::ranges::find(log.entries, log_index{}, &chronik::entry::index);
            if (unknown == log.entries.end()) continue;
            auto const index = log.first_index() + static_cast<std::uint64_t>(unknown - log.entries.begin());
            complain("entry {} of group {} is in no segment", index.value, group.value);
        }
        return std::move(out_);
    }

private:
    template <class... Values>
    void complain(fmt::format_string<Values const&...> words, Values const&... values) {
        out_.damage.push_back(fmt::format(words, values...));
    }

    void find_needed(found_segment const& newest) {
        needed_.insert(newest_);
        for (auto const& record : newest.records) {
            if (record.header.type == record_type::table) {
                if (auto const decoded = wal::decode_table(record.payload.view())) {
                    needed_.insert(decoded->segments.begin(), decoded->segments.end());
                }
            }
            if (record.header.type == record_type::segments_released) {
                chronik::byte_reader in{record.payload.view()};
                while (in.remaining() > 0 && !in.failed())
                    needed_.erase(in.number<std::uint64_t, std::endian::little>());
            }
        }
    }

    void judge() {
        bool missing = needed_.empty() || newest_sealed_;
        for (auto const sequence : needed_) missing = missing || !segments_.contains(sequence);
        for (auto const& each : damaged_) judge(each, missing);
        for (auto const sequence : needed_) {
            auto const found = segments_.find(sequence);
            if (found == segments_.end()) {
                complain("the segment with sequence {} is missing, or its first record is damaged", sequence);
            } else if (sequence != newest_ && !found->second.is_sealed()) {
                complain("{}: a full segment ends before its last record", found->second.file);
            }
        }
    }

    /// missing   a segment without any good record may be one that is needed
    void judge(wal::inspection::damage const& each, bool missing) {
        auto const found = std::ranges::find(segments_, each.file, [](auto const& one) { return one.second.file; });
        bool const known = found != segments_.end();
        bool const may_be_torn = known && found->first == newest_ && each.state == wal::tail_state::torn;
        if (known ? needed_.contains(found->first) && !may_be_torn : missing) {
            complain("{}: a damaged record at byte {}", each.file, each.position);
        } else if (may_be_torn) {
            out_.torn = fmt::format("{} ends at byte {} in a write that was not finished", each.file, each.position);
        }
    }

    log_at_rest* find(group_id group) {
        auto const found = out_.groups.find(group);
        return found == out_.groups.end() ? nullptr : &found->second;
    }

    bool apply(found_record const& record) {
        auto const& header = record.header;
        wal::log_base const base{header.index, header.term, header.base_offset};
        switch (header.type) {
            case record_type::entry: return apply_entry(record);
            case record_type::group_created: out_.groups.try_emplace(header.group, log_at_rest{base, {}}); return true;
            case record_type::group_removed:
                out_.groups.erase(header.group);
                floors_.erase(header.group);  // one of this number that comes later has settled nothing yet
                return true;
            case record_type::prefix_compacted:
                if (auto* const log = find(header.group)) compact(*log, base);
                return true;
            case record_type::entry_moved: return apply_moved(record);
            case record_type::settled: raise_floor(header.group, base); return true;
            case record_type::log_replaced:
                out_.groups.insert_or_assign(header.group, log_at_rest{base, {}});
                raise_floor(header.group, base);
                return true;
            case record_type::table: return apply_table(record);
            case record_type::hard_state:
            case record_type::doubt:
            case record_type::segments_released:
            case record_type::segment_end:
            case record_type::closed:
            case record_type::synced: return true;
        }
        return false;
    }

    bool apply_entry(found_record const& record) {
        auto const& header = record.header;
        auto* const log = find(header.group);
        if (log == nullptr || header.index <= log->base.index || header.index > log->last_index() + 1) return false;
        log->entries.resize(header.index - log->first_index());
        log->entries.push_back(entry_of(record));
        return true;
    }

    bool apply_moved(found_record const& record) {
        auto const& header = record.header;
        auto* const log = find(header.group);
        if (log == nullptr || header.index <= log->base.index || header.index > log->last_index()) return false;
        log->entries[header.index - log->first_index()] = entry_of(record);
        return true;
    }

    static chronik::entry entry_of(found_record const& record) {
        auto const& header = record.header;
        return {.term = header.term,
                .index = header.index,
                .kind = header.kind,
                .base_offset = header.base_offset,
                .record_count = header.record_count,
                .payload = record.payload};
    }

    void raise_floor(group_id group, wal::log_base const& at) {
        auto& floor = floors_[group];
        if (at.index > floor.index) floor = at;
    }

    void find_metadata() {
        auto const* const log = find(metadata_group);
        if (log == nullptr) return;
        auto newest = wal::newest_snapshot_at_rest(*where_, log_id_, metadata_group, *log);
        if (newest) out_.metadata = *std::move(newest);
        if (log->base.index == log_index{} || out_.metadata) return;
        complain("the metadata begins after entry {}, and no snapshot says what was before", log->base.index.value);
    }

    /// The journal says which entries are settled; their files say what they are.
    void read_settled() {
        wal::group_map logs;
        for (auto const& [group, log] : out_.groups) {
            auto const floor = floors_.find(group);
            bool const has_some = floor != floors_.end() && floor->second.index > log.base.index;
            logs.emplace(group, std::make_unique<wal::group_log>(group, log.base, has_some ? floor->second : log.base));
        }
        wal::recovery_report report;
        wal::settled_files files{*where_, log_id_, report};
        if (!files.attach(logs)) complain("{} at byte {}: {}", report.file, report.position, report.what);
        for (auto& [group, log] : out_.groups) {
            auto const& settled = *logs.at(group);
            for (auto const& part : settled.settled()) {
                auto const last = std::min(part->last_index(), log.last_index());
                for (auto at = std::max(part->first_index(), log.first_index()); at <= last; ++at) {
                    auto found = part->read(at);
                    if (found) log.entries[at - log.first_index()] = std::move(*found);
                    else complain("settled entry {} of group {} is damaged", at.value, group.value);
                }
            }
        }
    }

    bool apply_table(found_record const& record) {
        auto const decoded = wal::decode_table(record.payload.view());
        if (!decoded) return false;
        std::set<group_id> listed;
        for (auto const& row : decoded->rows) {
            listed.insert(row.group);
            auto& log = out_.groups.try_emplace(row.group, log_at_rest{row.base, {}}).first->second;
            compact(log, row.base);
            raise_floor(row.group, row.floor);
            log.entries.resize(row.last_index - row.base.index);
        }
        std::erase_if(out_.groups, [&](auto const& each) { return !listed.contains(each.first); });
        std::erase_if(floors_, [&](auto const& each) { return !listed.contains(each.first); });
        return true;
    }

    static void compact(log_at_rest& log, wal::log_base base) {
        if (base.index <= log.base.index) return;
        auto const gone = std::min<std::uint64_t>(base.index - log.base.index, log.entries.size());
        log.entries.erase(log.entries.begin(), log.entries.begin() + static_cast<std::ptrdiff_t>(gone));
        log.base = base;
    }

    chronik::posix::directory* where_;
    segment_map segments_;
    std::vector<wal::inspection::damage> damaged_;
    wal::log_uuid log_id_;
    std::map<group_id, wal::log_base> floors_;  ///< what is at or below is settled, or gone
    std::uint64_t newest_ = 0;
    bool newest_sealed_ = false;
    std::set<std::uint64_t> needed_;
    journal_at_rest out_;
};

/// A broker that runs may remove a segment between our listing of the directory and our opening it.
constexpr int attempts_max = 3;

}  // namespace

startup<journal_at_rest> read_journal_at_rest(std::string const& data_dir) {
    std::string const path = data_dir + "/journal";
    auto where = chronik::posix::directory::open_shared(path);
    if (!where) return refuse(fmt::format("cannot read the journal {}: {}", path, where.error().message()));

    segment_map segments;
    wal::recovery_report report;
    auto const keep = [&](wal::inspected_record const& record) {
        auto& segment = segments[record.sequence];
        if (segment.records.empty()) segment.file = record.file;
        segment.records.push_back({record.header, record.position, record.payload});
    };
    auto seen = wal::inspect(*where, keep, &report);
    for (int attempt = 1; !seen && attempt < attempts_max; ++attempt) {
        if (seen.error() != std::errc::no_such_file_or_directory) break;
        segments.clear();
        seen = wal::inspect(*where, keep, &report);
    }
    if (!seen && !report.file.empty()) {
        return storage_failure(fmt::format("{}/{} at byte {}: {}", path, report.file, report.position, report.what));
    }
    if (!seen) return storage_failure(fmt::format("cannot read the journal {}: {}", path, seen.error().message()));
    return reader{*where, std::move(segments), std::move(*seen)}.run();
}

}  // namespace broker
