// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/error.hpp>
#include <chronik/wal/concepts.hpp>
#include <chronik/wal/group_log.hpp>
#include <chronik/wal/settled_format.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace chronik::wal {

/// A run of settled entries and the last one that it promises.
struct settled_run {
    settled_name name;
    log_index last;
};

/// The settled runs of a directory, found from the front: for logs whose files recovery refuses.
///
/// threads   one
template <directory Directory>
class settled_chains {
public:
    /// errors   the directory's, if it cannot be listed
    static result<settled_chains> read(Directory& where) {
        auto const names = where.list();
        if (!names) return std::unexpected(names.error());
        settled_chains made{where};
        for (auto const& each : *names) {
            if (auto const parsed = parse_settled_name(each)) made.names_.insert(*parsed);
        }
        return made;
    }

    /// The runs from the log's base to its floor, oldest first: those that recovery has attached; without them, those
    /// that continue each other, as far as there are any. Whether they are sound is not looked at.
    std::vector<settled_run> of(group_log const& log) const {
        std::vector<settled_run> chain;
        for (auto const& each : log.settled()) chain.push_back({each->name(), each->last_index()});
        if (!chain.empty()) return chain;
        auto next = log.first_index();
        while (next <= log.floor().index) {
            auto const run = run_at(log, next);
            if (!run) break;
            chain.push_back(*run);
            next = run->last + 1;
        }
        return chain;
    }

private:
    explicit settled_chains(Directory& where) : where_(&where) {}

    /// The newest run that has the entry `wanted`; only the first of a log may begin before it.
    std::optional<settled_run> run_at(group_log const& log, log_index wanted) const {
        auto after = names_.upper_bound({log.id(), wanted, settled_generation_max});
        bool const may_begin_before = wanted == log.first_index();
        while (after != names_.begin()) {
            --after;
            if (after->group != log.id() || (after->first < wanted && !may_begin_before)) break;
            auto const last = after->generation == 0 ? end_of_growing(log, *after) : end_of_cleaned(*after);
            if (last && *last >= wanted && *last <= log.floor().index) return settled_run{*after, *last};
        }
        return std::nullopt;
    }

    /// It ends where the next one begins, the last one at the floor.
    std::optional<log_index> end_of_growing(group_log const& log, settled_name const& name) const {
        auto const next = names_.upper_bound({name.group, name.first, settled_generation_max});
        if (next == names_.end() || next->group != name.group) return log.floor().index;
        return std::min(log.floor().index, next->first - 1);
    }

    std::optional<log_index> end_of_cleaned(settled_name const& name) const {
        auto const opened = where_->open(name.rows(), access::read);
        if (!opened) return std::nullopt;
        settled_header_block block{};
        auto const got = opened->read_at(0, block);
        if (!got) return std::nullopt;
        auto const header = decode_settled_header(std::span{block}.first(*got));
        return header && header->is_cleaned() ? std::optional{header->last} : std::nullopt;
    }

    Directory* where_;
    std::set<settled_name> names_;
};

}  // namespace chronik::wal
