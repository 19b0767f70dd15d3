// SPDX-License-Identifier: Apache-2.0
#include <server/broker.hpp>

#include <server/descriptors.hpp>
#include <server/first_start.hpp>
#include <server/journal_options.hpp>
#include <server/journal_repair.hpp>
#include <server/journal_text.hpp>
#include <server/known_nodes.hpp>
#include <settings/ports.hpp>

#include <chronik/posix/page_cache.hpp>

#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <random>

namespace broker {

namespace {

using namespace std::chrono_literals;

/// How late a deadline may be noticed.
constexpr chronik::duration sweep_interval = 20ms;
constexpr chronik::duration snapshot_interval = 200ms;
constexpr chronik::duration connection_sweep_interval = 1s;

std::uint64_t seed_from_system() {
    std::random_device source;
    return (std::uint64_t{source()} << 32) | source();
}

/// A node that starts again must be told apart from its earlier start; the cluster corrects a clock that went back.
std::uint64_t incarnation_now() {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count());
}

/// The cluster's id is any text; the nodes greet each other with sixteen bytes that differ where the texts do.
chronik::net::cluster_id cluster_of(std::string_view text) {
    chronik::net::cluster_id id = chronik::net::unknown_cluster;
    if (text.empty()) return id;
    std::uint64_t hash = 0xcbf29ce484222325ULL;  // FNV-1a, taken twice
    for (std::size_t half = 0; half < id.size(); half += sizeof hash) {
        for (char const each : text) hash = (hash ^ static_cast<unsigned char>(each)) * 0x100000001b3ULL;
        chronik::store<std::uint64_t, std::endian::little>(id.data() + half, hash);
    }
    return id;
}

listener_limits limits_of(settings const& config) {
    listener_limits limits;
    limits.connection.request_bytes_max = config.request_bytes_max;
    limits.connections_max = config.connections_max;
    return limits;
}

}  // namespace

partitions::file_memory memory_of_system() {
    chronik::posix::page_cache const pages;
    return {.holds = [pages](auto bytes) { return pages.holds(bytes); },
            .bring = [pages](auto bytes) { return pages.bring(bytes); },
            .cool = [pages](auto bytes) { pages.cool(bytes); }};
}

startup<std::unique_ptr<broker_node>> broker_node::open(settings config, log_writer& lines,
                                                        partitions::file_memory memory) {
    auto const descriptors = descriptor_limit();
    auto const clients = clients_that_fit(config, descriptors);
    if (!clients) return std::unexpected(clients.error());
    auto data = data_directory::open(config.data_dir, identity_of(config));
    if (!data) return std::unexpected(data.error());
    if (!journal_options(config).consistent()) {
        return refuse("segment_bytes is " + std::to_string(config.segment_bytes) +
                      ": set it to a multiple of 4096 of at least 4 MiB");
    }
    auto directory = open_journal_directory(*data);
    if (!directory) return std::unexpected(directory.error());

    seeds const chance{seed_from_system(),
                       seed_from_system(),
                       {.host = seed_from_system(),
                        .cluster = seed_from_system(),
                        .ids = seed_from_system(),
                        .groups = seed_from_system()}};
    auto pages = std::make_unique<partitions::file_memory>(std::move(memory));
    auto limits = journal_options(config);
    limits.memory = pages->check();
    chronik::wal::recovery_report report;
    logger const log{lines, "broker"};
    auto stored = open_journal({.config = config,
                                .data = *data,
                                .where = **directory,
                                .limits = limits,
                                .salt = chance.journal,
                                .now = incarnation_now()},
                               log, report);
    if (!stored) return std::unexpected(std::move(stored.error()));
    auto const again = begin_again(*data, report);
    if (!again) return std::unexpected(again.error());
    startup<std::unique_ptr<raft_trace>> trace;
    if (!config.raft_trace.empty()) trace = raft_trace::open(config.raft_trace, lines);
    if (!trace) return std::unexpected(trace.error());
    chronik::wal::snapshot_report found;
    auto states = metadata_snapshots::open(**directory, journal_options(config).log_id, &found);
    if (!states) return storage_failure(fmt::format("cannot read the snapshots in {}/journal: {}", data->path(),
                                                    states.error().message()));
    for (auto const& name : found.damaged)
        log.error("{}/journal/{} is damaged: it is not used, and stays as it is", data->path(), name);
    auto known = stored_nodes_of(*stored, *states, *data, identity_of(config).peers);
    if (!known) return std::unexpected(known.error());
    auto const asked = config;
    config.connections_max = *clients;
    auto node = std::unique_ptr<broker_node>(
        new broker_node(std::move(config), lines, std::move(*trace),
                        {.data = std::move(*data),
                         .where = std::move(*directory),
                         .stored = std::make_unique<journal>(std::move(*stored)),
                         .states = std::move(*states),
                         .known = std::move(*known)},
                        chance, std::move(pages)));
    if (auto listening = node->listen(); !listening) return std::unexpected(listening.error());
    if (*again) node->log_.warn("what this node had stored is gone, and none of it had been synced: it begins again");
    tell_descriptors(node->log_, asked, descriptors);
    node->log_.info("recovered the journal: {}", describe(report));
    return node;
}

broker_node::broker_node(settings config, log_writer& lines, std::unique_ptr<raft_trace> trace, recovered disk,
                         seeds chance, std::unique_ptr<partitions::file_memory> pages)
    : config_(std::move(config)),
      lines_(lines),
      log_(lines, "broker"),
      trace_(std::move(trace)),
      data_(std::move(disk.data)),
      pages_(std::move(pages)),
      where_(std::move(disk.where)),
      journal_(std::move(disk.stored)),
      snapshots_(std::move(disk.states)),
      memory_(config_.inflight_bytes_max),
      status_(node_snapshot{}),
      lanes_([this](auto done) { loop_.post(std::move(done)); }),
      links_(loop_.context(), config_.node_id, cluster_of(data_.owner().cluster_id),
             {.on_frame =
                  [this](auto from, auto channel, auto body) { engine_.on_frame(from, channel, std::move(body)); },
              .on_peer =
                  [this, log = logger{lines, "net"}](auto peer, auto change, auto reason) {
                      driver_.peer_watch()(peer, change, reason);
                      log.info("node {} is {}{}{}", peer.value,
                               change == chronik::net::peer_change::up ? "connected" : "not connected",
                               reason.empty() ? "" : ": ", reason);
                  },
              .on_refused = [log = logger{lines, "net"}](auto address,
                                                         auto reason) { log.warn("refused {}: {}", address, reason); }},
             chance.transport),
      driver_(loop_.context()),
      housekeeping_([this](auto done) { loop_.post(std::move(done)); }),
      engine_({.config = config_,
               .lines = lines_,
               .loop = loop_,
               .stored = *journal_,
               .snapshots_of_metadata = snapshots_,
               .links = links_,
               .lanes = lanes_,
               .limits = host_options_of(config_),
               .founders = founders_of(data_.owner()),
               .known = std::move(disk.known),
               .incarnation = incarnation_now(),
               .states = [dir = config_.data_dir] { return chronik::posix::directory::open_shared(dir); },
               .memory = *pages_,
               .request_turn = [this] { driver_.request_turn(); },
               .keep_house = [this](auto work, auto finished) { keep_house(std::move(work), std::move(finished)); },
               .read = [this](auto lane, auto work,
                              auto finished) { read(lane, std::move(work), std::move(finished)); },
               .know_cluster = [this](auto const& id) { know_cluster(id); },
               .fail =
                   [this](auto code, auto why) {
                       if (auto const& damage = journal_->damage()) why += ": " + describe_damage(*damage);
                       fail(code, why);
                   },
               .trace = tracer()},
              chance.inside),
      clients_(loop_.context(), memory_, connections_, limits_of(config_),
               [this](auto const& from, auto body, auto answer) { engine_.serve(from, body, std::move(answer)); }),
      signals_(loop_.context(), SIGTERM, SIGINT),
      commands_([this](auto what, auto done) {
          loop_.post([this, what = std::move(what), done = std::move(done)]() mutable {
              loop_.start(administer(std::move(what), std::move(done)));
          });
      }),
      cluster_(data_.owner().cluster_id),
      started_(loop_.now()) {
    for (std::size_t lane = 0; lane < partitions::cold_reads::limits{}.lanes; ++lane)
        readers_.emplace_back([this](auto done) { loop_.post(std::move(done)); });
    memory_.attach(loop_.context());
}

broker_node::~broker_node() {
    housekeeping_.stop();
    lanes_.stop();
    for (auto& each : readers_) each.stop();
    engine_.drop_waiting();
    memory_.detach();
}

std::function<void(chronik::trace_event const&)> broker_node::tracer() {
    if (!trace_) return nullptr;
    return [this](auto const& happened) { trace_->write(happened); };
}

startup<void> broker_node::listen() {
    if (auto const opened = clients_.open(config_.bind_addr, config_.kafka_port); !opened) {
        return refuse(listen_problem(kafka_port_use, config_.bind_addr, config_.kafka_port, opened.error()));
    }
    if (!config_.single_node) {
        if (auto const opened = links_.listen(config_.bind_addr, config_.rpc_port); !opened) {
            return refuse(listen_problem(rpc_port_use, config_.bind_addr, config_.rpc_port, opened.error()));
        }
    }
    return open_http();
}

void broker_node::keep_house(chronik::task work, chronik::task finished) {
    // Refused only when this node is going away.
    static_cast<void>(housekeeping_.submit(std::move(work), std::move(finished)));
}

void broker_node::read(std::size_t lane, chronik::task work, chronik::task finished) {
    // Refused only when this node is going away.
    static_cast<void>(readers_[lane].submit(std::move(work), std::move(finished)));
}

exit_code broker_node::run() {
    driver_.drive(engine_.logs());
    if (auto const started = engine_.start(); !started) {
        log_.error("cannot open the metadata: {}", started.error().message());
        return exit_code::storage;
    }
    log_.info("clients will be told {}:{}", config_.advertised_addr, config_.kafka_port);
    loop_.start(sweep());
    loop_.start(wait_for_signal());
    loop_.context().run();
    commands_.close();
    if (http_) http_->stop();
    return exit_;
}

void broker_node::fail(exit_code code, std::string const& why) {
    log_.error("{}", why);
    exit_ = code;
    stopping_ = true;
    engine_.stop();
    loop_.post([this] { loop_.context().stop(); });
}

void broker_node::know_cluster(std::string const& text) {
    auto const known = data_.owner().cluster_id;
    if (!known.empty() && known != text) {
        return fail(exit_code::configuration, "the data directory " + config_.data_dir + " belongs to cluster " +
                                                  known + ", but the peers are of cluster " + text +
                                                  "; set data_dir or peers to match");
    }
    log_.info("the cluster is {}", text);
    links_.set_cluster(cluster_of(text));
    cluster_ = text;
    remember();
}

void broker_node::remember() {
    bool const synced = config_.durability == durability::sync && journal_->metrics().flushes > 0;
    auto const kept = data_.remember_cluster(cluster_, synced);
    if (kept) return;
    if (!kept.error().passes) return fail(kept.error().code, kept.error().text);
    log_.warn("{}; it is tried again", kept.error().text);
}

asio::awaitable<void> broker_node::sweep() {
    timer rest{loop_};
    chronik::time_point next_snapshot{}, next_connections{};
    while (!stopping_) {
        auto const now = loop_.now();
        if (!cluster_.empty() && (!data_.owner().synced || data_.owner().cluster_id != cluster_)) remember();
        engine_.sweep(now);
        if (phase_ == node_phase::starting && engine_.members().ready()) {
            phase_ = node_phase::running;
            next_snapshot = {};
            log_.info("ready after {} ms",
                      std::chrono::duration_cast<std::chrono::milliseconds>(now - started_).count());
        }
        if (now >= next_snapshot) {
            next_snapshot = now + snapshot_interval;
            status_.set(snapshot());
        }
        if (now >= next_connections) {
            next_connections = now + connection_sweep_interval;
            clients_.sweep(now);
            if (accepts_failed_.has_risen(connections_.accepts_failed, now))
                log_.warn("clients that connect have to wait: {}", connections_.accept_error.message());
        }
        co_await rest.pause(sweep_interval);
    }
}

asio::awaitable<void> broker_node::wait_for_signal() {
    std::error_code failed;
    auto const signal = co_await signals_.async_wait(asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return;
    log_.info("stopping on signal {}", signal);
    loop_.start(drain());
    co_await signals_.async_wait(asio::redirect_error(asio::use_awaitable, failed));
    if (failed) co_return;
    log_.warn("stopping at once on a second signal");
    loop_.context().stop();
}

}  // namespace broker
