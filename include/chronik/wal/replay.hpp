// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/wal/group_log.hpp>
#include <chronik/wal/scan.hpp>
#include <chronik/wal/table.hpp>

#include <algorithm>
#include <memory>
#include <ranges>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace chronik::wal {

using group_map = std::unordered_map<group_id, std::unique_ptr<group_log>>;

/// In their order.
inline std::vector<group_id> ids_of(group_map const& groups) {
    auto const keys = std::views::keys(groups);
    std::vector<group_id> ids{keys.begin(), keys.end()};
    std::ranges::sort(ids);
    return ids;
}

/// What the first record of a segment says.
inline table table_of(group_map const& groups, std::vector<std::uint64_t> older_segments, doubt_of_journal doubt) {
    table all{.segments = std::move(older_segments), .rows = {}, .doubt = doubt};
    for (auto const& [id, log] : groups) {
        bool const in_doubt = log->doubt() != no_doubt;
        all.rows.push_back({id, log->hard_state(), log->base(), log->floor(), log->last_index(), in_doubt});
    }
    return all;
}

/// Rebuilds the groups' logs from records in the order of the journal. The order decides: what comes later wins.
///
/// Segments between may be missing because they were released; the tables say where the logs stood meanwhile.
class replay {
public:
    /// errors   errc::malformed for a record that no journal of ours would have written here;
    ///          errc::unsupported_version for a type of record that this version does not know
    result<void> apply(record_view const& record, segment& home) {
        auto const& header = record.header;
        switch (header.type) {
            case record_type::entry: return apply_entry(record, home);
            case record_type::hard_state:
                if (auto* log = find(header.group)) {
                    log->set_hard_state({header.term, node_id{static_cast<std::uint32_t>(header.index.value)}});
                    return {};
                }
                return failure(errc::malformed);
            case record_type::group_created:
                if (find(header.group) == nullptr)
                    create(header.group, base_of(header), base_of(header)).set_doubt(doubt_.of_newcomers());
                return {};
            case record_type::group_removed: remove(header.group); return {};
            case record_type::prefix_compacted:
                if (auto* log = find(header.group); log != nullptr && header.index > log->base_index()) {
                    log->compact_to(base_of(header));
                }
                return {};
            case record_type::settled: return apply_settled(header);
            case record_type::entry_moved: return apply_moved(record, home);
            case record_type::log_replaced:
                if (auto* log = find(header.group); log != nullptr && header.index >= log->floor().index) {
                    static_cast<void>(log->replace(base_of(header)));
                    return {};
                }
                return failure(errc::malformed);
            case record_type::table: return apply_table(record);
            case record_type::doubt: apply_doubt(header); return {};
            case record_type::segments_released:
            case record_type::segment_end:
            case record_type::closed:
            case record_type::synced: return {};
        }
        return failure(errc::unsupported_version);
    }

    group_map& groups() { return groups_; }
    doubt_of_journal doubt() const { return doubt_; }

private:
    static log_base base_of(record_header const& header) { return {header.index, header.term, header.base_offset}; }

    group_log* find(group_id id) {
        auto const found = groups_.find(id);
        return found == groups_.end() ? nullptr : found->second.get();
    }
    group_log& create(group_id id, log_base base, log_base floor) {
        return *groups_.emplace(id, std::make_unique<group_log>(id, base, floor)).first->second;
    }
    void remove(group_id id) {
        if (auto* log = find(id)) log->clear();
        groups_.erase(id);
    }

    result<void> apply_entry(record_view const& record, segment& home) {
        auto const& header = record.header;
        auto* const log = find(header.group);
        if (log == nullptr || header.index <= log->floor().index || header.index > log->last_index() + 1) {
            return failure(errc::malformed);
        }
        log->append(header.index, detail::slot_of(header, home, record.position));
        return {};
    }

    result<void> apply_settled(record_header const& header) {
        auto* const log = find(header.group);
        if (log == nullptr) return failure(errc::malformed);
        // A repair takes over settled files of entries that its new journal never had.
        bool const is_taken_over = log->last_index() == log->floor().index;
        if (header.index > log->last_index() && !is_taken_over) return failure(errc::malformed);
        if (header.index > log->floor().index) log->release_to(base_of(header));
        return {};
    }

    void apply_doubt(record_header const& header) {
        if (header.group == group_id{}) {
            doubt_.newcomers = header.index != log_index{};
            if (!doubt_.newcomers) return;
            doubt_.token = {header.index.value};
            for (auto const& [id, log] : groups_) log->set_doubt(doubt_.token);
        } else if (auto* log = find(header.group)) {
            log->set_doubt(no_doubt);
        }
    }

    result<void> apply_moved(record_view const& record, segment& home) {
        auto const& header = record.header;
        auto* const log = find(header.group);
        if (log == nullptr || header.index <= log->floor().index || header.index > log->last_index())
            return failure(errc::malformed);
        log->move(header.index, detail::slot_of(header, home, record.position));
        return {};
    }

    result<void> apply_table(record_view const& record) {
        auto const decoded = decode_table(record.payload);
        if (!decoded) return std::unexpected(decoded.error());
        std::unordered_set<group_id> listed;
        for (auto const& row : decoded->rows) {
            listed.insert(row.group);
            auto* log = find(row.group);
            // A log never goes back: where it seems to, the group was removed and made again in between.
            bool const is_another = log != nullptr && (row.base.index < log->base_index() ||
                                                       row.floor.index < log->floor().index);
            if (is_another) remove(row.group);
            if (log == nullptr || is_another) log = &create(row.group, row.base, row.floor);
            log->compact_to(row.base);
            log->release_to(row.floor);
            log->resize_to(row.last_index);
            log->set_hard_state(row.state);
            log->set_doubt(row.in_doubt ? decoded->doubt.token : no_doubt);
        }
        doubt_.newcomers = decoded->doubt.newcomers;
        if (decoded->doubt.token != no_doubt) doubt_.token = decoded->doubt.token;
        for (auto const& [id, log] : groups_) {
            if (!listed.contains(id)) log->clear();
        }
        std::erase_if(groups_, [&](auto const& each) { return !listed.contains(each.first); });
        return {};
    }

    group_map groups_;
    doubt_of_journal doubt_;
};

}  // namespace chronik::wal
