// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>
#include <chronik/raft/hard_state.hpp>
#include <chronik/testing/digest.hpp>
#include <chronik/testing/findings.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace chronik::testing {

/// One group on one disk: what would be left if the power went.
struct durable_log {
    raft::hard_state state;
    log_index base;
    log_term base_term;           ///< of the entry at base
    std::vector<log_term> terms;  ///< of the entries after base
    log_index cut_from = never_cut;  ///< the first one whose place a write takes that is not durable yet

    log_index last_index() const { return base + terms.size(); }
    /// What is behind may be gone after a crash, even if the write that cuts it puts it there again: half of that may
    /// be done.
    log_index last_for_sure() const { return std::min<log_index>(last_index(), cut_from - 1); }
    log_term last_term() const { return terms.empty() ? base_term : terms.back(); }
    /// The term of an entry that is there.
    std::optional<log_term> term_at(log_index at) const {
        if (at <= base || at > last_index()) return std::nullopt;
        return terms[at - base - 1];
    }
    bool has(log_index at, log_term term) const { return at <= base || term_at(at) == term; }

    static constexpr log_index never_cut{std::numeric_limits<std::uint64_t>::max()};
};

/// What the disks of all nodes hold of all groups, kept beside the storage under test: from what it was given, and
/// from the syncs that it said have returned.
///
/// log matching   an (index, term) is one entry after one entry, on all disks and at all times; of what a command says
///                a witness has nothing
/// terms, votes   never go back
/// recovery       finds everything that was durable, and of what was under way a part from the front
/// source   Raft paper (extended) figure 3, "Log Matching"
class durable_logs {
public:
    explicit durable_logs(findings& found) : found_(&found) {}

    /// The node is a witness wherever it takes part.
    void keeps_places_only(node_id node) { nodes_[node].witness = true; }

    template <class State>
    void staged(node_id node, group_id group, std::optional<State> const& state, std::span<entry const> entries) {
        of_node& on = nodes_[node];
        log_in_memory& own = on.memory[group];
        if (state) {
            raft::hard_state const next{state->term, state->vote};
            bool const back = next.term < own.state.term ||
                              (next.term == own.state.term && own.state.vote != no_node && next.vote != own.state.vote);
            if (back) found_->report(about(node, group, "a term or a vote was taken back"));
            own.state = next;
            on.staged.push_back({group, step::kind::state, next, {}, {}});
        }
        for (entry const& each : entries) {
            own.place(each.index);
            if (on.witness && each.kind == entry_kind::command)
                found_->report(findings::at(node, group, each.index, "is a command, and the node is a witness"));
            expect_log_matching(group, each, own.last_term(), on.witness);
            own.terms.push_back(each.term);
            on.staged.push_back({group, step::kind::entry, {}, each.index, each.term});
            note_cut(on, on.staged.back());
        }
    }

    /// The log was cut at its front: it begins after `base`.
    void compacted(node_id node, group_id group, log_index base, log_term term) {
        nodes_[node].memory[group].begin_after(base, term);
        nodes_[node].staged.push_back({group, step::kind::base, {}, base, term});
    }
    /// The log is empty now, and begins after `base`.
    void replaced(node_id node, group_id group, log_index base, log_term term) {
        nodes_[node].memory[group].restart_after(base, term);
        nodes_[node].staged.push_back({group, step::kind::restart, {}, base, term});
    }
    void removed(node_id node, group_id group) {
        of_node& on = nodes_[node];
        on.memory.erase(group);
        on.disk.erase(group);
        for (auto* queue : {&on.staged, &on.under_way})
            std::erase_if(*queue, [group](step const& each) { return each.group == group; });
    }

    void flush_begun(node_id node) {
        of_node& on = nodes_[node];
        for (step& each : on.staged) on.under_way.push_back(std::move(each));
        on.staged.clear();
    }
    void flush_done(node_id node) {
        of_node& on = nodes_[node];
        for (step const& each : on.under_way) take(on.disk[each.group], each);
        on.under_way.clear();
        for (auto& [group, disk] : on.disk) disk.cut_from = durable_log::never_cut;
        for (step const& each : on.staged) note_cut(on, each);
    }

    /// A node has read its disk back. `view_of(group)` is the log that it found, or null.
    ///
    /// returns   false if something durable is missing; nothing is reported, and it counts as had()
    template <class ViewOf>
    bool recovered(node_id node, ViewOf view_of) {
        of_node& on = nodes_[node];
        bool complete = true;
        for (auto& [group, disk] : on.disk) {
            auto const* found = view_of(group);
            bool const nothing = disk.state == raft::hard_state{} && disk.last_index() == log_index{};
            bool const kept = found == nullptr ? nothing : is_continued_by(disk, *found, on.under_way, group);
            complete = complete && kept;
        }
        if (!complete) note_had(on);
        read_all(on, view_of);
        return complete;
    }
    /// A node has read back a disk that was damaged and repaired: what it had counts as had().
    template <class ViewOf>
    void repaired(node_id node, ViewOf view_of) {
        of_node& on = nodes_[node];
        note_had(on);
        read_all(on, view_of);
    }
    /// The node had it, durably, before its disk was damaged.
    bool had(node_id node, group_id group, log_index at, log_term term) {
        return std::ranges::any_of(nodes_[node].had[group], [&](auto const& disk) { return disk.has(at, term); });
    }
    /// The node has an empty disk now.
    void wiped(node_id node) {
        bool const witness = nodes_[node].witness;
        nodes_[node] = {};
        nodes_[node].witness = witness;
    }

    durable_log const& of(node_id node, group_id group) { return nodes_[node].disk[group]; }
    /// What the node has given to its disk, durable or not.
    durable_log const& written(node_id node, group_id group) { return nodes_[node].memory[group]; }

    static std::string about(node_id node, group_id group, std::string const& what) {
        return findings::about(group, "node " + std::to_string(node.value) + ": " + what);
    }

private:
    struct step {
        enum class kind : std::uint8_t { state, entry, base, restart };
        group_id group;
        kind what;
        raft::hard_state state;
        log_index index;
        log_term term;
    };
    struct log_in_memory : durable_log {
        void place(log_index index) {
            if (index > base) terms.resize(std::min<std::size_t>(terms.size(), index - base - 1));
        }
        void restart_after(log_index index, log_term term) {
            terms.clear();
            base = index;
            base_term = term;
        }
        void begin_after(log_index index, log_term term) {
            if (index <= base) return;
            std::size_t const gone = std::min<std::size_t>(terms.size(), index - base);
            terms.erase(terms.begin(), terms.begin() + static_cast<std::ptrdiff_t>(gone));
            base = index;
            base_term = term;
        }
    };
    struct of_node {
        std::map<group_id, log_in_memory> memory;
        std::map<group_id, log_in_memory> disk;
        std::map<group_id, std::vector<durable_log>> had;  ///< before damage was found, each time
        std::deque<step> staged;
        std::deque<step> under_way;
        bool witness = false;
    };
    struct known_entry {
        log_term term;
        log_term term_before;
        std::uint64_t what;
    };

    static void note_had(of_node& on) {
        for (auto const& [group, disk] : on.disk) on.had[group].push_back(disk);
    }
    static void note_cut(of_node& on, step const& next) {
        durable_log& disk = on.disk[next.group];
        if (next.what == step::kind::entry && next.index <= disk.last_index())
            disk.cut_from = std::min(disk.cut_from, next.index);
    }

    template <class ViewOf>
    void read_all(of_node& on, ViewOf view_of) {
        for (step const& each : on.under_way) on.disk.try_emplace(each.group);
        on.staged.clear();
        on.under_way.clear();
        on.memory.clear();
        for (auto& [group, disk] : on.disk) {
            disk = {};
            if (auto const* found = view_of(group)) disk = read(*found, on.memory[group]);
        }
    }

    static void take(log_in_memory& into, step const& each) {
        switch (each.what) {
            case step::kind::state: into.state = each.state; return;
            case step::kind::restart: return into.restart_after(each.index, each.term);
            case step::kind::base: return into.begin_after(each.index, each.term);
            case step::kind::entry: break;
        }
        into.place(each.index);
        into.terms.push_back(each.term);
    }

    void expect_log_matching(group_id group, entry const& each, log_term before, bool place_only) {
        auto& all = known_[group];
        if (all.size() <= each.index.value) all.resize(each.index.value + 1);
        digest what;
        what.add(static_cast<std::uint64_t>(each.kind));
        what.add(each.base_offset.value);
        what.add(each.record_count);
        what.add(digest_of(each.payload.view()));
        for (known_entry const& other : all[each.index.value]) {
            if (other.term != each.term) continue;
            if ((other.what != what.value() && !place_only) || other.term_before != before)
                found_->report(findings::at(no_node, group, each.index,
                                            "is two different entries of term " + std::to_string(each.term.value)));
            return;
        }
        // It comes to a witness from a leader that had it before.
        if (!place_only) all[each.index.value].push_back({each.term, before, what.value()});
    }

    template <class View>
    static bool equal(log_in_memory const& ours, View const& found) {
        if (found.hard_state().term != ours.state.term || found.hard_state().vote != ours.state.vote) return false;
        if (found.last_index() != ours.last_index()) return false;
        for (log_index at = std::max(ours.base, found.base_index()) + 1; at <= found.last_index(); ++at) {
            auto const term = found.term_at(at);
            if (!term || ours.term_at(at) != *term) return false;
        }
        return true;
    }
    template <class View>
    static bool is_continued_by(log_in_memory ours, View const& found, std::deque<step> const& under_way,
                                group_id group) {
        if (equal(ours, found)) return true;
        for (step const& each : under_way) {
            if (each.group != group) continue;
            take(ours, each);
            if (equal(ours, found)) return true;
        }
        return false;
    }
    template <class View>
    static log_in_memory read(View const& found, log_in_memory& memory) {
        log_in_memory made;
        made.state = {found.hard_state().term, found.hard_state().vote};
        made.base = found.base_index();
        made.base_term = found.base_term();
        for (log_index at = made.base + 1; at <= found.last_index(); ++at)
            made.terms.push_back(found.term_at(at).value_or(log_term{}));
        memory = made;
        return made;
    }

    findings* found_;
    std::map<node_id, of_node> nodes_;
    std::map<group_id, std::vector<std::vector<known_entry>>> known_;
};

}  // namespace chronik::testing
