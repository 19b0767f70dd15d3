// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/entry.hpp>
#include <chronik/machine/snapshot.hpp>
#include <chronik/node/concepts.hpp>
#include <chronik/node/host_options.hpp>
#include <chronik/raft/configuration_format.hpp>
#include <chronik/raft/hard_state.hpp>
#include <chronik/raft/snapshot.hpp>
#include <chronik/raft/snapshot_receiver.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

namespace chronik {

/// What a host's groups do about snapshots when there is nowhere to keep them, or no machine that gives any.
struct no_snapshot_driver {
    explicit no_snapshot_driver(auto&&...) {}
    static constexpr bool takes(auto const&) { return false; }
    result<std::optional<raft::snapshot>> begin(group_id, auto const&, auto&) { return std::nullopt; }
    void applied(auto&) {}
    void store(group_id, raft::snapshot_part&&) {}
    void installed(group_id, log_index) {}
    void forget(group_id) {}
    void flush_begun() {}
    void flushed() {}
};

/// Takes, keeps, gathers and installs the snapshots of a host's groups; a part of chronik::host.
///
/// What blocks runs in the executor's background lane, a moment at a time, so that new segments are not held up.
/// Host      find(), feed(group, input), told_applied(group), told_taken(group, index), compact(), request_turn()
template <class Host, snapshot_store Store, executor Executor>
class snapshot_driver {
public:
    using job_type = typename Store::job_type;

    snapshot_driver(Host& host, Store& store, Executor& lanes, snapshot_options const& when, host_metrics& counted)
        : host_(host), store_(store), lanes_(lanes), when_(when), counted_(counted) {}
    ~snapshot_driver() { *alive_ = false; }
    snapshot_driver(snapshot_driver const&) = delete;
    snapshot_driver& operator=(snapshot_driver const&) = delete;

    template <class Machine>
    static bool takes(Machine const& machine) { return machine::takes_snapshots(machine); }

    /// Restores a machine from the newest snapshot; nothing if its log has its beginning still.
    ///
    /// errors   errc::corrupt_record: the log begins later, and nothing says what was before; the machine's; the
    ///          storage's, where the log has lost what the snapshot has, and is to go on behind it
    template <class Log, class Machine>
    result<std::optional<raft::snapshot>> begin(group_id id, Log const& log, Machine& machine) {
        if (!takes(machine)) return std::nullopt;
        // Of a group of this number that was here before, and a crash came before they went.
        if (log.last_index() == log_index{} && !leaving_.contains(id)) discard(id, raft::log_index_max);
        auto const found = store_.find(id, log);
        bool const lacks_its_beginning = log.base_index() != log_index{} && !machine::begins_anywhere(machine);
        if (!found && lacks_its_beginning) return failure(errc::corrupt_record);
        if (!found) return std::nullopt;
        auto const newest = in_words_of_raft(*found);
        if (!newest) return std::unexpected(newest.error());
        bool const stated = raft::has_state(newest->info);
        if (auto const restored = stated ? machine.restore(newest->content) : result<void>{}; !restored)
            return std::unexpected(restored.error());
        if (auto const done = go_on_behind(id, log, newest->info); !done) return std::unexpected(done.error());
        state_of(id).taken = newest->info.last_index;
        return std::optional{*newest};
    }

    /// Takes a snapshot if enough was applied since the last one.
    template <class Group>
    void applied(Group& of) {
        if (!takes(of.machine) || machine::keeps_its_log(of.machine)) return;
        if (leaving_.contains(of.id)) return;
        group_state& state = state_of(of.id);
        bool const many = when_.after_entries != 0 && of.applied - state.taken >= when_.after_entries;
        bool const large = when_.after_bytes != 0 && of.applied_bytes - state.bytes >= when_.after_bytes;
        // What is not durable here yet, a crash may take from under the snapshot.
        if (state.saving || !(many || large) || of.applied > of.core.durable_index()) return;
        auto const term = of.core.term_at(of.applied);
        auto const members = of.core.members_at(of.applied);
        if (!term || !members) return;
        // A newcomer does not know who the members were before it heard of any: no snapshot can be made of then.
        if (!members->contains(of.core.self())) return;

        state.taken_at(of);
        state.saving = true;
        auto job = std::make_shared<job_type>(store_.begin_save(
            of.id, of.applied, *term, of.applied_offset, raft::encode(*members),
            members->is_witness(of.core.self()) ? state_source{[] { return shared_bytes{}; }}
                                                : what_is_in(of.machine)));
        ++state.jobs;
        run(std::move(job), [this, id = of.id, life = state.life](auto&& done) { this->saved(id, life, done); });
    }

    /// A piece of what the leader sends.
    void store(group_id id, raft::snapshot_part&& part) {
        if (auto const before = leaving_.find(id); before != leaving_.end()) {
            before->second.held = std::move(part);
            return;
        }
        raft::snapshot_info const& info = part.info;
        auto job = std::make_shared<job_type>(
            store_.begin_gather(id, info.last_index, info.last_term, info.next_offset, raft::encode(info.members),
                                info.bytes, info.crc, part.offset, std::move(part.data)));
        group_state& state = state_of(id);
        ++state.jobs;
        run(std::move(job), [this, id, life = state.life](auto&& done) { this->gathered(id, life, done); });
    }

    /// The group's log begins behind a snapshot of the leader's, durably.
    void installed(group_id id, log_index at) {
        state_of(id).installing = false;
        discard(id, at);
    }

    /// The files of a group that is gone go too, once its removal is durable and none of its jobs is under way. Until
    /// then nothing is written for one that takes its number: their files may have the same names.
    void forget(group_id id) {
        leaving& gone = leaving_[id];
        ++gone.removals;
        gone.held.reset();
        gone.jobs += state_of(id).jobs;
        states_.erase(id);
        removed_.push_back(id);
    }
    void flush_begun() {
        removing_.insert(removing_.end(), removed_.begin(), removed_.end());
        removed_.clear();
    }
    void flushed() {
        for (group_id const id : std::exchange(removing_, {})) {
            --leaving_.at(id).removals;
            finish_leaving(id);
        }
    }

private:
    struct group_state {
        std::uint64_t life = 0;   ///< tells a group from one of its id before it
        log_index taken{};        ///< the newest snapshot, or the newest attempt
        std::uint64_t bytes = 0;  ///< applied until then
        std::size_t jobs = 0;     ///< that write, and are under way
        bool saving = false;
        bool installing = false;  ///< a leader's, and a crash would find the log as it was before

        template <class Group>
        void taken_at(Group const& of) {
            taken = of.applied;
            bytes = of.applied_bytes;
        }
    };
    /// What is left of groups that were removed.
    struct leaving {
        std::size_t removals = 0;                 ///< of groups with this number, and not durable
        std::size_t jobs = 0;                     ///< as of those groups
        std::optional<raft::snapshot_part> held;  ///< of the group that has the number now
    };

    group_state& state_of(group_id id) {
        auto const [place, is_new] = states_.try_emplace(id);
        if (is_new) place->second.life = ++lives_;
        return place->second;
    }
    /// A job has ended. Returns the group that it was begun for, if that is still there.
    auto* end_job(group_id id, std::uint64_t life) {
        auto const found = states_.find(id);
        bool const there = found != states_.end() && found->second.life == life;
        --(there ? found->second.jobs : leaving_.at(id).jobs);
        if (!there) finish_leaving(id);
        return there ? host_.find(id) : nullptr;
    }
    void finish_leaving(group_id id) {
        auto const found = leaving_.find(id);
        if (found->second.removals != 0 || found->second.jobs != 0) return;
        auto held = std::move(found->second.held);
        leaving_.erase(found);
        discard(id, raft::log_index_max);
        if (held) store(id, std::move(*held));
    }

    /// A storage that did not sync has lost entries that the snapshot contains: what it has left gives way.
    template <class Log>
    result<void> go_on_behind(group_id id, Log const& log, raft::snapshot_info const& at) {
        auto const term = log.term_at(at.last_index);
        if (term && *term == at.last_term) return {};
        // The term first: no log has entries of a term that its member has not reached.
        if (log.hard_state().term < at.last_term) {
            std::optional const reached = raft::hard_state{at.last_term, no_node};
            if (auto done = host_.storage().stage(id, reached, std::span<entry const>{}); !done) return done;
        }
        return host_.storage().replace_log(id, at.last_index, at.last_term, at.next_offset);
    }

    template <class Done>
    void run(std::shared_ptr<job_type> job, Done done) {
        auto finished = [this, job, done = std::move(done), alive = alive_]() mutable {
            if (!*alive) return;
            if (!job->finished()) return run(job, std::move(done));
            done(store_.finish(*job));
        };
        lanes_.run_in_background([job] { job->run(); }, std::move(finished));
    }

    template <class Machine>
    static state_source what_is_in(Machine const& machine) {
        auto view = std::make_shared<decltype(machine.snapshot())>(machine.snapshot());
        return [view] { return view->next_chunk(); };
    }

    template <class Stored>
    static result<raft::snapshot> in_words_of_raft(Stored const& stored) {
        auto members = raft::decode_configuration(stored.about.view());
        if (!members) return std::unexpected(members.error());
        return raft::snapshot{{.last_index = stored.base.index,
                               .last_term = stored.base.term,
                               .next_offset = stored.base.next_offset,
                               .members = std::move(*members),
                               .bytes = stored.content.size(),
                               .crc = stored.crc},
                              stored.content};
    }

    template <class Outcome>
    void saved(group_id id, std::uint64_t life, Outcome const& done) {
        auto* const of = end_job(id, life);
        if (of == nullptr) return;
        state_of(id).saving = false;
        auto newest = done && *done ? in_words_of_raft(**done) : failure(errc::storage_failed);
        if (!newest) return static_cast<void>(++counted_.snapshots_failed);
        log_index const at = newest->info.last_index;
        // A machine that has written nothing down has kept no law: what it knows is in the log alone.
        if (!raft::has_state(newest->info) && !newest->info.members.is_witness(of->core.self())) {
            ++counted_.snapshots_failed;
            return discard(id, at + 1);
        }
        // A leader's snapshot may have come meanwhile, and gone further. While a crash would find the log as it was, an
        // older one is needed; installed() is still to come.
        if (of->core.base_index() > at) {
            if (!state_of(id).installing) discard(id, of->core.base_index());
            return;
        }
        ++counted_.snapshots_taken;
        of->core.use_snapshot(std::move(*newest));
        host_.told_taken(*of, at);
        if (at.value > when_.keep_entries) host_.compact(id, log_index{at.value - when_.keep_entries + 1});
        discard(id, at);
        host_.request_turn();
    }

    template <class Outcome>
    void gathered(group_id id, std::uint64_t life, Outcome const& done) {
        auto* const of = end_job(id, life);
        if (of == nullptr) return;
        auto const fail = [&](bool understood) {
            ++counted_.snapshots_failed;
            host_.feed(*of, [&](auto& core, time_point now, auto& out) { core.part_failed(understood, now, out); });
        };
        if (!done) return fail(true);
        host_.feed(*of, [](auto& core, time_point now, auto& out) { core.part_stored(now, out); });
        if (!*done) return;

        auto whole = in_words_of_raft(**done);
        if (!whole || !of->core.can_install(whole->info)) return fail(whole.has_value());
        // A machine that cannot read it goes on as it was, with the log that it has. Without the state it is for a
        // witness, and a newcomer that gets it so will be one.
        auto const& members = of->core.members();
        bool const needs_state = members.contains(of->core.self()) && !members.is_witness(of->core.self());
        bool const stated = raft::has_state(whole->info);
        if (stated ? !of->machine.restore(whole->content) : needs_state) return fail(false);
        of->applied = whole->info.last_index;
        of->applied_offset = whole->info.next_offset;
        state_of(id).taken_at(*of);
        state_of(id).installing = true;
        ++counted_.snapshots_installed;
        host_.feed(*of, [&](auto& core, time_point now, auto& out) { core.install(std::move(*whole), now, out); });
        host_.told_applied(*of);
    }

    void discard(group_id id, log_index kept) {
        auto job = store_.begin_discard(id, kept);
        if (!job) return;
        // What stays behind is removed with the next one.
        run(std::make_shared<job_type>(std::move(*job)), [](auto&&) {});
    }

    Host& host_;
    Store& store_;
    Executor& lanes_;
    snapshot_options when_;
    host_metrics& counted_;
    std::unordered_map<group_id, group_state> states_;
    std::unordered_map<group_id, leaving> leaving_;
    std::uint64_t lives_ = 0;
    std::vector<group_id> removed_;   ///< by records that no flush has taken
    std::vector<group_id> removing_;  ///< by the flush under way
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

namespace detail {

template <bool Has, class Host, class Policies>
struct snapshot_driver_of {
    using type = no_snapshot_driver;
};
template <class Host, class Policies>
struct snapshot_driver_of<true, Host, Policies> {
    using type = snapshot_driver<Host, typename Policies::snapshots_type, typename Policies::executor_type>;
};

}  // namespace detail

}  // namespace chronik
