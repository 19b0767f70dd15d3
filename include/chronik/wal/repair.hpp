// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/error.hpp>
#include <chronik/wal/at_rest.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/detail/prefixed_directory.hpp>
#include <chronik/wal/finding.hpp>
#include <chronik/wal/repair_list.hpp>
#include <chronik/wal/salvage.hpp>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chronik::wal {

// A journal with damage in synced bytes is written anew beside itself, with what salvage() finds sound and a mark that
// all groups are in doubt, and takes the place of the damaged one. Not in another directory: this one is locked, and a
// directory that is exchanged is no more the one that was locked.
//
//     repair.segment-...           the new journal, while it is made; worth nothing
//     repair-decided               it is whole and durable; says which files are to be set aside
//     damaged-N.segment-...        a file that was
//     repair-moved                 all of them are; what begins with "repair." only has to get its name
//
// Each step leaves a directory from which finish_repair() goes on, or back to where nothing had happened.

inline constexpr std::string_view repair_prefix = "repair.";
inline constexpr std::string_view repair_decided = "repair-decided";
inline constexpr std::string_view repair_moved = "repair-moved";

/// Whether a repair has been decided and waits to be gone on with, in a directory of these names.
inline bool has_unfinished_repair(std::vector<std::string> const& names) {
    return std::ranges::find(names, repair_decided) != names.end() ||
           std::ranges::find(names, repair_moved) != names.end();
}

/// What a repair has kept, and what became of the rest.
struct repair_outcome {
    doubt_token token;
    salvage_outcome kept;
    std::vector<std::string> aside;  ///< the names that they have now
};

namespace detail {

template <directory Directory>
class repairing {
public:
    explicit repairing(Directory& where) : where_(where) {}

    result<void> finish() {
        auto const names = where_.list();
        if (!names) return std::unexpected(names.error());
        auto const has = [&](std::string_view name) { return std::ranges::find(*names, name) != names->end(); };
        if (has(repair_moved)) return take_names(*names);
        if (!has(repair_decided)) return forget(*names);
        return set_aside(*names);
    }

    result<void> decide(repair_list const& list) {
        std::string const unfinished = std::string{repair_prefix} + std::string{repair_decided};
        auto file = where_.create(unfinished);
        if (!file) return std::unexpected(file.error());
        if (auto done = file->write_at(0, encode(list)); !done) return done;
        if (auto done = file->sync(); !done) return done;
        if (auto done = where_.sync(); !done) return done;
        if (auto done = where_.rename(unfinished, repair_decided); !done) return done;
        return where_.sync();
    }

    /// What an interrupted repair had made is of no use.
    result<void> forget(std::vector<std::string> const& names) {
        bool any = false;
        for (auto const& name : names) {
            if (!name.starts_with(repair_prefix)) continue;
            any = true;
            if (auto done = where_.remove(name); !done) return done;
        }
        return any ? where_.sync() : result<void>{};
    }

private:
    result<void> set_aside(std::vector<std::string> const& names) {
        auto opened = where_.open(repair_decided, access::read);
        if (!opened) return std::unexpected(opened.error());
        auto const bytes = opened->map();
        if (!bytes) return std::unexpected(bytes.error());
        auto const list = decode_repair_list(bytes->view());
        if (!list) return std::unexpected(list.error());
        for (auto const& name : list->aside) {
            if (std::ranges::find(names, name) == names.end()) continue;
            if (auto done = where_.rename(name, aside_name(list->token, name)); !done) return done;
        }
        // From here on nothing has an old name, so who finds a file of such a name knows it for a new one.
        if (auto done = where_.sync(); !done) return done;
        if (auto done = where_.rename(repair_decided, repair_moved); !done) return done;
        if (auto done = where_.sync(); !done) return done;
        return take_names(names);
    }

    result<void> take_names(std::vector<std::string> const& names) {
        for (auto const& name : names) {
            if (!name.starts_with(repair_prefix)) continue;
            if (auto done = where_.rename(name, name.substr(repair_prefix.size())); !done) return done;
        }
        if (auto done = where_.sync(); !done) return done;
        if (auto done = where_.remove(repair_moved); !done) return done;
        return where_.sync();
    }

    Directory& where_;
};

/// What the new journal does not use, so that it goes out of the way: segments, settled files, damaged snapshots.
inline std::vector<std::string> to_be_set_aside(std::vector<std::string> const& names, salvage_outcome const& kept) {
    std::set<std::string> stay{kept.snapshots.begin(), kept.snapshots.end()};
    for (auto const& each : kept.settled) {
        stay.insert(each.rows());
        stay.insert(each.data());
    }
    std::vector<std::string> aside;
    for (auto const& name : names) {
        bool const is_ours = is_segment_name(name) || parse_settled_name(name) || is_snapshot_name(name);
        if (is_ours && !stay.contains(name)) aside.push_back(name);
    }
    std::ranges::sort(aside);
    return aside;
}

}  // namespace detail

/// Goes on with a repair that was interrupted when it was decided, and takes back one that was not. Before every
/// opening of the journal; where there is nothing to do, nothing is changed.
///
/// errors   the directory's; errc::corrupt_record: the list of what is to be set aside is damaged
template <directory Directory>
result<void> finish_repair(Directory& where) {
    return detail::repairing<Directory>{where}.finish();
}

/// Puts what is sound of a damaged journal in its place, all groups in doubt. When this succeeds, the journal opens,
/// and what it was before stands beside it as damaged-TOKEN.*. Until it has decided, an error or a crash leaves the
/// journal as it was. For a member of groups that others can bring up to date again: see raft/doubt.hpp.
///
/// from     as journal_at_rest::read() has left it, with the same `found`, and with `may_cut`
/// limits   of the new journal; its log id is the old one's
/// token    greater than any that this journal had, from.doubt() included
/// errors   the directory's; those of salvage(); errc::corrupt_record: of no segment can it be told whose it is
template <directory Directory>
result<repair_outcome> repair(journal_at_rest<Directory> const& from, options const& limits, std::uint64_t salt_seed,
                              doubt_token token, findings& found) {
    CHRONIK_ASSERT(token > from.doubt());
    if (from.parts().empty() || from.log_id() != limits.log_id) return failure(errc::corrupt_record);
    Directory& where = from.where();
    detail::repairing<Directory> steps{where};
    detail::prefixed_directory<Directory> beside{where, repair_prefix};
    repair_outcome made{.token = token, .kept = {}, .aside = {}};
    auto kept = [&]() -> result<salvage_outcome> {
        auto into = journal<detail::prefixed_directory<Directory>>::open(beside, limits, salt_seed);
        if (!into) return std::unexpected(into.error());
        return detail::salvager{from, beside, *into, found, token}.run();
    }();
    auto names = where.list();
    if (!names) return std::unexpected(names.error());
    if (!kept) {
        // The room that it took is given back.
        static_cast<void>(steps.forget(*names));
        return std::unexpected(kept.error());
    }
    made.kept = std::move(*kept);
    repair_list const list{token, detail::to_be_set_aside(*names, made.kept)};
    if (auto done = steps.decide(list); !done) return std::unexpected(done.error());
    if (auto done = steps.finish(); !done) return std::unexpected(done.error());
    for (auto const& name : list.aside) made.aside.push_back(aside_name(token, name));
    return made;
}

}  // namespace chronik::wal
