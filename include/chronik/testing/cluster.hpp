// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/node/host.hpp>
#include <chronik/testing/checkers.hpp>
#include <chronik/testing/disk.hpp>
#include <chronik/testing/executor.hpp>
#include <chronik/testing/network.hpp>
#include <chronik/testing/scheduler.hpp>
#include <chronik/wal/journal.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chronik::testing {

/// What a simulated cluster is made of; everything else follows from the seed. The defaults make a run of some virtual
/// seconds see many elections and several segments.
struct cluster_options {
    std::uint32_t nodes = 3;
    host_options host{.raft = {.election_timeout_min = std::chrono::milliseconds{150},
                               .election_timeout_max = std::chrono::milliseconds{300},
                               .heartbeat_interval = std::chrono::milliseconds{40},
                               .vote_retry_interval = std::chrono::milliseconds{40},
                               .append_bytes_max = 4096,
                               .inflight_bytes_max = 16384,
                               .inflight_messages_max = 8,
                               .uncommitted_bytes_max = 65536,
                               .unstable_bytes_max = 65536}};
    wal::options journal{.segment_bytes = 65536,
                         .staged_bytes_max = 49152,
                         .spare_segments = 1,
                         .idle_segments_max = 1,
                         .segments_max = 256,
                         .groups_max = 32};
    network_faults network;
    duration sync_time_min = std::chrono::microseconds{100};
    duration sync_time_max = std::chrono::milliseconds{3};
};

/// Hosts as they will run, in a world that is not: real cores, the real journal, and a disk, a network and a clock
/// that do what the seed says. docs/concepts/deterministic_world.md shows a whole test.
///
///     testing::cluster<my_machine> world{seed, {}, [](node_id, group_id) { return my_machine{}; }};
///     world.open(group_id{1});
///     world.run_until([&] { return world.leader_of(group_id{1}) != no_node; }, 2s);
///     world.propose(group_id{1}, shared_bytes::copy_of("x"), 1);
///     world.crash(world.leader_of(group_id{1}));
///
/// Machine   begins empty on every start of a node and is given the whole log again: nothing is compacted
/// threads   one
template <machine::state_machine Machine>
class cluster {
public:
    /// The machine under test, seen by the checkers.
    class watched {
    public:
        using result_type = typename Machine::result_type;
        watched(cluster& world, node_id node, group_id group, Machine own)
            : world_(&world), node_(node), group_(group), own_(std::move(own)) {}

        result_type apply(entry const& command) {
            world_->watch_.applied(node_, group_, command);
            world_->note(trace::applied, node_, group_, command.index.value);
            return own_.apply(command);
        }
        Machine const& own() const { return own_; }

    private:
        cluster* world_;
        node_id node_;
        group_id group_;
        Machine own_;
    };

    /// Tells the checkers what a host tells its observer.
    struct witness {
        cluster* world;
        node_id node;
        void event(group_id group, raft::event const& happened) { world->observe(node, group, happened); }
        void applied(group_id, log_index) {}
        void failed(std::error_code error) { world->storage_failed(node, error); }
    };

    using journal_type = wal::journal<disk_directory>;
    using host_type = host<policies<use<slot::storage, journal_type&>, use<slot::transport, network::endpoint&>,
                                    use_type<slot::machine, watched>, use<slot::executor, executor&>,
                                    use<slot::observer, witness>>>;
    using result_type = typename Machine::result_type;
    using done_type = proposal_done<result_type>;
    using machine_maker = std::function<Machine(node_id, group_id)>;

    cluster(std::uint64_t seed, cluster_options options, machine_maker make)
        : options_(options), make_(std::move(make)), chance_(seed), links_(events_, chance_(), options.network) {
        for (std::uint32_t number = 1; number <= options_.nodes; ++number) {
            everyone_.push_back(node_id{number});
            nodes_.emplace(node_id{number}, std::make_unique<node>(chance_()));
        }
        for (node_id each : everyone_) restart(each);
    }
    cluster(cluster const&) = delete;
    cluster& operator=(cluster const&) = delete;

    /// Opens a group on every node that runs, and on the others when they start again.
    void open(group_id group, node_id preferred = no_node) {
        groups_.push_back(group);
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
        auto heard = [this, group, payload, done = std::move(done)](proposal_outcome<result_type> outcome) mutable {
            if (!outcome.error) watch_.acknowledged(group, outcome.index, outcome.term, payload);
            if (done) done(outcome);
        };
        auto const accepted = host_of(at).propose(group, std::move(payload), record_count, acknowledge::committed, 0,
                                                  now(), std::move(heard));
        request_turn(at);
        return accepted;
    }

    /// Hands the leadership of a group to another node, if somebody leads it.
    void transfer(group_id group, node_id target) {
        node_id const leader = leader_of(group);
        if (leader == no_node) return;
        static_cast<void>(host_of(leader).transfer(group, target, now()));
        request_turn(leader);
    }

    /// The power goes: a write under way gets as far as chance lets it, what no sync covered is lost, torn or kept,
    /// and nobody hears of what was finished. The node is down until restart().
    void crash(node_id which) {
        node& hit = *nodes_.at(which);
        if (!hit.process) return;
        note(trace::crashed, which, group_id{}, 0);
        links_.detach(which);
        hit.medium.power_off_after(chance_.below(crash_operations_max));
        hit.process->work.interrupt();
        hit.process.reset();
        hit.medium.crash();
    }

    /// The node recovers its journal and opens its groups again. A fault or a power cut that its disk was told to have
    /// may fall into the recovery: then the node stays down.
    void restart(node_id which) {
        node& started = *nodes_.at(which);
        if (started.process) return;
        auto made = std::make_unique<lifetime>(*this, which, started.medium);
        wal::recovery_report report;
        auto opened = journal_type::open(made->files, options_.journal, chance_(), &report);
        if (!opened && !started.medium.has_power()) return started.medium.crash();
        if (!opened && opened.error().category() != chronik_category()) return;
        if (!opened) {
            return watch_.report("node " + std::to_string(which.value) + ": recovery refused: " +
                                 opened.error().message() + ": " + report.file + ": " + report.what);
        }
        made->journal.emplace(std::move(*opened));
        made->host = make_host(which, *made);
        started.process = std::move(made);
        note(trace::restarted, which, group_id{}, report.records);
        links_.attach(which, [this, which](node_id from, std::uint8_t, shared_bytes body) {
            host_of(which).on_frame(from, std::move(body), now());
            request_turn(which);
        });
        for (group_id group : groups_) open_on(which, group, false);
        request_turn(which);
    }

    void isolate(node_id which) { links_.isolate(which, everyone_); }
    /// Ends partitions, losses, faults of disks, and crashes. Delays stay.
    void heal() {
        links_.heal();
        links_.set_faults({.delay_min = options_.network.delay_min, .delay_max = options_.network.delay_max});
        for (node_id each : everyone_) {
            disk& medium = nodes_.at(each)->medium;
            medium.cancel_power_off();
            medium.heal();
            if (!medium.has_power()) crash(each);
            restart(each);
        }
    }

    time_point now() const { return events_.now(); }
    void run_for(duration time) { events_.run_until(now() + time); }
    /// False when virtual time ran out first.
    template <class Condition>
    bool run_until(Condition reached, duration limit) { return events_.run_until(std::move(reached), now() + limit); }

    /// The node that leads in the newest term, or no_node.
    node_id leader_of(group_id group) {
        node_id leader = no_node;
        log_term newest;
        for (node_id each : everyone_) {
            auto const* open = group_on(each, group);
            if (open == nullptr || !open->is_leader() || open->core.term() < newest) continue;
            leader = each;
            newest = open->core.term();
        }
        return leader;
    }

    /// Every node runs and has applied all there is in every log.
    bool converged() {
        for (group_id group : groups_) {
            node_id const leader = leader_of(group);
            if (leader == no_node || !group_on(leader, group)->core.can_serve()) return false;
            log_index const last = group_on(leader, group)->core.last_index();
            for (node_id each : everyone_) {
                auto const* open = group_on(each, group);
                if (open == nullptr || open->applied != last || open->core.durable_index() != last) return false;
            }
        }
        return true;
    }

    /// Heals, and expects every node to reach the end of every log within `limit`, with equal logs and all that was
    /// acknowledged. Breaches are in violations().
    void expect_recovery(duration limit) {
        heal();
        auto const peaceful = [this] {
            // A fault from before may be told only now, and takes its node down.
            for (node_id each : everyone_) restart(each);
            return converged() || !watch_.violations().empty();
        };
        if (!run_until(peaceful, limit)) {
            watch_.report("not every node has caught up after everything was healed");
        }
        for (group_id group : groups_) {
            for (node_id each : everyone_) {
                if (group_on(each, group) == nullptr) continue;
                watch_.expect_all_acknowledged(each, group);
                expect_logs_match(group, everyone_.front(), each);
            }
        }
    }

    host_type& host_of(node_id which) { return *nodes_.at(which)->process->host; }
    /// The process is there; its storage may have failed a moment ago.
    bool is_running(node_id which) const { return nodes_.at(which)->process != nullptr; }
    /// Null while the node is down.
    typename host_type::group_type* group_on(node_id which, group_id group) {
        return is_running(which) ? host_of(which).find(group) : nullptr;
    }
    std::vector<node_id> const& nodes() const { return everyone_; }
    disk& disk_of(node_id which) { return nodes_.at(which)->medium; }
    network& links() { return links_; }
    checkers& watch() { return watch_; }
    std::vector<std::string> const& violations() const { return watch_.violations(); }
    /// What happened, as one number: the same for the same seed and the same calls.
    std::uint64_t trace_digest() const { return trace_.value(); }

private:
    /// Enough for a power cut to fall anywhere in a write, its sync, or the making of a segment.
    static constexpr std::uint64_t crash_operations_max = 8;

    enum class trace : std::uint8_t { elected, stepped, applied, crashed, restarted, turned };

    /// What a crash takes away.
    struct lifetime {
        lifetime(cluster& world, node_id self, disk& medium)
            : files(medium.directory()),
              work(world.events_, world.chance_(), world.options_.sync_time_min, world.options_.sync_time_max),
              link(world.links_, self), alive(std::make_shared<bool>(true)) {}
        ~lifetime() { *alive = false; }

        disk_directory files;
        std::optional<journal_type> journal;
        executor work;
        network::endpoint link;
        std::unique_ptr<host_type> host;
        std::shared_ptr<bool> alive;  ///< events of an earlier life find it false
        time_point armed = never;
        bool turn_due = false;
    };
    struct node {
        explicit node(std::uint64_t seed) : medium(seed) {}
        disk medium;
        std::unique_ptr<lifetime> process;
    };

    std::unique_ptr<host_type> make_host(node_id self, lifetime& of) {
        policies bag{use<slot::storage, journal_type&>{*of.journal}, use<slot::transport, network::endpoint&>{of.link},
                     use_type<slot::machine, watched>{}, use<slot::executor, executor&>{of.work},
                     use<slot::observer, witness>{{this, self}}};
        return std::make_unique<host_type>(self, std::move(bag), options_.host, chance_(),
                                           [this, self] { request_turn(self); });
    }

    void open_on(node_id which, group_id group, bool campaign) {
        watch_.began(which, group);
        auto const opened =
            host_of(which).open_group(group, {.voters = everyone_, .learners = {}},
                                      watched{*this, which, group, make_(which, group)}, campaign, now());
        if (!opened) watch_.report(checkers::about(group, "cannot be opened: " + opened.error().message()));
    }

    /// A turn ends each batch of inputs of one moment, as a driver's does.
    void request_turn(node_id which) {
        lifetime* const of = nodes_.at(which)->process.get();
        if (of == nullptr || of->turn_due) return;
        of->turn_due = true;
        events_.after(duration::zero(), [this, which, of, alive = of->alive] {
            if (!*alive) return;
            of->turn_due = false;
            of->host->finish_turn(now());
            if (*alive) arm(which, *of);
        });
    }

    void arm(node_id which, lifetime& of) {
        time_point const when = std::max(of.host->wake_at(), now());
        if (when >= of.armed) return;
        of.armed = when;
        events_.at(when, [this, which, when, here = &of, alive = of.alive] {
            if (!*alive || here->armed != when) return;
            here->armed = never;
            here->host->on_time(now());
            request_turn(which);
        });
    }

    void observe(node_id which, group_id group, raft::event const& happened) {
        if (auto const* won = std::get_if<raft::became_leader>(&happened)) {
            watch_.elected(group, won->term, which);
            return note(trace::elected, which, group, won->term.value);
        }
        note(trace::stepped, which, group, happened.index());
    }

    void storage_failed(node_id which, std::error_code error) {
        // A process ends when its storage has failed; anything else a host gives up for is a mistake of ours.
        if (error != errc::storage_failed)
            watch_.report("node " + std::to_string(which.value) + ": the host gave up: " + error.message());
        events_.after(duration::zero(), [this, which, alive = nodes_.at(which)->process->alive] {
            if (*alive) crash(which);
        });
    }

    void expect_logs_match(group_id group, node_id left, node_id right) {
        auto const* const one = group_on(left, group);
        auto const* const other = group_on(right, group);
        if (one == nullptr || one == other) return;
        for (log_index at{1}; at <= std::min(one->core.last_index(), other->core.last_index()); ++at) {
            if (one->core.entry_at(at) == other->core.entry_at(at)) continue;
            return watch_.report(checkers::about(group, "the logs of nodes " + std::to_string(left.value) + " and " +
                                                            std::to_string(right.value) + " differ at index " +
                                                            std::to_string(at.value)));
        }
    }

    void note(trace what, node_id which, group_id group, std::uint64_t number) {
        trace_.add(static_cast<std::uint64_t>(now().time_since_epoch().count()));
        trace_.add(static_cast<std::uint64_t>(what) << 32 | which.value);
        trace_.add(group.value);
        trace_.add(number);
    }

    cluster_options options_;
    machine_maker make_;
    random chance_;
    scheduler events_;
    network links_;
    checkers watch_;
    digest trace_;
    std::vector<node_id> everyone_;
    std::vector<group_id> groups_;
    std::map<node_id, std::unique_ptr<node>> nodes_;
};

}  // namespace chronik::testing
