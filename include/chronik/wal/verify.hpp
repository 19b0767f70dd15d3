// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/wal/at_rest.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/finding.hpp>
#include <chronik/wal/settled_chain.hpp>
#include <chronik/wal/snapshot_file.hpp>
#include <chronik/wal/walk_settled.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace chronik::wal {

/// What a verification has read.
struct verification {
    std::uint64_t segments = 0;  ///< that have records which may be needed
    std::uint64_t records = 0;   ///< whole ones in them
    std::uint64_t groups = 0;
    std::uint64_t settled_runs = 0;
    std::uint64_t settled_rows = 0;
    std::uint64_t settled_bytes = 0;  ///< of payloads
    std::uint64_t snapshots = 0;
};

namespace detail {

template <directory Directory>
class verifier {
public:
    verifier(journal_at_rest<Directory> const& journal, findings& found) : journal_(journal), found_(found) {}

    result<verification> run() {
        for (auto const& each : journal_.parts()) {
            bool const is_read = each.use == segment_use::current || each.use == segment_use::needed;
            if (is_read) ++seen_.segments;
            seen_.records += each.records;
        }
        auto const chains = settled_chains<Directory>::read(journal_.where());
        if (!chains) return std::unexpected(chains.error());
        for (auto const id : journal_.sorted_groups()) {
            auto const& log = *journal_.groups().at(id);
            ++seen_.groups;
            check_settled(*chains, log);
            check_order(log);
        }
        return check_snapshots();
    }

private:
    void check_settled(settled_chains<Directory> const& chains, group_log const& log) {
        for (auto const& run : chains.of(log)) {
            auto const walked = walk_settled(journal_.where(), run.name, journal_.log_id(), run.last, found_,
                                             [](entry const&) { return result<void>{}; });
            ++seen_.settled_runs;
            seen_.settled_rows += walked->rows;
            seen_.settled_bytes += walked->bytes;
        }
    }

    /// Terms and offsets never fall, and a log has no entry of a term that its node does not know.
    void check_order(group_log const& log) {
        auto before = log.floor();
        for (auto at = before.index + 1; at <= journal_.whole_to(log); ++at) {
            auto const& slot = log.slot_of(at);
            if (slot.term < before.term || slot.base_offset < before.next_offset) {
                found_.add({.kind = finding_kind::contradiction,
                            .file = slot.home->name,
                            .position = slot.position,
                            .group = log.id(),
                            .index = at,
                            .what = slot.term < before.term ? "an entry of an older term than the one before it"
                                                            : "an entry that begins before the one before it ends"});
            }
            before = {at, slot.term, slot.next_offset()};
        }
        if (log.hard_state().term >= before.term) return;
        auto const* const home = before.index > log.floor().index ? log.slot_of(before.index).home : nullptr;
        found_.add({.kind = finding_kind::contradiction,
                    .file = home != nullptr ? home->name : std::string{},
                    .position = home != nullptr ? log.slot_of(before.index).position : 0U,
                    .group = log.id(),
                    .index = before.index,
                    .what = "the last entry is of term " + std::to_string(before.term.value) +
                            ", and the hard state of term " + std::to_string(log.hard_state().term.value)});
    }

    result<verification> check_snapshots() {
        auto names = journal_.where().list();
        if (!names) return std::unexpected(names.error());
        std::ranges::sort(*names);
        for (auto const& name : *names) {
            if (is_unfinished_snapshot_name(name))
                found_.add({.kind = finding_kind::leftover, .file = name, .what = "a snapshot, never finished"});
            if (!is_snapshot_name(name)) continue;
            auto const opened = journal_.where().open(name, access::read);
            auto const mapped = opened ? opened->map() : std::unexpected(opened.error());
            auto const whole = mapped ? read_snapshot(*mapped, journal_.log_id(), name)
                                      : std::unexpected(mapped.error());
            ++seen_.snapshots;
            if (whole) continue;
            auto kind = finding_kind::corrupt;
            if (whole.error() == errc::wrong_owner) kind = finding_kind::foreign;
            if (whole.error() == errc::unsupported_version) kind = finding_kind::unknown;
            found_.add({.kind = kind, .file = name, .what = "a snapshot: " + whole.error().message()});
        }
        return seen_;
    }

    journal_at_rest<Directory> const& journal_;
    findings& found_;
    verification seen_;
};

}  // namespace detail

/// Reads every byte of a journal at rest that is needed, and says what is not as it was written: checksums, the order
/// of each group's entries, seals, settled files and what the journal says of them, hard states, snapshots. Free
/// segments and spares are known by their header only: nothing in them is needed.
///
/// journal   as journal_at_rest::read() has left it, with the same `found`: what that met is not looked for again
/// errors    the directory's, if it cannot be listed
template <directory Directory>
result<verification> verify(journal_at_rest<Directory> const& journal, findings& found) {
    return detail::verifier<Directory>{journal, found}.run();
}

}  // namespace chronik::wal
