// SPDX-License-Identifier: Apache-2.0
#include <engine/engine.hpp>

#include <partitions/departure.hpp>
#include <partitions/saved_state.hpp>

#include <chronik/base/overloaded.hpp>

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

namespace broker {

namespace {

using namespace std::chrono_literals;

constexpr chronik::duration look_interval = 100ms;
constexpr chronik::duration retention_interval = 1s;
/// How long a stopping broker waits until the metadata names the leaders that it handed over to.
constexpr chronik::duration report_limit = 500ms;

}  // namespace

chronik::host_options host_options_of(settings const& config) {
    chronik::host_options options;
    options.raft.election_timeout_min = config.election_timeout_min;
    options.raft.election_timeout_max = config.election_timeout_max;
    options.raft.heartbeat_interval = config.heartbeat_interval;
    options.raft.vote_retry_interval = std::min<chronik::duration>(config.heartbeat_interval, 20ms);
    // The budget of requests in flight is the limit that producers meet, by not being read. A refusal further in would
    // make a client send again, behind what it sent meanwhile.
    options.raft.uncommitted_bytes_max = config.inflight_bytes_max;
    options.unstaged_bytes_max = config.inflight_bytes_max;
    // Who comes learns until the mover has seen that it holds everything; a second judge would only differ.
    options.raft.new_voters = chronik::raft::promotion::at_once;
    // Of the metadata. Partitions keep their logs: what is sent is where one begins, when a follower asks for what is
    // gone.
    options.snapshots = {.after_entries = 0, .after_bytes = config.metadata_snapshot_bytes};
    options.raft.catch_up_bytes_per_second = config.catch_up_bytes_per_second;
    options.raft.snapshot_bytes_max = partitions::saved_bytes_max;
    return options;
}

engine::engine(parts use, seeds chance)
    : use_(std::move(use)),
      log_(use_.lines, "broker"),
      chance_(chance.ids),
      events_{.on_event = [this](auto group, auto const& happened) { on_event(group, happened); },
              .on_applied = [this](auto group, auto) { on_applied(group); },
              .on_failed =
                  [this](auto error) {
                      use_.fail(exit_code::storage,
                                "storage failed: " + error.message() + ", " + use_.stored.cause().message());
                  },
              .on_traced = use_.trace,
              .on_wanted = [this](auto group, auto index) { followers_.wanted(group, index); }},
      snapshots_(use_.snapshots_of_metadata),
      logs_(use_.config.node_id,
            broker_policies{chronik::use<chronik::slot::storage, journal&>{use_.stored},
                            chronik::use<chronik::slot::transport, environment::links&>{use_.links},
                            chronik::use<chronik::slot::executor, environment::lanes&>{use_.lanes},
                            chronik::use<chronik::slot::snapshots, snapshots&>{snapshots_},
                            chronik::use<chronik::slot::observer, group_events&>{events_},
                            chronik::use_type<chronik::slot::machine, group_machine>{}},
            use_.limits, chance.host, [this] { use_.request_turn(); }),
      partitions_(use_.config.node_id, logs_, {use_.config.min_insync_replicas, use_.config.message_max_bytes},
                  logger{use_.lines, "partitions"}),
      cleaner_({use_.config.cleaner_memory_max, use_.config.cleaner_bytes_per_second_max},
               {.storage = use_.stored,
                .partitions = partitions_,
                .run = use_.keep_house,
                .failed = [this](auto error) { use_.fail(exit_code::storage, "cleaning failed: " + error.message()); }},
               logger{use_.lines, "cleaner"}),
      states_(use_.config.data_dir, use_.states, partitions_, use_.keep_house, logger{use_.lines, "partitions"}),
      cold_({}, {.memory = use_.memory, .run = use_.read}, logger{use_.lines, "partitions"}),
      followers_({.reads = cold_,
                  .runs = [this](auto group, auto at) { return settled_from(group, at); },
                  .at_hand =
                      [this](auto group, auto first, auto last) {
                          logs_.at_hand(group, first, last, use_.loop.now());
                          use_.request_turn();
                      }}),
      cluster_({.loop = use_.loop,
                .config = use_.config,
                .logs = logs_,
                .links = use_.links,
                .partitions = partitions_,
                .founders = use_.founders,
                .stored = std::move(use_.known),
                .request_turn = use_.request_turn,
                .know_cluster = use_.know_cluster,
                .fatal = [this](auto const& why) { use_.fail(exit_code::configuration, why); }},
               chance.cluster, use_.incarnation, logger{use_.lines, "cluster"}),
      producer_ids_(cluster_.commands()),
      groups_({.loop = use_.loop,
               .config = use_.config,
               .logs = logs_,
               .partitions = partitions_,
               .members = cluster_,
               .timeouts = timeouts_,
               .request_turn = use_.request_turn},
              chance.groups, logger{use_.lines, "groups"}),
      context_{use_.config, logs_,     partitions_, cluster_,          producer_ids_, groups_, timeouts_,
               polls_,      use_.loop, chance_,     use_.request_turn, cold_} {}

engine::~engine() { drop_waiting(); }

void engine::drop_waiting() {
    timeouts_.clear();
    polls_.clear();
    cold_.clear();
}

chronik::result<void> engine::start() {
    partitions_.use_saved(states_.load());
    return cluster_.start(use_.loop.now());
}

void engine::on_frame(chronik::node_id from, std::uint8_t channel, chronik::shared_bytes body) {
    if (channel == chronik::raft_channel) {
        logs_.on_frame(from, std::move(body), use_.loop.now());
        use_.request_turn();
    } else if (channel == control::channel) {
        cluster_.on_control(from, body);
    }
}

void engine::on_event(chronik::group_id group, chronik::raft::event const& happened) {
    logger const log = log_.with({.group = group});
    std::visit(chronik::overloaded{
                   [&](chronik::raft::became_leader const& e) {
                       ++counted_.leader_changes;
                       log.info({.term = e.term}, "became leader");
                   },
                   [&](chronik::raft::became_follower const& e) {
                       ++counted_.leader_changes;
                       log.debug({.term = e.term}, "follows node {}", e.leader.value);
                   },
                   [&](chronik::raft::became_candidate const& e) {
                       ++counted_.elections;
                       log.debug({.term = e.term}, "stands for election");
                   },
                   [&](chronik::raft::members_changed const& e) {
                       log.debug("takes the members as of index {}", e.index.value);
                   },
                   [&](chronik::raft::members_settled const& e) {
                       log.debug("the members as of index {} are committed", e.index.value);
                   },
                   [&](chronik::raft::doubt_ended const&) {
                       log.info("is not in doubt any more: it has all that it may have lost");
                   },
                   [](auto const&) {},
               },
               happened);
    if (group == metadata_group) return cluster_.on_event(happened);
    partitions_.changed(group);
    groups_.look(group);
}

void engine::on_applied(chronik::group_id group) {
    if (group == metadata_group) return cluster_.on_applied();
    auto* const replica = partitions_.find(group);
    if (replica == nullptr) return;
    use_.stored.committed(group, replica->settleable());
    replica->advanced.fire();
    groups_.look(group);
    // A new leader is reported at once: clients of every node wait to hear of it.
    if (!replica->begins_to_serve() || std::exchange(look_due_, true)) return;
    use_.loop.post([this] {
        look_due_ = false;
        cluster_.look(use_.loop.now());
    });
}

std::span<chronik::wal::settled_run_ptr const> engine::settled_from(chronik::group_id group,
                                                                    chronik::log_index at) const {
    auto const* const log = use_.stored.find(group);
    if (log == nullptr) return {};
    return log->settled_from_entry(at);
}

void engine::sweep(chronik::time_point now) {
    timeouts_.sweep(now);
    polls_.sweep(now);
    groups_.sweep(now);
    cleaner_.sweep(now, use_.loop.wall_ms());
    states_.sweep(now);
    if (now >= next_look_) {
        next_look_ = now + look_interval;
        cluster_.look(now);
        tell_shortage(now);
    }
    if (now >= next_retention_) {
        next_retention_ = now + retention_interval;
        partitions_.retain(*cluster_.image(), now, use_.loop.wall_ms());
        // A log start that has moved is written down, and an idle node goes on settling.
        use_.request_turn();
    }
}

void engine::tell_shortage(chronik::time_point now) {
    auto const counted = use_.stored.metrics();
    if (no_space_.has_risen(counted.prepare_failures + counted.settle_failures, now))
        log_.warn("the disk is full: what does not fit into the open files of the journal waits, until there is space");
    if (no_descriptors_.has_risen(counted.no_descriptors, now))
        log_.warn("too many open files: what does not fit into those of the journal waits, until others are closed");
}

asio::awaitable<void> engine::leave(chronik::time_point deadline) {
    co_await cluster_.announce_draining();
    std::size_t const led = partitions_.led();
    bool const moved = co_await hand_over(deadline);
    log_.info("handed over the leadership of {} partitions{}", led, moved ? "" : ", not all of them in time");
    groups_.stop();
    polls_.sweep(chronik::never);
}

asio::awaitable<bool> engine::hand_over(chronik::time_point deadline) {
    timer rest{use_.loop};
    partitions::departure leaving;
    auto moved_at = use_.loop.now();
    while (use_.loop.now() < deadline) {
        auto const now = use_.loop.now();
        std::size_t left = partitions_.hand_over(leaving, *cluster_.image(), now);
        if (auto* const metadata = logs_.find(metadata_group); metadata->is_leader())
            left += partitions::hand_over(leaving, logs_, *metadata, *cluster_.image(), now) ? 1 : 0;
        use_.request_turn();
        // Who asks another node is told of the new leaders, not of this one, before it goes.
        if (left == 0 && (!partitions_.names_this_node(*cluster_.image()) || now >= moved_at + report_limit))
            co_return true;
        if (left != 0) moved_at = now;
        co_await rest.pause(10ms);
    }
    co_return false;
}

}  // namespace broker
