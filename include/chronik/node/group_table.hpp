// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>
#include <chronik/node/wake_queue.hpp>

#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace chronik {

/// The groups of a host, and which of them have something to do: at a time, or before this turn ends.
///
/// Group   has id, scheduled, ready, proposed, untold, and core.wake_at()
template <class Group>
class group_table {
public:
    Group* find(group_id id) {
        auto const found = groups_.find(id);
        return found == groups_.end() ? nullptr : found->second.get();
    }
    Group const* find(group_id id) const { return const_cast<group_table*>(this)->find(id); }
    auto const& all() const { return groups_; }

    Group& add(std::unique_ptr<Group> opened) {
        group_id const id = opened->id;
        auto const [place, is_new] = groups_.emplace(id, std::move(opened));
        CHRONIK_ASSERT(is_new);
        return *place->second;
    }
    /// Null if there is none; its entries in the lists are passed over.
    std::unique_ptr<Group> take(group_id id) {
        auto const found = groups_.find(id);
        if (found == groups_.end()) return nullptr;
        auto taken = std::move(found->second);
        groups_.erase(found);
        return taken;
    }

    /// It may have something to apply or to answer.
    void mark_ready(Group& one) { ready_.add(one.id, one.ready); }
    /// Its core holds proposals that have not been released.
    void mark_proposed(Group& one) { proposed_.add(one.id, one.proposed); }
    /// Not all of its members have been told what is committed.
    void mark_untold(Group& one) { untold_.add(one.id, one.untold); }

    /// Gives those marked until now to `visit(Group&)`, which may mark them again; false stops.
    template <class Visit>
    void visit_ready(Visit&& visit) {
        visit_listed(ready_, &Group::ready, visit);
    }
    bool visiting_proposed() const { return proposed_.visiting(); }
    /// As visit_ready(), of all.
    template <class Visit>
    void visit_proposed(Visit&& visit) {
        visit_listed(proposed_, &Group::proposed, [&](Group& one) {
            visit(one);
            return true;
        });
    }
    /// As visit_proposed(), of those that have not been told meanwhile: Group::untold is false then.
    template <class Visit>
    void visit_untold(Visit&& visit) {
        visit_listed(untold_, &Group::untold, [&](Group& one) {
            visit(one);
            return true;
        });
    }

    /// Its core's deadline may have moved.
    void schedule(Group& one) {
        time_point const when = one.core.wake_at();
        if (when >= one.scheduled) return;
        one.scheduled = when;
        wakes_.push(when, one.id);
    }
    time_point wake_at() const { return wakes_.next(); }

    /// Gives those whose deadline has come to `visit(Group&)`, which moves it.
    template <class Visit>
    void visit_due(time_point now, Visit&& visit) {
        while (true) {
            auto const due = wakes_.pop_due(now);
            if (!due) return;
            Group* const one = find(due->group);
            // Its deadline has moved earlier since: another entry is its own.
            if (one == nullptr || one->scheduled != due->when) continue;
            one->scheduled = never;
            if (one->core.wake_at() <= now) visit(*one);
            schedule(*one);
        }
    }

private:
    /// Groups that wait for their turn, each listed once; `listed` is where the group keeps that it is.
    class turn_list {
    public:
        void add(group_id id, bool& listed) {
            if (!std::exchange(listed, true)) waiting_.push_back(id);
        }
        bool visiting() const { return !visited_.empty(); }
        template <class Visit>
        void visit(Visit&& visit) {
            CHRONIK_ASSERT(!visiting());
            visited_.swap(waiting_);
            for (group_id const id : visited_) {
                if (!visit(id)) break;
            }
            visited_.clear();
        }

    private:
        std::vector<group_id> waiting_;
        std::vector<group_id> visited_;
    };

    template <class Visit>
    void visit_listed(turn_list& list, bool Group::* listed, Visit&& visit) {
        list.visit([&](group_id id) {
            Group* const one = find(id);
            return one == nullptr || !std::exchange(one->*listed, false) || visit(*one);
        });
    }

    std::unordered_map<group_id, std::unique_ptr<Group>> groups_;
    turn_list ready_;
    turn_list proposed_;
    turn_list untold_;
    wake_queue wakes_;
};

}  // namespace chronik
