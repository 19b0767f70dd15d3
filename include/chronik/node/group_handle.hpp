// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/entry.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/base/time.hpp>
#include <chronik/node/outcome.hpp>
#include <chronik/node/proposal.hpp>

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

    /// Appends a command; told when it is committed and applied here, or why not.
    void propose(shared_bytes payload, time_point now, proposed done) {
        auto kept = std::make_shared<proposed>(std::move(done));
        auto const accepted =
            host_->propose(id_, std::move(payload), 0, acknowledge::committed, 0, now,
                           [kept](proposal_outcome<result_type> const& told) {
                               auto said = ended<result_type>(told);
                               if (told.result != nullptr) said.value = *told.result;
                               (*kept)(std::move(said));
                           });
        if (!accepted) (*kept)(refused<result_type>(accepted.error()));
    }

    /// A linearizable read: `query` sees everything that was committed before this call, and is run here once.
    ///
    /// query   machine_type const& -> a value, which the verdict has; nothing is asked when it is not committed
    /// It waits for an entry of its own, empty and unseen by the machine: as dear as a proposal.
    /// source   Ongaro's thesis section 6.4
    template <class Query, class Done>
    void read(Query query, time_point now, Done done) {
        using value_type = std::remove_cvref_t<std::invoke_result_t<Query&, machine_type const&>>;
        auto kept = std::make_shared<std::pair<Query, Done>>(std::move(query), std::move(done));
        auto const accepted = host_->propose(
            id_, {}, 0, acknowledge::committed, 0, now,
            [host = host_, id = id_, kept](proposal_outcome<result_type> const& told) {
                auto said = ended<value_type>(told);
                if (said.committed()) said.value = kept->first(std::as_const(host->find(id)->machine));
                kept->second(std::move(said));
            },
            entry_kind::no_op);
        if (!accepted) kept->second(refused<value_type>(accepted.error()));
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
    static verdict<Value> ended(proposal_outcome<result_type> const& told) {
        verdict<Value> said;
        said.outcome = outcome_of_end(told.error);
        said.error = told.error;
        said.index = told.index;
        return said;
    }

    template <class Value>
    verdict<Value> refused(std::error_code error) const {
        verdict<Value> said;
        said.outcome = outcome_of_refusal(error);
        said.error = error;
        auto const* const group = host_->find(id_);
        if (said.outcome == outcome::not_leader && group != nullptr && !group->is_leader())
            said.leader = group->core.leader();
        return said;
    }

    Host* host_;
    group_id id_;
};

}  // namespace chronik
