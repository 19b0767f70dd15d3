// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/rare.hpp>
#include <chronik/raft/detail/changing.hpp>
#include <chronik/raft/detail/elections.hpp>
#include <chronik/raft/detail/leading.hpp>
#include <chronik/raft/detail/member.hpp>
#include <chronik/raft/detail/obeying.hpp>
#include <chronik/raft/detail/promoting.hpp>
#include <chronik/raft/detail/reading.hpp>
#include <chronik/raft/detail/snapshots.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace chronik::raft {

/// One member of one group: a function from (state, input) to (state, effects). No I/O, no clock, no chance of its own.
///
/// Each call takes the time and an empty `effects`; docs/concepts/raft_core.md says what a driver does with them.
/// Bytes from outside never stop the process; a driver that breaks the contract does.
/// Here is what can be asked and told; how each role answers stands in detail/, a file for each.
/// source   Ongaro, Ousterhout: "In Search of an Understandable Consensus Algorithm (Extended Version)";
///          Ongaro: "Consensus: Bridging Theory and Practice" (the thesis)
template <log_view Store>
class core {
public:
    /// base_members   the members that the newest snapshot names, or without one those that the group began with. Newer
    ///                ones are read from the log. Blank: waits for a leader.
    /// settings       outlive the core: all groups of a node share them
    /// store          outlives the core
    /// seed           not the one of an earlier life: read tickets must not repeat
    core(node_id self, configuration base_members, options const& settings, hard_state restored, Store const& store,
         std::uint64_t seed, time_point now)
        : my_(self, std::move(base_members), settings, restored, store, seed, now) {
        check(settings);
        CHRONIK_ASSERT(self != no_node);
        CHRONIK_ASSERT(my_.members().is_blank() || is_valid(my_.members()));
        CHRONIK_ASSERT(restored.term >= my_.log.last_term());
        // Who decides alone has nobody to wait for.
        if (!my_.alone()) my_.clock.restart(settings, now);
    }
    core(node_id, configuration, options const&&, hard_state, Store const&, std::uint64_t, time_point) = delete;

    // ---- what it is ----

    role current_role() const { return my_.role; }
    log_term term() const { return my_.term(); }
    /// For whom in this term; no_node: nobody yet.
    node_id vote() const { return my_.mail.state().vote; }
    node_id self() const { return my_.self; }
    node_id leader() const { return my_.leader; }
    /// In force, committed or not.
    configuration const& members() const { return my_.members(); }
    /// True when no change of the members is under way, as far as this member knows.
    bool members_settled() const { return my_.is_settled(); }
    /// The entry that carries the one in force; the log's base if none does.
    log_index members_index() const { return my_.membership.index(); }
    /// The configuration that a snapshot at `at` carries.
    ///
    /// errors   errc::compacted: before the log's base
    result<configuration> members_at(log_index at) const { return my_.membership.at(at); }
    /// The members in force are kept once with those of other groups that have the same.
    void share_members(shared_configurations& known) { my_.membership.share(known); }
    shared_configuration shared_members() const { return my_.membership.shared(); }
    ignored_messages ignored() const { return my_.ignored ? *my_.ignored : ignored_messages{}; }

    log_index commit_index() const { return my_.log.commit_index(); }
    log_index last_index() const { return my_.log.last_index(); }
    log_index base_index() const { return my_.log.base_index(); }
    /// Own entries up to here survive a crash.
    log_index durable_index() const { return my_.log.stable_index(); }
    /// The offset that the next proposed record gets.
    log_offset next_offset() const { return my_.log.next_offset(); }
    result<log_term> term_at(log_index at) const { return my_.log.term_at(at); }
    result<entry> entry_at(log_index at) const { return my_.log.entry_at(at); }
    result<void> read_entry(log_index at, entry& into) const { return my_.log.read_entry(at, into); }
    /// Entries in [first, last] without copies of what is in memory; see log::for_each_entry.
    template <class Visit>
    result<void> for_each_entry(log_index first, log_index last, Visit&& visit) const {
        return my_.log.for_each_entry(first, last, std::forward<Visit>(visit));
    }

    /// True for a leader that knows every committed entry to be committed.
    bool can_serve() const { return my_.leads() && commit_index() >= my_.lead->first_own; }
    bool transferring() const { return my_.leads() && my_.lead->transfer.active(); }
    /// Proposed by this leader and not committed, as options::uncommitted_bytes_max counts; 0 if it does not lead.
    std::size_t uncommitted_bytes() const { return my_.leads() ? my_.lead->pending.bytes() : 0; }

    /// When tick() has something to do; `never` for who may not lead and for an only member that leads.
    time_point wake_at() const {
        if (my_.leads()) {
            auto const catch_up = my_.lead->catch_up_wake_at();
            auto const commits = my_.lead->lease.deferred_until();
            return std::min({my_.lead->next_heartbeat, my_.lead->transfer.deadline(), catch_up, commits});
        }
        if (!my_.may_stand() || my_.following.resting) return my_.forwarded.deadline();
        return std::min({my_.clock.deadline(), my_.clock.retry(), my_.forwarded.deadline()});
    }

    /// As long as this does not change, no heartbeat of the group goes to the other members, or is waited for.
    raft::resting resting() const {
        bool const rests = my_.leads() ? my_.lead->rest.active() : my_.following.resting;
        return rests ? raft::resting{my_.term(), my_.leader} : raft::resting{};
    }

    /// The others in the eyes of this leader, sorted by node; empty if it does not lead.
    std::vector<peer_status> peers(time_point now) const {
        if (!my_.leads()) return {};
        return status_of(*my_.lead, my_.members(), my_.settings.election_timeout_max, now);
    }

    // ---- what it is told ----

    /// Time has passed. Early and repeated calls do no harm.
    void tick(time_point now, effects& out) {
        my_.latest = now;
        my_.forwarded.fail_until(now, out);
        if (my_.leads()) {
            detail::tick_leader(my_, now, out);
        } else if (my_.may_stand() && !my_.following.resting) {
            if (my_.clock.expired(now)) detail::ask_for_pre_votes(my_, now, out);
            if (my_.clock.must_retry(now)) detail::ask_again(my_, now, out);
        }
        my_.mail.flush(my_.log, out);
    }

    /// A message has arrived; it may be old, repeated, or from an enemy.
    void receive(node_id from, message&& received, time_point now, effects& out) {
        my_.latest = now;
        log_term const term = term_of(received);
        if (my_.is_not_heard(from, received, now)) {
            ++my_.ignored.ensure().strangers;
        } else if (term == log_term{} || term > log_term_max) {
            ++my_.ignored.ensure().malformed;
        } else {
            std::visit([&](auto&& body) { detail::on(my_, from, std::move(body), now, out); }, std::move(received));
        }
        my_.mail.flush(my_.log, out);
    }

    /// Something outside of Raft says that a node is gone, such as its connection being reset. Who follows it does
    /// not wait for the election timeout, and helps others not to. It may be wrong: then the next heartbeat, or the
    /// refusals of those who hear the leader, end it.
    void suspect(node_id lost, time_point now) {
        my_.latest = now;
        if (my_.role != role::follower || my_.leader != lost || lost == no_node) return;
        my_.stop_resting(now);
        my_.clock.suspect(my_.settings, now);
    }

    /// Who watches over this node and that one has not heard from it since then: if they rest together, the leader
    /// sends heartbeats again, and the follower waits for them.
    void rouse(node_id silent, time_point heard, time_point now, effects& out) {
        my_.latest = now;
        if (my_.leads() && my_.lead->rest.active() && my_.lead->find(silent) != nullptr) {
            detail::wire(my_, out).heartbeats(now);
            my_.lead->find(silent)->last_contact = heard;
        } else if (my_.role == role::follower && my_.leader == silent) {
            my_.stop_resting(heard);
        }
        my_.mail.flush(my_.log, out);
    }

    /// The sync that covers a write has returned.
    void persisted(stored done, time_point now, effects& out) {
        my_.latest = now;
        my_.mail.completed(done, out);
        my_.log.completed(done, &out.spare);
        detail::count_own_vote_if_durable(my_, now, out);
        if (my_.leads()) detail::replicate_to_witnesses(my_, out);
        if (my_.leads()) detail::advance_commit(my_, now, out);
        detail::finish_install_if_durable(my_, out);
        detail::finish_doubt_if_durable(my_, now, out);
        detail::acknowledge_what_is_durable(my_, out);
        my_.mail.flush(my_.log, out);
    }

    /// Entries that effects::wanted told, and those behind them up to `last`, can be read without waiting: peers that
    /// need one of them get what their windows allow. It is believed for election_timeout_min. Repeated, late or wrong,
    /// it costs no more than a wait.
    void at_hand(log_index first, log_index last, time_point now, effects& out) {
        my_.latest = now;
        if (my_.leads()) detail::send_what_is_at_hand(my_, first, last, out);
        my_.mail.flush(my_.log, out);
    }

    /// Entries up to there were committed before this life of the member, which has them on its disk: a store that
    /// remembers it saves finding it out again. Before anything else is given to the core.
    void know_committed(log_index at) {
        CHRONIK_ASSERT(at <= durable_index());
        my_.log.commit_to(at);
    }

    /// This member neither votes nor stands for election while its log ends before that entry. For one that has been a
    /// member before, has left, and comes back without its log: it could give votes that it would have refused when it
    /// had it, to somebody who does not know yet that it left. `first` is the entry of a committed configuration
    /// without it, or a later one. Before anything else is given to the core.
    ///
    /// It has to come back as a learner, with promotion::when_caught_up: what it said when it had its log may arrive
    /// late, and be counted until it says otherwise.
    ///
    /// term   one that the group has reached since it left: no older leader is followed
    void abstain_before(log_index first, log_term term) {
        my_.votes_from = first;
        if (term > my_.term()) my_.enter_term({term, no_node});
    }

    /// The member's storage was damaged, so that it may have forgotten entries, its term, and votes: it takes no part
    /// in elections and counts for nothing until a leader has found it sound, and write::sound is durable. For every
    /// start until then. Before anything else is given to the core.
    void begin_in_doubt(doubt_token which) {
        CHRONIK_ASSERT(which != no_doubt);
        my_.doubt = which;
    }
    doubt_token doubt() const { return my_.doubt; }

    // ---- snapshots ----

    /// What this member can send when it leads: from the start, or taken since. It is durable, and so is every entry
    /// that it contains; entries up to it may be compacted from now on.
    void use_snapshot(snapshot newest) {
        CHRONIK_ASSERT(newest.info.last_index >= base_index());
        CHRONIK_ASSERT(newest.info.last_index <= durable_index());
        my_.log.commit_to(newest.info.last_index);
        my_.own_snapshot = std::move(newest);
    }
    rare<snapshot> const& newest_snapshot() const { return my_.own_snapshot; }

    /// effects::part is written down. After the last part the driver looks at the whole: then install() or
    /// part_failed().
    void part_stored(time_point now, effects& out) {
        my_.latest = now;
        detail::part_stored(my_, out);
        my_.mail.flush(my_.log, out);
    }
    /// It could not be written, or the whole is damaged, or (`understood` false) the machine cannot read it.
    void part_failed(bool understood, time_point now, effects& out) {
        my_.latest = now;
        detail::part_failed(my_, understood, out);
        my_.mail.flush(my_.log, out);
    }
    /// False if the log has caught up meanwhile, or this member leads: then part_failed() ends it.
    bool can_install(snapshot_info const& info) const { return detail::can_install(my_, info); }
    /// The whole snapshot is durable: it takes the place of the log. The machine has been restored from it.
    void install(snapshot whole, time_point now, effects& out) {
        my_.latest = now;
        detail::install(my_, std::move(whole), now, out);
        my_.mail.flush(my_.log, out);
    }

    // ---- what it is asked to do ----

    /// Appends to the log of this leader and sends it on. Committed when commit_index() reaches the index with
    /// the term unchanged.
    ///
    /// errors   errc::not_leader, ask leader(); errc::busy at options::uncommitted_bytes_max or while leadership is
    ///          transferred; errc::too_large if the offsets are used up
    result<accepted> propose(entry_kind kind, shared_bytes payload, std::uint32_t record_count, time_point now,
                             effects& out) {
        auto const place = append(kind, std::move(payload), record_count, now);
        if (place) release(out);
        return place;
    }

    /// The first half of propose(): the entry has its place in the log, and goes nowhere before release(). Called for
    /// many payloads, with one release() after them, they share a write and a message to each peer.
    ///
    /// errors   as propose()
    result<accepted> append(entry_kind kind, shared_bytes&& payload, std::uint32_t record_count, time_point now) {
        my_.latest = now;
        return detail::propose(my_, kind, std::move(payload), record_count);
    }
    /// Sends and writes what was appended, and tells the commit index to whom nothing has told it yet: see
    /// effects::will_release. Nothing is left to do when another call has done so meanwhile.
    void release(effects& out) {
        if (my_.leads()) detail::wire(my_, out).spread_commit();
        my_.mail.flush(my_.log, out);
        if (my_.leads() && my_.lead->room && my_.lead->room->capacity() == 0) *my_.lead->room = out.spare.take();
    }

    /// Asks which entries a read has to see that begins now. The outcome is in effects::reads of this call or a later
    /// one: an index, or nothing when the leader was lost. May be asked of the leader, and of who follows one.
    ///
    /// errors   errc::not_leader: none is known, or this member is a witness or does not know yet that it is none;
    ///          errc::busy at options::reads_pending_max
    /// source   thesis section 6.4
    result<read_ticket> read(time_point now, effects& out) {
        my_.latest = now;
        auto const begun = detail::read(my_, now, out);
        my_.mail.flush(my_.log, out);
        return begun;
    }

    /// Hands leadership to another voter once it has the whole log; proposals are busy meanwhile.
    ///
    /// Gives up after options::election_timeout_max and goes on leading. Success shows as became_follower.
    /// errors   errc::not_leader; errc::busy if a transfer is under way, or the target in doubt; errc::out_of_range if
    ///          it is no other voter that may lead
    result<void> transfer(node_id target, time_point now, effects& out) {
        my_.latest = now;
        return detail::transfer_to(my_, target, now, out);
    }

    /// Changes who takes part. In force from the moment it is in the log; done when members_settled is told.
    ///
    /// Who shall vote and lacks the log learns it first (options::new_voters): the first entry is then a configuration
    /// with the same voters in which the newcomers are promoting learners. Another change may be asked for meanwhile,
    /// and takes the place of this one. Any leader makes voters of promoting learners that have caught up; who leaves
    /// in the same change does only with the leader that was asked.
    /// More than one voter that comes or goes takes two entries: a joint configuration in which the old and the new
    /// voters both have to agree, and when that is committed the new one. Whoever leads then goes on with it.
    /// A leader that is no voter any more hands over when the change is committed.
    /// target    without outgoing
    /// returns   where the first entry is
    /// errors    errc::not_leader; errc::busy while another change or a transfer is under way, and until an entry of
    ///           this leader's own term is committed; errc::out_of_range if it is no configuration, or turns a witness
    ///           into a voter or a voter into a witness
    result<accepted> change_members(configuration target, time_point now, effects& out) {
        my_.latest = now;
        auto const place = detail::change_members(my_, std::move(target), now, out);
        my_.mail.flush(my_.log, out);
        return place;
    }

    /// Stands for election now: for the member that should lead a new group first. Does nothing on a leader or learner.
    void campaign(time_point now, effects& out) {
        my_.latest = now;
        if (my_.leads() || !my_.may_stand()) return;
        // In term 0 nobody can lead yet, so there is nobody to disturb and nothing to ask.
        bool const first = term() == log_term{};
        if (first) detail::stand_for_election(my_, false, now, out); else detail::ask_for_pre_votes(my_, now, out);
        my_.mail.flush(my_.log, out);
    }

private:
    detail::member<Store> my_;
};

}  // namespace chronik::raft
