// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker_world/connection.hpp>
#include <broker_world/driver.hpp>
#include <broker_world/page_cache.hpp>
#include <broker_world/wires.hpp>
#include <cluster/stored_metadata.hpp>
#include <composition.hpp>
#include <engine/engine.hpp>
#include <environment.hpp>
#include <log/log.hpp>
#include <partitions/cold_reads.hpp>
#include <settings/exit.hpp>
#include <settings/settings.hpp>

#include <chronik/base/error.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/base/random.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/base/time.hpp>
#include <chronik/node/host_options.hpp>
#include <chronik/raft/configuration.hpp>
#include <chronik/testing/clock.hpp>
#include <chronik/testing/disk.hpp>
#include <chronik/testing/scheduler.hpp>
#include <chronik/wal/options.hpp>
#include <chronik/wal/recovery_report.hpp>

#include <asio/awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace broker::world {

/// What a broker process is started with.
///
/// medium, pages   of the machine: they outlive the process
/// founders        the members that the metadata group began with
/// incarnation     larger than that of any earlier start of the node
/// sync_time       of the device, each piece of work within these
struct process_parts {
    chronik::testing::scheduler& events;
    wires& links;
    chronik::testing::disk& medium;
    page_cache& pages;
    settings const& config;
    log_writer& lines;
    chronik::testing::clock shows;
    std::int64_t wall_base = 0;
    std::uint64_t incarnation = 0;
    chronik::host_options limits;
    chronik::wal::options journal;
    chronik::raft::configuration founders;
    chronik::duration sync_time_min{};
    chronik::duration sync_time_max{};
    std::function<void(std::string const&)> know_cluster;
    /// It cannot go on, and is to be ended by its owner, later.
    std::function<void(exit_code, std::string const&)> failed;
    std::function<void()> turned;    ///< a turn of the replicated logs is over
    std::function<void()> has_left;  ///< what leave() has begun is done
};

/// One life of one broker: the engine as it runs in production, between a disk, links and a clock that do what the seed
/// says. What server/broker.cpp is to a real process.
///
/// Destroying it is a crash: nothing is written any more, and nobody is answered.
/// threads   one for each world
class process {
public:
    /// Recovers the journal.
    ///
    /// errors   the disk's, errc::corrupt_record; `report` says more
    static chronik::result<std::unique_ptr<process>> open(process_parts use, std::uint64_t seed,
                                                          chronik::wal::recovery_report& report) {
        chronik::random chance{seed};
        auto files = std::make_unique<environment::directory>(use.medium.directory());
        auto pages = std::make_unique<partitions::file_memory>(use.pages.seen());
        use.journal.memory = pages->check();
        auto stored = journal::open(*files, use.journal, chance(), &report);
        if (!stored) return std::unexpected(stored.error());
        auto states = metadata_snapshots::open(*files, use.journal.log_id);
        if (!states) return std::unexpected(states.error());
        auto known = read_stored_nodes(*stored, *states);
        if (!known) return std::unexpected(known.error());
        return std::unique_ptr<process>{new process{std::move(use), chance, std::move(files), std::move(pages),
                                                    std::move(*stored), std::move(*states), std::move(*known)}};
    }

    ~process() {
        stop_work();
        driver_.stop();
        for (auto const& each : connections_) each->end(is_quiet_);
    }
    process(process const&) = delete;
    process& operator=(process const&) = delete;

    /// errors   the storage's
    chronik::result<void> start() {
        driver_.drive(engine_.logs());
        auto const begun = engine_.start();
        if (begun) loop_.start(sweep());
        return begun;
    }

    /// Stops as on SIGTERM, and says when that is over.
    void leave() {
        if (!std::exchange(leaving_, true)) loop_.start(go());
    }
    /// The power goes: work that the device has begun meets that, and no client hears of it.
    void interrupt(bool quiet) {
        is_quiet_ = quiet;
        lanes_.interrupt();
        house_.interrupt();
    }
    /// It is stopped, and goes on after this time as if nothing had been.
    void freeze(chronik::duration time) { loop_.freeze(use_.events.now() + time); }

    std::shared_ptr<connection> accept(std::uint64_t seed, std::string client) {
        std::erase_if(connections_, [](auto const& each) { return !each->is_served(); });
        auto made = std::make_shared<connection>(
            use_.events, seed, loop_, std::move(client),
            [this](auto const& from, auto const& body, auto answer) { engine_.serve(from, body, std::move(answer)); });
        connections_.push_back(made);
        return made;
    }

    void on_frame(chronik::node_id from, std::uint8_t channel, chronik::shared_bytes body) {
        loop_.post([this, from, channel, body = std::move(body)]() mutable {
            engine_.on_frame(from, channel, std::move(body));
        });
    }
    void on_peer(chronik::node_id peer, bool up) {
        if (up) return;
        loop_.post([this, peer] {
            engine_.logs().suspect(peer, loop_.now());
            driver_.request_turn();
        });
    }
    void stall(chronik::duration time) {
        auto const until = use_.events.now() + time;
        lanes_.stall(until);
        house_.stall(until);
        for (auto& each : readers_) each.stall(until);
    }

    engine& inside() { return engine_; }
    event_loop& loop() { return loop_; }
    driver& turns() { return driver_; }
    bool is_leaving() const { return leaving_; }

private:
    static constexpr chronik::duration sweep_interval = std::chrono::milliseconds{20};
    static constexpr chronik::duration answers_limit = std::chrono::seconds{2};

    process(process_parts use, chronik::random& chance, std::unique_ptr<environment::directory> files,
            std::unique_ptr<partitions::file_memory> pages, journal&& stored, metadata_snapshots&& states,
            stored_nodes known)
        : use_(std::move(use)),
          loop_(use_.events, use_.shows, use_.wall_base),
          files_(std::move(files)),
          pages_(std::move(pages)),
          journal_(std::move(stored)),
          snapshots_(std::move(states)),
          lanes_(loop_, use_.events, chance(), use_.sync_time_min, use_.sync_time_max),
          house_(loop_, use_.events, chance(), use_.sync_time_min, use_.sync_time_max),
          links_(use_.links, use_.config.node_id),
          driver_(loop_, use_.turned),
          engine_({.config = use_.config,
                   .lines = use_.lines,
                   .loop = loop_,
                   .stored = journal_,
                   .snapshots_of_metadata = snapshots_,
                   .links = links_,
                   .lanes = lanes_,
                   .limits = use_.limits,
                   .founders = use_.founders,
                   .known = std::move(known),
                   .incarnation = use_.incarnation,
                   .states = [this] { return chronik::result<environment::directory>{*files_}; },
                   .memory = *pages_,
                   .request_turn = [this] { driver_.request_turn(); },
                   .keep_house = [this](auto work, auto done) { house_.run(std::move(work), std::move(done)); },
                   .read = [this](auto lane, auto work,
                                  auto done) { readers_[lane].run(std::move(work), std::move(done)); },
                   .know_cluster = use_.know_cluster,
                   .fail = [this](auto code, auto const& why) { fail(code, why); },
                   .trace = nullptr},
                  seeds_of(chance)) {
        for (std::size_t lane = 0; lane < partitions::cold_reads::limits{}.lanes; ++lane)
            readers_.emplace_back(loop_, use_.events, chance(), use_.sync_time_min, use_.sync_time_max);
    }

    static engine::seeds seeds_of(chronik::random& chance) {
        // One after the other: compilers are free to choose which argument of a call comes first.
        engine::seeds made{};
        made.host = chance();
        made.cluster = chance();
        made.ids = chance();
        made.groups = chance();
        return made;
    }

    void stop_work() {
        lanes_.stop();
        house_.stop();
        for (auto& each : readers_) each.stop();
    }
    void fail(exit_code code, std::string const& why) {
        engine_.stop();
        use_.failed(code, why);
    }

    asio::awaitable<void> sweep() {
        timer rest{loop_};
        while (true) {
            engine_.sweep(loop_.now());
            co_await rest.pause(sweep_interval);
        }
    }

    asio::awaitable<void> go() {
        auto const deadline = loop_.now() + use_.config.drain_timeout;
        co_await engine_.leave(deadline);
        timer rest{loop_};
        auto const answers_deadline = std::min(deadline, loop_.now() + answers_limit);
        while (loop_.now() < answers_deadline && !engine_.logs().storage_idle())
            co_await rest.pause(std::chrono::milliseconds{5});
        engine_.stop();
        driver_.stop();
        stop_work();
        close_journal();
        loop_.stop();
        use_.has_left();
    }

    /// As a process does: the last flush, and the mark that says so. Where the disk fails meanwhile, recovery finds
    /// what is there.
    void close_journal() {
        if (journal_.is_flushing()) return;
        bool const is_flushed = journal_.flush().has_value();
        bool const is_closed = is_flushed && journal_.close() && journal_.flush();
        if (is_closed) engine_.write_states();
    }

    process_parts use_;
    event_loop loop_;
    std::unique_ptr<environment::directory> files_;
    std::unique_ptr<partitions::file_memory> pages_;  ///< outlives the journal, which asks it
    journal journal_;
    metadata_snapshots snapshots_;
    environment::lanes lanes_;
    environment::lanes house_;
    std::deque<environment::lanes> readers_;
    environment::links links_;
    driver driver_;
    engine engine_;
    std::vector<std::shared_ptr<connection>> connections_;
    bool leaving_ = false;
    bool is_quiet_ = false;
};

}  // namespace broker::world
