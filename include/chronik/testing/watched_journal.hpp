// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/testing/disk.hpp>
#include <chronik/testing/durable_logs.hpp>
#include <chronik/testing/model/specification.hpp>
#include <chronik/wal/journal.hpp>

#include <optional>
#include <span>
#include <utility>

namespace chronik::testing {

/// The journal as it runs in production, which tells the model what it is given, and `durable_logs` what it says is
/// durable.
class watched_journal : public wal::journal<disk_directory> {
    using own = wal::journal<disk_directory>;

public:
    watched_journal(own&& opened, durable_logs& disks, model::specification& allowed, node_id node)
        : own(std::move(opened)), disks_(&disks), allowed_(&allowed), node_(node) {}

    template <wal::term_and_vote State>
    result<void> stage(group_id group, std::optional<State> const& state, std::span<entry const> entries) {
        auto const staged = own::stage(group, state, entries);
        if (staged) allowed_->staged(node_, group, state, entries);
        return staged;
    }

    result<void> compact(group_id group, log_index first_kept) {
        auto const done = own::compact(group, first_kept);
        if (auto const* log = own::find(group); done && log != nullptr)
            allowed_->compacted(node_, group, log->base_index(), log->base_term());
        return done;
    }

    result<void> replace_log(group_id group, log_index index, log_term term, log_offset next_offset) {
        auto const done = own::replace_log(group, index, term, next_offset);
        if (done) allowed_->replaced(node_, group, index, term);
        return done;
    }

    void remove_group(group_id group) {
        own::remove_group(group);
        allowed_->removed(node_, group);
    }

    std::optional<own::flush_job> begin_flush() {
        auto job = own::begin_flush();
        if (job) disks_->flush_begun(node_);
        return job;
    }

    result<void> finish_flush(own::flush_job&& job) {
        auto const done = own::finish_flush(std::move(job));
        if (done) disks_->flush_done(node_);
        return done;
    }

private:
    durable_logs* disks_;
    model::specification* allowed_;
    node_id node_;
};

}  // namespace chronik::testing
