// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/crc32c.hpp>
#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/wal/at_rest.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/finding.hpp>
#include <chronik/wal/group_log.hpp>
#include <chronik/wal/settled_chain.hpp>
#include <chronik/wal/settled_payloads.hpp>
#include <chronik/wal/stored_entry.hpp>
#include <chronik/wal/walk_settled.hpp>

#include <algorithm>
#include <span>

namespace chronik::wal {

/// What is left of one group's log at rest, to be read entry by entry: what is settled, what is in the journal, and
/// behind a loss what is whole in itself. No damage ends it: what cannot be read is a finding, and left out.
///
/// One entry is held at a time, and the settled file that it is in. Each is checked when it is read, those of the
/// journal once more: if its owner is at work after all, their segment may have been overwritten since.
template <directory Directory>
class entries_at_rest {
public:
    /// journal   outlives this
    /// log       one of its groups
    entries_at_rest(journal_at_rest<Directory> const& journal, group_log const& log)
        : journal_(&journal), log_(&log), behind_(journal.behind(log.id())) {}

    group_id group() const { return log_->id(); }
    log_base base() const { return log_->base(); }
    log_index first_index() const { return log_->first_index(); }
    /// The last entry that there is; the base without one. No file is touched for it.
    log_base end() const {
        auto const of_log = end_of(*log_);
        if (behind_.empty()) return of_log;
        auto const last = end_of(behind_.back());
        return last.index > of_log.index ? last : of_log;
    }

    /// visit   (entry const&), by index; the payload is a view that keeps the file mapped
    template <class Visit>
    void for_each(findings& found, Visit&& visit) const {
        if (journal_->unsettled().contains(group())) walk_refused(found, visit);
        for (auto const& run : log_->settled()) read_settled(*run, found, visit);
        auto last = log_->last_index();
        if (!behind_.empty()) last = std::min(last, behind_.front().first_index() - 1);
        read_journal(*log_, last, found, visit);
        for (auto const& run : behind_) read_journal(run, run.last_index(), found, visit);
    }

private:
    static log_base end_of(group_log const& log) {
        auto last = log.last_index();
        while (last > log.floor().index && log.slot_of(last).home == nullptr) last = last - 1;
        return *log.base_before(last + 1);
    }

    /// Files that recovery refuses: each as far as it is sound.
    template <class Visit>
    void walk_refused(findings& found, Visit& visit) const {
        auto const chains = settled_chains<Directory>::read(journal_->where());
        if (!chains) {
            found.add({.kind = finding_kind::corrupt,
                       .file = "settled files",
                       .group = group(),
                       .what = chains.error().message()});
            return;
        }
        // A run may begin before the log does.
        auto const take = [&](entry const& each) {
            if (each.index > log_->base_index()) visit(each);
            return result<void>{};
        };
        for (auto const& run : chains->of(*log_))
            static_cast<void>(walk_settled(journal_->where(), run.name, journal_->log_id(), run.last, found, take));
    }

    template <class Visit>
    void read_settled(settled_segment const& run, findings& found, Visit& visit) const {
        // Mapped anew, so that what has been read goes when it is done with. Only if the files are gone, the log's own
        // mapping is all that is left of them.
        auto const opened = open_settled(journal_->where(), run.name(), run.last_index());
        auto const& from = opened ? *opened : run;
        auto const last = std::min(from.last_index(), log_->floor().index);
        for (auto at = std::max(from.first_index(), log_->first_index()); at <= last; ++at) {
            auto const each = from.read(at);
            if (each) visit(*each);
            else found.add(damage_of(from, at));
        }
    }

    static finding damage_of(settled_segment const& run, log_index at) {
        auto const row = run.row(at);
        return {.kind = finding_kind::corrupt,
                .file = row ? run.name().data() : run.name().rows(),
                .position = row ? row->position : 0,
                .bytes = row ? row->length : 0,
                .group = run.name().group,
                .index = at,
                .what = row ? "the payload of a settled entry has changed" : "a row of settled entries is damaged"};
    }

    /// from   the log, or entries behind it
    template <class Visit>
    void read_journal(group_log const& from, log_index last, findings& found, Visit& visit) const {
        for (auto at = std::max(from.floor().index, log_->floor().index) + 1; at <= last; ++at) {
            // One that is in no segment was found missing when the journal was read.
            if (from.slot_of(at).home == nullptr) continue;
            auto const stored = from.stored(at);
            // All of a file at rest may be read, so that nothing can be on its way to it.
            CHRONIK_ASSERT(stored.has_value());
            if (stored->is_sound(group(), crc32c::value(stored->what.payload.view()))) visit(stored->what);
            else found.add(stored->damage(group()));
        }
    }

    journal_at_rest<Directory> const* journal_;
    group_log const* log_;
    std::span<group_log const> behind_;
};

}  // namespace chronik::wal
