// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/overloaded.hpp>
#include <chronik/base/random.hpp>
#include <chronik/node/detail/asking.hpp>
#include <chronik/node/detail/proposing.hpp>
#include <chronik/node/detail/tracing.hpp>
#include <chronik/node/detail/watching.hpp>
#include <chronik/node/group.hpp>
#include <chronik/node/group_table.hpp>
#include <chronik/node/host_options.hpp>
#include <chronik/node/outbox.hpp>
#include <chronik/node/policies.hpp>
#include <chronik/node/snapshot_driver.hpp>
#include <chronik/node/storage_jobs.hpp>
#include <chronik/node/write_stages.hpp>
#include <chronik/node/write_staging.hpp>
#include <chronik/raft/core.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace chronik {

/// The composition was refused with a sentence; nothing more to say.
template <class Policies, bool = Policies::valid>
class host {
public:
    explicit host(auto&&...) {}
};

/// Many replicated logs over one storage, one transport and one clock: the place where the rooms meet.
///
/// Every input (a frame, the time, a finished sync) goes to the group it concerns; what the groups want made
/// durable is staged together, and one sync covers it. Nothing leaves before the sync it depends on: a group's
/// core releases such messages only for the `stored` token that the finished write turns into.
///
/// Give inputs in any number, then call finish_turn() once: it stages, syncs, sends and applies.
/// threads   one; completions of the executor come back on it
template <class Policies>
class host<Policies, true> : public detail::asking<host<Policies, true>>,
                             public detail::proposing<host<Policies, true>, typename Policies::machine_type>,
                             public detail::watching<host<Policies, true>>,
                             public detail::tracing<host<Policies, true>, typename Policies::observer_type> {
    friend detail::asking<host>;
    friend detail::proposing<host, typename Policies::machine_type>;
    friend detail::watching<host>;
    friend detail::tracing<host, typename Policies::observer_type>;

public:
    using machine_type = typename Policies::machine_type;
    using storage_type = typename Policies::storage_type;
    using group_type = group<storage_type, machine_type, tracing_observer<typename Policies::observer_type>>;
    using result_type = typename group_type::result_type;

    /// request_turn   called when finish_turn() has become due from a completion; a driver posts it to its loop
    host(node_id self, Policies policies, host_options options, std::uint64_t seed,
         std::move_only_function<void()> request_turn)
        : detail::watching<host>(options.raft.heartbeat_interval,
                                 raft::silence_max(options.raft.heartbeat_interval, options.raft.election_timeout_min)),
          self_(self),
          policies_(std::move(policies)),
          options_(options),
          options_of_groups_(options),
          chance_(seed),
          request_turn_(std::move(request_turn)),
          jobs_(policies_.template get<slot::storage>(), policies_.template get<slot::executor>(),
                options.prepare_retry_interval,
                {.flushed =
                     [this] {
                         // The turn knows what time it is; a completion does not.
                         writes_.finish_flush();
                         snapshots_.flushed();
                         request_turn_();
                     },
                 .prepared = [this] { request_turn_(); },
                 .failed = [this](std::error_code error) { fail(error); }}),
          staging_(policies_.template get<slot::storage>(), writes_, [this](std::error_code error) { fail(error); }),
          snapshots_(*this, policies_.template get<slot::snapshots>(), policies_.template get<slot::executor>(),
                     options.snapshots, metrics_) {
        effects_.will_release = true;
    }

    host(host const&) = delete;
    host& operator=(host const&) = delete;

    /// Opens a group from what the storage holds of it, or creates it empty.
    ///
    /// campaign   stand for election at once: for the preferred leader of a new group
    /// errors     errc::storage_failed; errc::corrupt_record: the log begins late and no snapshot says what was before,
    ///            or its entries have a term that the group has not reached
    result<void> open_group(group_id id, raft::configuration members, machine_type machine, bool campaign,
                            time_point now) {
        CHRONIK_ASSERT(find(id) == nullptr);
        if (failed_) return failure(errc::storage_failed);
        now_ = now;
        auto const* log = storage().find(id);
        if (log == nullptr) {
            if (!storage().can_create_group()) return failure(errc::busy);
            log = &storage().create_group(id);
        }
        // Whatever vouches for the bytes: no member has written this.
        auto const newest_term = log->term_at(log->last_index());
        if (!newest_term || *newest_term > log->hard_state().term) return failure(errc::corrupt_record);
        auto newest = snapshots_.begin(id, *log, machine);
        if (!newest) return std::unexpected(newest.error());
        auto const& limits = options_of_groups_.choose(snapshots_.takes(machine));
        if (*newest) members = (*newest)->info.members;
        group_type& added = groups_.add(std::make_unique<group_type>(id, self_, std::move(members), limits, *log,
                                                                     std::move(machine), chance_(), now));
        if (*newest) added.begin_behind(std::move(**newest));
        this->trace_open(added);
        if (campaign) {
            added.core.campaign(now, effects_);
            absorb(added);
        }
        groups_.schedule(added);
        return {};
    }

    /// Forgets a group and its log. Its waiting proposals end with errc::closed.
    void remove_group(group_id id) {
        auto const removed = groups_.take(id);
        if (!removed) return;
        this->trace_close(*removed);
        this->forget_rest(*removed);
        writes_.forget(id);
        staging_.forget(id);
        snapshots_.forget(id);
        removed->fail_all(errc::closed);
        policies_.template get<slot::storage>().remove_group(id);
    }

    group_type* find(group_id id) { return groups_.find(id); }
    group_type const* find(group_id id) const { return groups_.find(id); }
    auto const& groups() const { return groups_.all(); }
    host_metrics const& metrics() const { return metrics_; }
    duration_histogram const& flush_times() const { return jobs_.flush_times(); }
    auto& storage() { return policies_.template get<slot::storage>(); }
    bool failed() const { return failed_; }

    /// Takes a frame of Raft messages from a member. Malformed frames are counted and dropped.
    void on_frame(node_id from, shared_bytes body, time_point now) {
        now_ = now;
        auto const to_group = [&](group_id id, raft::message&& message) {
            ++metrics_.messages_received;
            group_type* const target = find(id);
            if (target == nullptr) {
                ++metrics_.messages_for_unknown_groups;
                return;
            }
            target->core.receive(from, std::move(message), now, effects_);
            effects_.recycle(std::move(message));
            absorb(*target);
        };
        auto const to_pair = [&](pair_message const& said) {
            ++metrics_.pair_messages_received;
            this->hear(from, said, now);
        };
        this->hear(from, now);
        if (!decode_raft_frame(body, overloaded{to_group, to_pair}, &effects_.spare)) ++metrics_.frames_malformed;
    }

    /// Lets every group whose deadline has come act on it.
    void on_time(time_point now) {
        now_ = now;
        groups_.visit_due(now, [&](group_type& due) {
            due.core.tick(now, effects_);
            absorb(due);
        });
        this->look_at_pairs(now);
    }

    /// When on_time() is next due.
    time_point wake_at() const { return std::min(groups_.wake_at(), this->pairs_wake_at()); }

    /// Sends what may be sent, starts the next sync, applies what is committed. Call after each round of inputs.
    void finish_turn(time_point now) {
        ++metrics_.turns;
        now_ = now;
        this->release_proposals();
        tell_durable();
        outbox_.send(policies_.template get<slot::transport>());
        apply_committed();
        this->release_proposals();
        this->tell_commits();
        if (!failed_) staging_.retry([this](group_id id) { return find(id); }, effects_);
        start_storage_jobs();
        outbox_.send(policies_.template get<slot::transport>());
    }

    /// True when nothing waits for storage: what was acknowledged is on disk and no write is under way.
    bool storage_idle() const { return jobs_.idle() && writes_.empty() && staging_.empty(); }

private:
    static constexpr bool has_snapshots = machine::snapshottable<machine_type> &&
                                          !std::is_same_v<typename Policies::snapshots_type, no_snapshots>;
    using snapshot_driver_type = typename detail::snapshot_driver_of<has_snapshots, host, Policies>::type;
    friend snapshot_driver_type;

    void request_turn() { request_turn_(); }
    node_id self() const { return self_; }
    time_point now() const { return now_; }
    auto& observer() { return policies_.template get<slot::observer>(); }
    outbox& outgoing() { return outbox_; }
    void count_roused() { ++metrics_.groups_roused; }
    template <class Input>
    void wake(group_type& one, Input&& input) {
        input(one.core, effects_);
        absorb(one);
    }
    template <class Input>
    void feed(group_type& to, Input&& input) {
        input(to.core, now_, effects_);
        absorb(to);
        request_turn_();
    }
    void compact(group_id id, log_index first_kept) {
        if constexpr (has_snapshots)
            if (auto const done = storage().compact(id, first_kept); !done) fail(done.error());
    }
    void told_taken(group_type& of, log_index at) { this->trace_snapshot_taken(of, at); }
    void told_applied(group_type& of) {
        observer().applied(of.id, of.applied);
        snapshots_.applied(of);
    }

    template <class Begin>
    result<void> ask(group_id id, time_point now, Begin&& begin) {
        if (failed_) return failure(errc::storage_failed);
        now_ = now;
        group_type* const asked = find(id);
        if (asked == nullptr) return failure(errc::unknown_group);
        auto const begun = begin(*asked, effects_);
        absorb(*asked);
        return begun;
    }

    /// Takes over what a group's core wants done. Leaves effects_ empty for the next input.
    void absorb(group_type& from) {
        if (effects_.persist) staging_.take(from, std::move(*effects_.persist), effects_);
        if (effects_.part) snapshots_.store(from.id, std::move(*effects_.part));
        for (auto& released : effects_.messages) {
            outbox_.add(from.id, released);
            effects_.recycle(std::move(released).body());
        }
        for (auto const& decided : effects_.reads)
            if (from.waiting) from.waiting->reads.decide(decided);
        this->trace_events(from, effects_.events);
        std::vector<raft::event> events;
        if (std::ranges::any_of(effects_.events, is_told)) events.swap(effects_.events);
        auto const wanted = std::exchange(effects_.wanted, {});
        if (effects_.to_release) groups_.mark_untold(from);
        effects_.clear();
        if (from.core.commit_index() > from.applied || from.somebody_waits()) groups_.mark_ready(from);
        groups_.schedule(from);
        this->note_rest(from, now_);
        // Last, because who is told may propose, and that uses effects_ again.
        for (auto const& event : events) {
            if (auto const* const done = std::get_if<raft::snapshot_installed>(&event))
                snapshots_.installed(from.id, done->index);
            if (!is_change_of_role(event)) continue;
            // A leader that was deposed cannot promise anything about entries it has not seen committed.
            if (!from.is_leader()) from.fail_above(from.core.commit_index(), errc::unknown_outcome);
            from.tell_change(event);
            observer().event(from.id, event);
        }
        from.tell_transfer();
        this->tell_wanted(from, observer(), wanted);
    }

    void start_storage_jobs() {
        if (failed_) return;
        jobs_.start_flush(now_, [this] {
            writes_.begin_flush();
            snapshots_.flush_begun();
        });
        jobs_.start_prepare(now_);
    }

    /// A core that hears of its write may lead, commit and send; who is told may propose.
    void tell_durable() {
        if (failed_) return;
        writes_.tell_durable([this](group_id id, raft::write&& done) {
            group_type* const owner = find(id);
            if (owner == nullptr || failed_) return;
            owner->core.persisted(std::move(done).completed(), now_, effects_);
            absorb(*owner);
        });
    }

    void apply_committed() {
        groups_.visit_ready([this](group_type& target) {
            this->trace_commit(target);
            if (!target.is_leader()) target.fail_above(target.core.commit_index(), errc::unknown_outcome);
            auto const applied = target.apply(options_.apply_entries_max);
            if (!applied) {
                fail(applied.error());
                return false;
            }
            metrics_.entries_applied += *applied;
            if (*applied != 0) told_applied(target);
            if (target.applied < target.core.commit_index()) {
                groups_.mark_ready(target);
                request_turn_();
            }
            return true;
        });
    }

    void fail(std::error_code error) {
        if (failed_) return;
        failed_ = true;
        for (auto& [id, open] : groups_.all()) open->fail_all(errc::storage_failed);
        observer().failed(error);
    }

    node_id self_;
    Policies policies_;
    host_options options_;
    options_of_groups options_of_groups_;
    random chance_;
    std::move_only_function<void()> request_turn_;
    storage_jobs<storage_type, typename Policies::executor_type> jobs_;

    group_table<group_type> groups_;
    outbox outbox_;
    raft::effects effects_;
    write_stages writes_;
    write_staging<storage_type> staging_;
    snapshot_driver_type snapshots_;
    time_point now_{};
    bool failed_ = false;
    host_metrics metrics_;
};

template <class Policies>
host(node_id, Policies, host_options, std::uint64_t, std::move_only_function<void()>) -> host<Policies>;

}  // namespace chronik
