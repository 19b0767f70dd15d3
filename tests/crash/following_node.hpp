// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "journal_script.hpp"

#include <chronik/node/host.hpp>
#include <chronik/transport/loopback.hpp>
#include <chronik/wal/snapshot_store.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chronik::crash {

using disk_snapshots = wal::snapshot_store<testing::disk_directory>;

/// Knows how far it has come, and nothing else.
struct position {
    using result_type = std::uint64_t;
    log_index at{};

    result_type apply(entry const& command) {
        at = command.index;
        return at.value;
    }
    machine::one_chunk snapshot() const { return machine::one_chunk{state_at(at)}; }
    result<void> restore(shared_bytes const& bytes) {
        log_index const found{std::stoull(std::string{bytes.text()})};
        if (bytes != state_at(found)) return failure(errc::malformed);
        at = found;
        return {};
    }
    static shared_bytes state_at(log_index index) {
        return shared_bytes::copy_of(std::to_string(index.value) + std::string(400 + 100 * index.value % 900, '.'));
    }
};

/// Two lanes whose work begins, and ends, when the test says so.
class stepped_lanes {
public:
    void run(task work, task finished) { urgent_.push_back({std::move(work), std::move(finished)}); }
    void run_in_background(task work, task finished) {
        background_.push_back({std::move(work), std::move(finished)});
    }

    /// The oldest piece of work is done, or, if it was, the host hears of it.
    bool step(bool urgent) {
        auto& lane = urgent ? urgent_ : background_;
        if (lane.empty()) return false;
        if (auto work = std::exchange(lane.front().work, nullptr)) {
            work();
            return true;
        }
        auto finished = std::move(lane.front().finished);
        lane.pop_front();
        finished();
        return true;
    }

private:
    struct job {
        task work;
        task finished;
    };
    std::deque<job> urgent_;
    std::deque<job> background_;
};

/// A node on a disk that follows a leader which the test plays: entries, snapshots of what comes much later, the two
/// lanes and the host's turns in any order, by seed.
class following_node {
public:
    static constexpr group_id group{3};
    static constexpr node_id self{1};
    static constexpr node_id leader{2};

    following_node(testing::disk& disk, wal::options const& limits, std::uint64_t seed)
        : files_(disk.directory()), chance_(seed), link_(links_.attach(self, [](auto&&...) {})) {
        auto hears = [this](node_id, std::uint8_t, shared_bytes const& body) { hear(body); };
        static_cast<void>(links_.attach(leader, std::move(hears)));
        auto journal = disk_journal::open(files_, limits, seed, &recovered_);
        if (!journal) return;
        journal_.emplace(std::move(*journal));
        auto snapshots = disk_snapshots::open(files_, limits.log_id);
        if (!snapshots) return;
        snapshots_.emplace(std::move(*snapshots));
        auto const* const log = journal_->find(group);
        log_index const last = log == nullptr ? log_index{} : log->last_index();
        host_.emplace(self,
                      policies{use<slot::storage, disk_journal&>{*journal_},
                               use<slot::transport, transport::loopback::endpoint&>{link_},
                               use_type<slot::machine, position>{}, use<slot::executor, stepped_lanes&>{lanes_},
                               use<slot::snapshots, disk_snapshots&>{*snapshots_}},
                      host_options{.raft = {}, .snapshots = {.after_entries = 4, .after_bytes = 0, .keep_entries = 1}},
                      seed, [] {});
        opened_ = open();
        went_ahead_ = journal_->find(group) != nullptr && journal_->find(group)->last_index() > last;
    }

    /// False where the journal or the snapshots could not be read.
    bool has_storage() const { return host_.has_value(); }
    wal::recovery_report const& recovered() const { return recovered_; }
    result<void> const& opened() const { return opened_; }
    /// Its log has given way to a snapshot when it was opened.
    bool went_ahead() const { return went_ahead_; }
    auto const& of_group() const { return *host_->find(group); }
    host_metrics const& metrics() const { return host_->metrics(); }
    /// What the leader was told is on this node's disk.
    log_index acknowledged() const { return acknowledged_; }
    std::uint64_t removals() const { return removals_; }

    /// removes   the group also goes, and comes back empty, now and then
    void run(std::size_t steps, bool removes) {
        for (std::size_t step = 0; step < steps && opened_ && !host_->failed(); ++step) act(removes);
    }
    /// Everything that is under way comes to its end.
    void finish() {
        for (bool moved = true; moved && !host_->failed();) {
            turn();
            moved = lanes_.step(true) || lanes_.step(false);
        }
    }

private:
    using host_type =
        host<policies<use<slot::storage, disk_journal&>, use<slot::transport, transport::loopback::endpoint&>,
                      use_type<slot::machine, position>, use<slot::executor, stepped_lanes&>,
                      use<slot::snapshots, disk_snapshots&>>>;
    static constexpr time_point now{std::chrono::seconds{1}};
    static constexpr log_term term{1};

    result<void> open() {
        return host_->open_group(group, {.voters = {self, leader, node_id{3}}}, position{}, false, now);
    }

    void act(bool removes) {
        auto const dice = chance_.below(100);
        if (dice < 14) return append();
        if (dice < 24) return send_snapshot();
        if (dice < 50) return static_cast<void>(lanes_.step(true));
        if (dice < 75) return static_cast<void>(lanes_.step(false));
        if (dice < 77 && removes) return replace_group();
        turn();
    }

    void turn() {
        host_->finish_turn(now);
        while (links_.deliver_one()) {}
    }

    void append() {
        log_index const last = of_group().core.last_index();
        raft::append_request request{.term = term,
                                     .prev_index = last,
                                     .prev_term = last == log_index{} ? log_term{} : term,
                                     .commit_index = last,
                                     .entries = {}};
        for (std::uint64_t count = chance_.between(1, 4); count > 0; --count) {
            log_index const next = last + 1 + request.entries.size();
            request.entries.push_back({.term = term,
                                       .index = next,
                                       .kind = entry_kind::command,
                                       .base_offset = log_offset{next.value - 1},
                                       .record_count = 1,
                                       .payload = payload_of(group, next, term, 100)});
        }
        tell(std::move(request));
    }

    /// The next piece of one that is on its way, or the first of another.
    void send_snapshot() {
        log_index const last = of_group().core.last_index();
        bool const over = !sending_ || sending_->last_index <= last;
        if (over || chance_.chance(5)) {
            log_index const index = std::max(last, over ? last : sending_->last_index) + chance_.between(1, 8);
            auto const state = position::state_at(index);
            sending_ = raft::snapshot_info{.last_index = index,
                                           .last_term = term,
                                           .next_offset = log_offset{index.value},
                                           .members = {.voters = {self, leader, node_id{3}}},
                                           .bytes = state.size(),
                                           .crc = crc32c::value(state.view())};
            offset_ = 0;
        }
        auto const state = position::state_at(sending_->last_index);
        auto data = state.slice(offset_, std::min<std::size_t>(700, state.size() - offset_));
        auto const crc = crc32c::value(data.view());
        tell(raft::snapshot_chunk{.term = term, .info = *sending_, .offset = offset_, .crc = crc, .data = data});
    }

    /// As a member that is sent away and taken back.
    void replace_group() {
        host_->remove_group(group);
        acknowledged_ = {};
        sending_.reset();
        ++removals_;
        if (chance_.chance(30)) turn();
        opened_ = open();
    }

    void tell(raft::message message) {
        frame_builder frames{1 << 20};
        frames.add(group, message);
        for (auto const& each : frames.take()) host_->on_frame(leader, each.joined(), now);
    }

    void hear(shared_bytes const& body) {
        auto const group_said = [this](group_id, raft::message&& message) {
            if (auto const* said = std::get_if<raft::append_response>(&message); said != nullptr && said->success)
                acknowledged_ = std::max(acknowledged_, said->match_index);
            auto const* const told = std::get_if<raft::snapshot_answer>(&message);
            if (told == nullptr) return;
            if (told->progress == raft::snapshot_progress::installed)
                acknowledged_ = std::max(acknowledged_, told->last_index);
            if (sending_ && told->last_index == sending_->last_index) offset_ = told->offset;
        };
        static_cast<void>(decode_raft_frame(body, overloaded{group_said, [](pair_message const&) {}}));
    }

    testing::disk_directory files_;
    chronik::random chance_;
    transport::loopback links_;
    transport::loopback::endpoint link_;
    stepped_lanes lanes_;
    wal::recovery_report recovered_;
    std::optional<disk_journal> journal_;
    std::optional<disk_snapshots> snapshots_;
    std::optional<host_type> host_;
    result<void> opened_ = failure(errc::closed);
    std::optional<raft::snapshot_info> sending_;
    std::uint64_t offset_ = 0;
    log_index acknowledged_{};
    bool went_ahead_ = false;
    std::uint64_t removals_ = 0;
};

}  // namespace chronik::crash
