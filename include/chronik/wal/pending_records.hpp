// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/wal/record.hpp>
#include <chronik/wal/table.hpp>

#include <deque>

namespace chronik::wal {

/// What the journal knows already and has not written yet: creations, removals, and where logs begin. At most one of a
/// kind for each group; of one group in the order in which they were added.
class pending_records {
public:
    bool empty() const { return records_.empty(); }
    record_header const& front() const { return records_.front(); }
    void pop_front() { records_.pop_front(); }

    void created(group_id group) { records_.push_back({.type = record_type::group_created, .group = group}); }
    /// Whatever else was to be said of it is of no more use.
    void removed(group_id group) {
        std::erase_if(records_, [=](auto const& each) { return each.group == group; });
        records_.push_back({.type = record_type::group_removed, .group = group});
    }
    void replaced(group_id group, log_base const& at) {
        std::erase_if(records_, [=](auto const& each) {
            bool const stays = each.type == record_type::group_created || each.type == record_type::doubt;
            return each.group == group && !stays;
        });
        moved(record_type::log_replaced, group, at);
    }
    /// Where the group's log begins, or what of it is settled. An earlier one of the type is of no more use.
    void moved(record_type type, group_id group, log_base const& at) {
        std::erase_if(records_, [=](auto const& each) { return each.group == group && each.type == type; });
        records_.push_back(
            {.type = type, .group = group, .term = at.term, .index = at.index, .base_offset = at.next_offset});
    }

    /// Of a group, or of all groups and those to come, or (no_doubt) of none to come any more.
    void doubted(group_id group, doubt_token which) {
        records_.push_back({.type = record_type::doubt, .group = group, .index = {which.value}});
    }

private:
    std::deque<record_header> records_;
};

}  // namespace chronik::wal
