// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/base/time.hpp>
#include <chronik/node/group_status.hpp>
#include <chronik/node/outcome.hpp>
#include <chronik/node/proposal.hpp>
#include <chronik/raft/configuration.hpp>

#include <functional>
#include <memory>
#include <system_error>
#include <type_traits>
#include <utility>

namespace chronik {

/// One group of a host, as its user meets it: ask, and be told once what became of it.
///
///     group_handle orders{host, group_id{7}};
///     orders.propose(payload, now, [](auto const& verdict) { if (verdict.committed()) use(*verdict.value); });
///
/// A callback is called exactly once, on the host's thread: from within the call if the request is refused, otherwise
/// in a later turn. If the host is destroyed first, it is destroyed uncalled.
/// threads   the host's. Coroutines and other Asio completions: net/awaitable_group.hpp
template <class Host>
class group_handle {
public:
    using result_type = typename Host::result_type;
    using machine_type = typename Host::machine_type;
    using proposed = std::move_only_function<void(verdict<result_type>)>;

    group_handle(Host& host, group_id id) : host_(&host), id_(id) {}

    group_id id() const { return id_; }

    /// What this node can say of the group now; nothing is asked of anybody.
    ///
    /// errors   errc::unknown_group: it is not open here
    result<group_status> status(time_point now) const {
        auto const* const group = std::as_const(*host_).find(id_);
        if (group == nullptr) return failure(errc::unknown_group);
        return status_of(*group, now);
    }

    /// Appends a command; told when it is committed and applied here, or why not.
    void propose(shared_bytes payload, time_point now, proposed done) {
        auto kept = std::make_shared<proposed>(std::move(done));
        auto const accepted =
            host_->propose(id_, std::move(payload), 0, acknowledge::committed, 0, now,
                           [self = *this, kept](proposal_outcome<result_type> const& told) {
                               auto said = self.template ended<result_type>(told.error);
                               said.index = told.index;
                               if (told.result != nullptr) said.value = *told.result;
                               (*kept)(std::move(said));
                           });
        if (!accepted) (*kept)(refused<result_type>(accepted.error()));
    }

    /// A linearizable read: `query` sees everything that was committed before this call, and is run here once. Any
    /// member may be asked; nothing is written.
    ///
    /// query   machine_type const& -> a value, which the verdict has; it is not run unless that says committed.
    ///         not_leader: no leader is known, or it was lost before it had answered
    /// source   Ongaro's thesis section 6.4
    template <class Query, class Done>
    void read(Query query, time_point now, Done done) {
        using value_type = std::remove_cvref_t<std::invoke_result_t<Query&, machine_type const&>>;
        auto kept = std::make_shared<std::pair<Query, Done>>(std::move(query), std::move(done));
        auto const begun = host_->read(id_, now, [self = *this, kept](std::error_code error) {
            auto said = self.template ended<value_type>(error);
            if (said.committed()) {
                auto const& group = std::as_const(*self.host_->find(self.id_));
                said.index = group.applied;
                said.value = kept->first(group.machine);
            }
            kept->second(std::move(said));
        });
        if (!begun) kept->second(refused<value_type>(begun.error()));
    }

    /// Changes who takes part; told when `target` is committed. See raft::core::change_members.
    ///
    /// done   told verdict<raft::configuration>, whose value is the members. unknown: leadership was lost on the way,
    ///        and whoever leads next may go on with the change
    template <class Done>
    void change_members(raft::configuration target, time_point now, Done done) {
        auto kept = std::make_shared<Done>(std::move(done));
        auto const begun = host_->change_members(id_, std::move(target), now, [self = *this, kept](auto error) {
            auto said = self.template ended<raft::configuration>(error);
            if (said.committed()) {
                auto const& core = self.host_->find(self.id_)->core;
                said.index = core.commit_index();
                said.value = core.members();
            }
            (*kept)(std::move(said));
        });
        if (!begun) (*kept)(refused<raft::configuration>(begun.error()));
    }

    /// Hands leadership over; told when this node leads no more.
    ///
    /// errors   errc::not_leader, unknown_group; busy: one is under way; out_of_range: no other voter;
    ///          unreachable: it gave up, and this node goes on leading
    void transfer(node_id target, time_point now, transfer_done done) {
        auto kept = std::make_shared<transfer_done>(std::move(done));
        auto const begun = host_->transfer(id_, target, now, [kept](std::error_code error) { (*kept)(error); });
        if (!begun) (*kept)(begun.error());
    }

private:
    template <class Value>
    verdict<Value> ended(std::error_code error) const {
        return verdict_of<Value>(outcome_of_end(error), error);
    }
    template <class Value>
    verdict<Value> refused(std::error_code error) const {
        return verdict_of<Value>(outcome_of_refusal(error), error);
    }
    template <class Value>
    verdict<Value> verdict_of(outcome what, std::error_code error) const {
        verdict<Value> said;
        said.outcome = what;
        said.error = error;
        auto const* const group = host_->find(id_);
        if (what == outcome::not_leader && group != nullptr && !group->is_leader()) said.leader = group->core.leader();
        return said;
    }

    Host* host_;
    group_id id_;
};

}  // namespace chronik
