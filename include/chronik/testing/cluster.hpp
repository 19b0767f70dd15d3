// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/machine/snapshot.hpp>
#include <chronik/node/host.hpp>
#include <chronik/raft/election.hpp>
#include <chronik/testing/calls.hpp>
#include <chronik/testing/clock.hpp>
#include <chronik/testing/cluster_options.hpp>
#include <chronik/testing/disk.hpp>
#include <chronik/testing/executor.hpp>
#include <chronik/testing/harm.hpp>
#include <chronik/testing/lifetime.hpp>
#include <chronik/testing/mending.hpp>
#include <chronik/testing/network.hpp>
#include <chronik/testing/observation.hpp>
#include <chronik/testing/peace.hpp>
#include <chronik/testing/scheduler.hpp>
#include <chronik/testing/watched_journal.hpp>
#include <chronik/testing/watched_link.hpp>
#include <chronik/testing/watched_machine.hpp>
#include <chronik/wal/snapshot_store.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace chronik::testing {

/// Hosts as they will run, in a world that is not: real cores, the real journal, and a disk, a network and a clock
/// that do what the seed says. docs/concepts/deterministic_world.md shows a whole test.
///
///     testing::cluster<my_machine> world{seed, {}, [](node_id, group_id) { return my_machine{}; }};
///     world.open(group_id{1});
///     world.run_until([&] { return world.leader_of(group_id{1}) != no_node; }, 2s);
///     world.propose(group_id{1}, shared_bytes::copy_of("x"), 1);
///     world.crash(world.leader_of(group_id{1}));
///
/// Machine   begins empty on every start of a node. One with snapshots has them as options.host.snapshots says, and its
///           logs are cut behind them; any other is given the whole log again
/// threads   one
template <machine::state_machine Machine>
class cluster : public peace<cluster<Machine>>, public calls<cluster<Machine>>, public harm<cluster<Machine>>,
                public mending<cluster<Machine>> {
    friend class peace<cluster<Machine>>;
    friend class calls<cluster<Machine>>;
    friend class harm<cluster<Machine>>;

public:
    using peace<cluster<Machine>>::leader_of;
    using watched = watched_machine<cluster, Machine>;
    friend watched;

    /// Tells the checkers what a host tells its observer.
    struct witness {
        cluster* world;
        node_id node;
        void event(group_id group, raft::event const& happened) { world->observe(node, group, happened); }
        void traced(trace_event const& happened) { world->watch_.told.step(world->now(), happened); }
        void applied(group_id, log_index) {}
        void failed(std::error_code error) { world->storage_failed(node, error); }
    };

    using endpoint = watched_link<cluster>;
    using journal_type = watched_journal;
    using snapshots_type = wal::snapshot_store<disk_directory>;
    template <class... More>
    using bag_of = policies<use<slot::storage, journal_type&>, use<slot::transport, endpoint&>,
                            use_type<slot::machine, watched>, use<slot::executor, executor&>,
                            use<slot::observer, witness>, More...>;
    static constexpr bool has_snapshots = machine::snapshottable<Machine>;
    using host_type = host<std::conditional_t<has_snapshots, bag_of<use<slot::snapshots, snapshots_type&>>, bag_of<>>>;
    using result_type = typename Machine::result_type;
    using done_type = proposal_done<result_type>;
    using machine_maker = std::function<Machine(node_id, group_id)>;

    cluster(std::uint64_t seed, cluster_options options, machine_maker make)
        : options_(options), make_(std::move(make)), chance_(seed), links_(events_, chance_(), options.network),
          watch_(options.host.raft, options.host.raft.election_timeout_max, options.frames_per_node_max) {
        for (std::uint32_t number = 1; number <= options_.nodes; ++number) {
            everyone_.push_back(node_id{number});
            nodes_.emplace(node_id{number}, std::make_unique<node>(chance_()));
        }
        if (options_.first.is_blank()) options_.first.voters = everyone_;
        for (node_id each : options_.witnesses) watch_.keeps_places_only(each);
        for (node_id each : everyone_) restart(each);
    }
    cluster(cluster const&) = delete;
    cluster& operator=(cluster const&) = delete;

    /// Opens a group on every node that runs, and on the others when they start again.
    ///
    /// first   who takes part in it from its beginning; blank: as options.first says
    void open(group_id group, node_id preferred = no_node, raft::configuration first = {}) {
        groups_.push_back(group);
        first_.emplace(group, first.is_blank() ? options_.first : std::move(first));
        for (node_id each : everyone_) {
            if (!is_running(each)) continue;
            open_on(each, group, each == preferred);
            request_turn(each);
        }
    }

    /// Proposes at the leader of the newest term; what it is told goes to the checkers, and to `done` if there is one.
    ///
    /// errors   as of host::propose; errc::not_leader also while no node that runs leads
    result<raft::accepted> propose(group_id group, shared_bytes payload, std::uint32_t record_count,
                                   done_type done = {}) {
        node_id const leader = leader_of(group);
        if (leader == no_node) return failure(errc::not_leader);
        return propose_at(leader, group, std::move(payload), record_count, std::move(done));
    }

    /// Proposes at one node that runs, which may be a leader that is none any more.
    result<raft::accepted> propose_at(node_id at, group_id group, shared_bytes payload, std::uint32_t record_count,
                                      done_type done = {}) {
        CHRONIK_ASSERT(is_running(at));
        auto const which = watch_.clients.invoked(group, digest_of(payload.view()));
        auto heard = [this, group, which, payload,
                      done = std::move(done)](proposal_outcome<result_type> outcome) mutable {
            if (!outcome.error) {
                watch_.seen.acknowledged(group, outcome.index, outcome.term, payload);
                watch_.clients.committed(which, outcome.index);
            }
            if (outcome.error == errc::superseded) watch_.clients.refused(which);
            if (done) done(outcome);
        };
        auto const accepted = host_of(at).propose(group, std::move(payload), record_count, acknowledge::committed, 0,
                                                  now_on(at), std::move(heard));
        if (!accepted) watch_.clients.refused(which);
        request_turn(at);
        return accepted;
    }

    /// The power goes: a write under way gets as far as chance lets it, what no sync covered is lost, torn or kept,
    /// and nobody hears of what was finished. The node is down until restart().
    void crash(node_id which) {
        node& hit = *nodes_.at(which);
        if (!hit.process) return;
        note("loses power", which, group_id{}, 0);
        links_.detach(which);
        hit.medium.power_off_after(chance_.below(crash_operations_max));
        hit.process->work.interrupt();
        hit.process.reset();
        hit.medium.crash();
    }

    /// The node recovers its journal and opens its groups again, unless a fault or a power cut falls into that. If its
    /// disk was damaged it repairs its journal and is in doubt, or lost: if nobody else knows, or nothing is missed.
    void restart(node_id which) {
        node& started = *nodes_.at(which);
        if (started.process || is_lost(which)) return;
        std::uint64_t const seed = chance_();
        auto made = std::make_unique<lifetime>(*this, which, started.medium, seed, some_clock());
        wal::recovery_report report;
        auto opened = this->open_journal(which, made->files, chance_(), report);
        if (!opened && !started.medium.has_power()) return started.medium.crash();
        if (!opened && may_start_later(opened.error())) return;
        if (!opened && started.medium.damage() != disk_damage::none) return lose(which);
        if (!opened) {
            return watch_.seen.report("node " + std::to_string(which.value) + ": recovery refused: " +
                                      opened.error().message() + ": " + report.file + ": " + report.what);
        }
        made->journal.emplace(std::move(*opened), watch_.disks, watch_.allowed, which);
        auto const view_of = [&](group_id group) { return made->journal->find(group); };
        if (!this->is_told_of_repair(which, *made->journal) && !watch_.disks.recovered(which, view_of)) {
            if (started.medium.damage() == disk_damage::fresh) return lose(which);
            watch_.seen.report("node " + std::to_string(which.value) + ": recovery lost what was durable");
        }
        auto snapshots = snapshots_type::open(made->files, options_.journal.log_id);
        if (!snapshots && !started.medium.has_power()) return started.medium.crash();
        if (!snapshots) return;
        made->snapshots.emplace(std::move(*snapshots));
        made->host = make_host(which, *made);
        started.process = std::move(made);
        note("starts with records", which, group_id{}, report.records);
        links_.attach(which, [this, which](node_id from, std::uint8_t, shared_bytes body) {
            receive(which, from, std::move(body));
        });
        for (group_id group : groups_) open_on(which, group, false);
        request_turn(which);
    }

    time_point now() const { return events_.now(); }
    time_point now_on(node_id which) const { return nodes_.at(which)->process->shows.at(now()); }
    void run_for(duration time) { events_.run_until(now() + time); }
    /// False when virtual time ran out first.
    template <class Condition>
    bool run_until(Condition reached, duration limit) { return events_.run_until(std::move(reached), now() + limit); }

    host_type& host_of(node_id which) { return *life_of(which).host; }
    /// The process is there; its storage may have failed a moment ago.
    bool is_running(node_id which) const { return nodes_.at(which)->process != nullptr; }
    /// Null while the node is down.
    typename host_type::group_type* group_on(node_id which, group_id group) {
        return is_running(which) ? host_of(which).find(group) : nullptr;
    }
    std::vector<node_id> const& nodes() const { return everyone_; }
    std::vector<group_id> const& groups() const { return groups_; }
    raft::configuration const& first_members(group_id group) const { return first_.at(group); }
    cluster_options const& options() const { return options_; }
    disk& disk_of(node_id which) { return nodes_.at(which)->medium; }
    network& links() { return links_; }
    /// The node's disk is of no more use: it stays down, and nobody waits for it.
    bool is_lost(node_id which) const { return lost_.contains(which); }
    bool is_witness(node_id which) const { return std::ranges::count(options_.witnesses, which) != 0; }
    scheduler& events() { return events_; }
    checkers& watch() { return watch_.seen; }
    observation& observed() { return watch_; }
    std::vector<std::string> const& violations() const { return watch_.seen.violations(); }
    /// What happened, as one number: the same for the same seed and the same calls.
    std::uint64_t trace_digest() const { return watch_.told.value(); }
    /// How often a machine was put into the state of a snapshot.
    std::uint64_t restored_count() const { return restored_; }

private:
    /// Enough for a power cut to fall anywhere in a write, its sync, or the making of a segment.
    static constexpr std::uint64_t crash_operations_max = 8;

    using lifetime = testing::lifetime<cluster>;
    struct node {
        explicit node(std::uint64_t seed) : medium(seed) {}
        disk medium;
        std::unique_ptr<lifetime> process;
    };

    std::unique_ptr<host_type> make_host(node_id self, lifetime& of) {
        auto const made = [&](auto... more) {
            return std::make_unique<host_type>(
                self, policies{use<slot::storage, journal_type&>{*of.journal}, use<slot::transport, endpoint&>{of.link},
                               use_type<slot::machine, watched>{}, use<slot::executor, executor&>{of.work},
                               use<slot::observer, witness>{{this, self}}, more...},
                options_.host, chance_(), [this, self] { request_turn(self); });
        };
        if constexpr (has_snapshots) return made(use<slot::snapshots, snapshots_type&>{*of.snapshots});
        else return made();
    }

    void open_on(node_id which, group_id group, bool campaign) {
        // Who has an empty disk in place of the first one is a newcomer, and may have forgotten a vote.
        auto const back = comes_back_.find({which, group});
        bool const from_start = back == comes_back_.end() && first_.at(group).contains(which);
        auto const first = from_start ? first_.at(group) : raft::configuration{};
        watch_.started(which, group, first, doubt_at_start(*nodes_.at(which)->process->journal, group));
        auto const opened = host_of(which).open_group(
            group, first, watched{*this, which, group, make_(which, group)}, campaign, now_on(which));
        if (opened && back != comes_back_.end()) {
            watch_.allowed.hears_of(which, group, back->second.term);
            host_of(which).find(group)->core.abstain_before(back->second.index, back->second.term);
        }
        if (opened) return;
        if (nodes_.at(which)->medium.damage() == disk_damage::none)
            return watch_.seen.report(findings::about(group, "cannot be opened: " + opened.error().message()));
        lose(which);
        go_down(which);
    }
    /// The process ends by itself, when what it is doing is done.
    void go_down(node_id which) {
        events_.after(duration::zero(), [this, which, alive = nodes_.at(which)->process->alive] {
            if (*alive) crash(which);
        });
    }

    /// A process that is frozen finds what came meanwhile when it goes on.
    void receive(node_id which, node_id from, shared_bytes body) {
        lifetime const& of = life_of(which);
        if (of.frozen_until > now()) {
            return events_.at(of.frozen_until, [this, which, from, body = std::move(body), alive = of.alive]() mutable {
                if (*alive) receive(which, from, std::move(body));
            });
        }
        watch_.arrives(which, from, body, [&](group_id group) { return core_of(which, group); });
        host_of(which).on_frame(from, std::move(body), now_on(which));
        request_turn(which);
    }

    /// A turn ends each batch of inputs of one moment, as a driver's does.
    void request_turn(node_id which) {
        lifetime* const of = nodes_.at(which)->process.get();
        if (of == nullptr || of->turn_due) return;
        of->turn_due = true;
        events_.at(std::max(now(), of->frozen_until), [this, which, of, alive = of->alive] {
            if (!*alive) return;
            of->turn_due = false;
            of->host->finish_turn(now_on(which));
            if (!*alive) return;
            look(which);
            arm(which, *of);
        });
    }

    void arm(node_id which, lifetime& of) {
        time_point const when = std::max({of.shows.when(of.host->wake_at()), now(), of.frozen_until});
        if (when >= of.armed) return;
        of.armed = when;
        events_.at(when, [this, which, when, here = &of, alive = of.alive] {
            if (!*alive || here->armed != when) return;
            here->armed = never;
            if (here->frozen_until > now()) return arm(which, *here);
            here->host->on_time(now_on(which));
            request_turn(which);
        });
    }

    void observe(node_id which, group_id group, raft::event const& happened) {
        watch_.event(now(), which, group, happened, core_of(which, group));
        auto const* const won = std::get_if<raft::became_leader>(&happened);
        if (won == nullptr) return;
        watch_.seen.elected(group, won->term, which);
        if (auto const* core = core_of(which, group)) watch_.commits.elected(which, group, *core);
        watch_.told.count(now(), "leads in term", which, group, won->term.value);
    }

    void storage_failed(node_id which, std::error_code error) {
        // A process ends when its storage has failed; anything else a host gives up for is a mistake of ours.
        if (error != errc::storage_failed)
            watch_.seen.report("node " + std::to_string(which.value) + ": the host gave up: " + error.message());
        go_down(which);
    }

    void applied(node_id which, group_id group, entry const& command) {
        if (watch_.seen.applied(which, group, command))
            watch_.clients.applied(group, digest_of(command.payload.view()), command.index);
        note("applies index", which, group, command.index.value);
    }

    reached_history history_of(node_id which, group_id group) const {
        return {watch_.seen.last_of(which, group), watch_.seen.chain_of(which, group)};
    }
    void restored(node_id which, group_id group, reached_history const& to) {
        ++restored_;
        watch_.seen.restored(which, group, to.last, to.chain);
        note("is restored to index", which, group, to.last.value);
    }

    auto const* core_of(node_id which, group_id group) {
        auto const* const open = group_on(which, group);
        return open == nullptr ? nullptr : &open->core;
    }
    void look(node_id which) {
        for (group_id group : groups_) {
            auto const* const core = core_of(which, group);
            if (core == nullptr) continue;
            watch_.look(which, group, *core);
            watch_.allowed.turn_ended(which, group, *core);
        }
    }

    /// behind   in each group the first entry that it must have before it votes
    void replace_disk(node_id which, std::map<group_id, raft::log_position> const& behind) {
        nodes_.at(which)->medium = disk{chance_()};
        lost_.erase(which);
        this->forget_doubts(which);
        watch_.forgets(which);
        for (auto const& [group, left] : behind) comes_back_[{which, group}] = left;
        note("has an empty disk", which, group_id{}, 0);
    }
    void lose(node_id which) {
        lost_.insert(which);
        note("is lost: its disk was damaged", which, group_id{}, 0);
    }
    lifetime& life_of(node_id which) { return *nodes_.at(which)->process; }

    /// Clocks begin anywhere: a process knows nothing about the clock of another.
    clock some_clock() {
        auto const ppm = static_cast<std::int64_t>(chance_.below(2 * std::uint64_t{options_.skew_ppm_max} + 1)) -
                         static_cast<std::int64_t>(options_.skew_ppm_max);
        return {now(), time_point{duration{static_cast<duration::rep>(chance_.below(std::uint64_t{1} << 40))}}, ppm};
    }

    void note(std::string_view what, node_id which, group_id group, std::uint64_t number) {
        watch_.told.note(now(), what, which, group, number);
    }

    cluster_options options_;
    machine_maker make_;
    random chance_;
    scheduler events_;
    network links_;
    observation watch_;
    std::vector<node_id> everyone_;
    std::vector<group_id> groups_;
    std::map<node_id, std::unique_ptr<node>> nodes_;
    std::uint64_t restored_ = 0;
    std::set<node_id> lost_;  ///< nodes whose disks were damaged beyond use
    std::map<group_id, raft::configuration> first_;
    std::map<std::pair<node_id, group_id>, raft::log_position> comes_back_;  ///< wiped; they give no vote before it
};

}  // namespace chronik::testing
