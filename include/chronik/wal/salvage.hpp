// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/wal/at_rest.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/finding.hpp>
#include <chronik/wal/journal.hpp>
#include <chronik/wal/settled_chain.hpp>
#include <chronik/wal/snapshot_file.hpp>
#include <chronik/wal/walk_settled.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace chronik::wal {

/// What became of one group.
///
/// first, last   of the entries that were kept; last < first: none
/// lost_to       the last entry that the journal speaks of; up to `last` nothing is lost
/// at            where the first lost entry stood, if it is known
/// state_raised  its hard state was of an older term than its entries, so it has been lost, and with it perhaps a vote
struct salvaged_group {
    group_id group;
    log_index first;
    log_index last;
    log_index lost_to;
    log_offset first_offset;
    log_offset next_offset;
    std::uint64_t bytes = 0;
    std::optional<finding> at{};
    bool state_raised = false;

    bool is_whole() const { return lost_to <= last; }
};

struct salvage_outcome {
    std::vector<salvaged_group> groups;  ///< in the order of their ids
    std::vector<std::string> snapshots;  ///< that were copied; of a repair: that stay
    std::vector<settled_name> settled;   ///< of a repair: runs that stay
};

namespace detail {

template <directory Source, directory Target>
class salvager {
public:
    /// doubt   no_doubt: a copy elsewhere. Otherwise a repair of the journal where it is, which the groups are in doubt
    ///         after: sound settled files and snapshots stay
    salvager(journal_at_rest<Source> const& from, Target& to, journal<Target>& into, findings& found,
             doubt_token doubt = no_doubt)
        : from_(from), to_(to), into_(into), found_(found), doubt_(doubt) {}

    result<salvage_outcome> run() {
        auto const chains = settled_chains<Source>::read(from_.where());
        if (!chains) return std::unexpected(chains.error());
        if (auto done = repairs() ? look_at_snapshots() : result<void>{}; !done) return std::unexpected(done.error());
        // First, as each group's hard state is before its entries: what a later damage cuts off is never that alone.
        if (repairs()) into_.begin_doubt(doubt_);
        for (auto const id : from_.sorted_groups()) {
            auto kept = copy(*chains, *from_.groups().at(id));
            if (!kept) return std::unexpected(kept.error());
            outcome_.groups.push_back(std::move(*kept));
        }
        if (auto done = repairs() ? result<void>{} : copy_snapshots(); !done) return std::unexpected(done.error());
        if (auto done = flush(); !done) return std::unexpected(done.error());
        // What was settled meanwhile is still to be said; then nothing is left to be staged.
        if (auto done = into_.flush(); !done) return std::unexpected(done.error());
        if (auto done = into_.close(); !done) return std::unexpected(done.error());
        if (auto done = into_.flush(); !done) return std::unexpected(done.error());
        return std::move(outcome_);
    }

private:
    bool repairs() const { return doubt_ != no_doubt; }

    /// Hard state, base, then entry by entry up to the first that is not sound.
    result<salvaged_group> copy(settled_chains<Source> const& chains, group_log const& log) {
        salvaged_group kept{.group = log.id(), .first = log.first_index(), .last = log.base_index(),
                            .lost_to = from_.spoken_of(log), .first_offset = log.base_offset(),
                            .next_offset = log.base_offset()};
        if (auto done = begin(log, kept); !done) return std::unexpected(done.error());
        auto const settled = copy_settled(chains, log, kept);
        if (!settled) return std::unexpected(settled.error());
        if (*settled) {
            if (auto done = copy_unsettled(log, kept); !done) return std::unexpected(done.error());
        }
        if (auto done = begin_behind_snapshot(log, kept); !done) return std::unexpected(done.error());
        say_where_lost(log, kept);
        return kept;
    }

    /// A log that ends before its snapshot cannot go on: it begins behind that, with less to fetch besides.
    result<void> begin_behind_snapshot(group_log const& log, salvaged_group& kept) {
        auto const newest = newest_.find(log.id());
        if (newest == newest_.end() || newest->second.index <= kept.last) return {};
        auto const& at = newest->second;
        kept.first = at.index + 1;
        kept.last = at.index;
        kept.first_offset = kept.next_offset = at.next_offset;
        std::erase_if(outcome_.settled, [&](settled_name const& each) { return each.group == log.id(); });
        return into_.replace_log(log.id(), at.index, at.term, at.next_offset);
    }

    /// A vote must not be forgotten, and a log has no entry of a term that its node does not know.
    result<void> begin(group_log const& log, salvaged_group& kept) {
        if (!into_.can_create_group()) return failure(errc::too_large);
        into_.create_group(log.id());
        auto state = log.hard_state();
        auto const term = newest_term(log);
        kept.state_raised = state.term < term;
        if (kept.state_raised) state = {term, {}};
        if (auto done = stage(log.id(), state, {}); !done) return done;
        if (log.base_index() == log_index{}) return {};
        return into_.replace_log(log.id(), log.base_index(), log.base_term(), log.base_offset());
    }

    /// Of what there is of the log, and of its snapshot.
    log_term newest_term(group_log const& log) const {
        auto newest = log.floor().term;
        for (auto at = log.floor().index + 1; at <= log.last_index(); ++at)
            if (log.slot_of(at).home != nullptr) newest = std::max(newest, log.slot_of(at).term);
        auto const snapshot = newest_.find(log.id());
        return snapshot == newest_.end() ? newest : std::max(newest, snapshot->second.term);
    }

    /// Whether the settled part is whole.
    result<bool> copy_settled(settled_chains<Source> const& chains, group_log const& log, salvaged_group& kept) {
        bool const stays = repairs() && log.floor().index > log.base_index() && !from_.unsettled().contains(log.id());
        if (stays) return take_over(log, kept);
        for (auto const& run : chains.of(log)) {
            auto const walked = walk_settled(from_.where(), run.name, from_.log_id(), run.last, found_,
                                             [&](entry const& each) { return take_settled(log.id(), each, kept); });
            if (!walked) return std::unexpected(walked.error());
            kept.at = walked->fault;
            if (!walked->is_whole()) return false;
        }
        return kept.last >= log.floor().index;
    }

    /// What recovery takes as it is, a repair does too: the payloads are checked when they are read.
    bool take_over(group_log const& log, salvaged_group& kept) {
        for (auto const& run : log.settled()) {
            outcome_.settled.push_back(run->name());
            kept.bytes += run->data_bytes();
        }
        auto const floor = log.floor();
        into_.take_over_settled(log.id(), floor);
        kept.last = floor.index;
        kept.next_offset = floor.next_offset;
        return true;
    }

    result<void> copy_unsettled(group_log const& log, salvaged_group& kept) {
        for (auto at = log.floor().index + 1; at <= from_.whole_to(log); ++at) {
            auto const each = log.read(at);
            if (!each) return std::unexpected(each.error());
            if (auto done = take(log.id(), *each, kept); !done) return done;
        }
        return {};
    }

    /// What was settled was committed: the new journal may settle it again.
    result<void> take_settled(group_id group, entry const& each, salvaged_group& kept) {
        auto const done = take(group, each, kept);
        if (done) into_.committed(group, kept.last);
        return done;
    }

    /// One entry, if it is the next one. A run may begin before the log does.
    result<void> take(group_id group, entry const& each, salvaged_group& kept) {
        if (each.index <= kept.last) return {};
        if (each.index != kept.last + 1) return failure(errc::log_gap);
        if (auto done = stage(group, std::nullopt, std::span{&each, 1}); !done) return done;
        kept.last = each.index;
        kept.next_offset = each.next_offset();
        kept.bytes += each.payload.size();
        return {};
    }

    /// Full buffers are written, and full segments followed by new ones; then it fits, or never will.
    result<void> stage(group_id group, std::optional<hard_state> const& state, std::span<entry const> entries) {
        auto staged = into_.stage(group, state, entries);
        for (int attempt = 0; attempt < attempts_max && !staged; ++attempt) {
            if (staged.error() != errc::busy && staged.error() != errc::out_of_space) break;
            if (auto done = flush(); !done) return done;
            staged = into_.stage(group, state, entries);
        }
        return staged;
    }

    void say_where_lost(group_log const& log, salvaged_group& kept) const {
        if (kept.is_whole() || kept.at) return;
        if (auto const gap = from_.lost_in(log.id())) {
            kept.at = finding{.kind = finding_kind::corrupt, .file = gap->file, .position = gap->begin,
                              .bytes = gap->end - gap->begin, .group = log.id(), .index = kept.last + 1, .what = {}};
        }
    }

    result<void> flush() {
        if (auto done = into_.flush(); !done) return done;
        return into_.prepare();
    }

    /// Gives the whole ones to `take(stored_snapshot, bytes of the file)`.
    template <class Take>
    result<void> visit_snapshots(Take&& take) {
        auto names = from_.where().list();
        if (!names) return std::unexpected(names.error());
        std::ranges::sort(*names);
        for (auto const& name : *names) {
            if (!is_snapshot_name(name)) continue;
            auto const opened = from_.where().open(name, access::read);
            auto const mapped = opened ? opened->map() : std::unexpected(opened.error());
            auto const whole = mapped ? read_snapshot(*mapped, from_.log_id(), name)
                                      : std::unexpected(mapped.error());
            if (!whole) {
                auto const what = "a snapshot: " + whole.error().message();
                found_.add({.kind = finding_kind::corrupt, .file = name, .what = what});
                continue;
            }
            if (auto done = take(*whole, *mapped); !done) return done;
            outcome_.snapshots.push_back(name);
        }
        return {};
    }

    /// Byte for byte: they are of the same journal by name.
    result<void> copy_snapshots() {
        auto const done = visit_snapshots([&](stored_snapshot const& each, shared_bytes const& bytes) -> result<void> {
            auto target = to_.create(each.name);
            if (!target) return std::unexpected(target.error());
            if (auto written = target->write_at(0, bytes.view()); !written) return written;
            return target->sync();
        });
        return done && !outcome_.snapshots.empty() ? to_.sync() : done;
    }

    result<void> look_at_snapshots() {
        return visit_snapshots([&](stored_snapshot const& each, shared_bytes const&) -> result<void> {
            auto& newest = newest_[each.group];
            if (each.base.index > newest.index) newest = each.base;
            return {};
        });
    }

    static constexpr int attempts_max = 3;

    journal_at_rest<Source> const& from_;
    Target& to_;
    journal<Target>& into_;
    findings& found_;
    doubt_token doubt_;
    std::map<group_id, log_base> newest_;  ///< snapshots
    salvage_outcome outcome_;
};

}  // namespace detail

/// Writes what is sound of a journal at rest into an empty directory, as a journal that opens: of each group the
/// longest prefix of its log that is as it was written, and its hard state. The source is not changed. When this
/// succeeds, all of it is durable.
///
/// from     as journal_at_rest::read() has left it, with the same `found`
/// to       empty. After an error what is in it is of no use
/// limits   of the new journal; its log id is to be the old one's
/// errors   the target directory's; errc::too_large: an entry that does not fit these limits, or too many groups;
///          errc::out_of_space: more than limits.segments_max; errc::compacted if `to` is not empty
template <directory Source, directory Target>
result<salvage_outcome> salvage(journal_at_rest<Source> const& from, Target& to, options const& limits,
                                std::uint64_t salt_seed, findings& found) {
    auto const names = to.list();
    if (!names) return std::unexpected(names.error());
    if (!names->empty()) return failure(errc::compacted);
    auto into = journal<Target>::open(to, limits, salt_seed);
    if (!into) return std::unexpected(into.error());
    return detail::salvager<Source, Target>{from, to, *into, found}.run();
}

}  // namespace chronik::wal
