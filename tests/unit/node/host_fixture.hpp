// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../../archetypes/group_storage.hpp"

#include <chronik/node/host.hpp>
#include <chronik/node/trace_line.hpp>
#include <chronik/transport/loopback.hpp>

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace chronik::test {

/// Remembers what was applied, in order; answers with the count.
struct recorder {
    using result_type = std::size_t;
    std::vector<std::string> seen;
    result_type apply(entry const& command) {
        seen.emplace_back(command.payload.text());
        return seen.size();
    }
};

/// Blocking work waits until the test says that it is done.
class manual_executor {
public:
    void run(task work, task finished) { tasks_.push_back({std::move(work), std::move(finished)}); }
    void run_in_background(task work, task finished) { run(std::move(work), std::move(finished)); }

    bool finish_one() {
        if (tasks_.empty()) return false;
        auto next = std::move(tasks_.front());
        tasks_.pop_front();
        next.first();
        next.second();
        return true;
    }
    std::size_t waiting() const { return tasks_.size(); }

private:
    std::deque<std::pair<task, task>> tasks_;
};

struct event_log {
    std::vector<std::pair<group_id, raft::event>> events;
    std::map<group_id, log_index> applied_to;
    std::error_code failure;
    std::vector<std::string> lines;
    void traced(trace_event const& happened) {
        std::array<char, trace_line_bytes_max> memory;
        lines.emplace_back(write_trace_line(happened, memory).value());
    }
    void event(group_id group, raft::event const& happened) { events.emplace_back(group, happened); }
    void applied(group_id group, log_index index) { applied_to[group] = index; }
    void failed(std::error_code error) { failure = error; }
};

using test_policies =
    policies<use<slot::storage, archetypes::group_storage&>, use<slot::transport, transport::loopback::endpoint&>,
             use_type<slot::machine, recorder>, use<slot::executor, manual_executor&>, use<slot::observer, event_log&>>;
using test_host = host<test_policies>;

/// Hosts on a loopback; time moves only when a test moves it.
class host_cluster {
public:
    struct member {
        archetypes::group_storage storage;
        manual_executor executor;
        event_log observed;
        std::optional<transport::loopback::endpoint> link;
        std::unique_ptr<test_host> host;
        bool away = false;  ///< hears nothing, does nothing
    };

    explicit host_cluster(std::uint32_t count, host_options options = {}) {
        for (std::uint32_t number = 1; number <= count; ++number) {
            node_id const id{number};
            auto& added = members_[id];
            added.link.emplace(network_.attach(id, [this, id](node_id from, std::uint8_t, shared_bytes body) {
                if (!members_[id].away) members_[id].host->on_frame(from, body, now_);
            }));
            added.host = std::make_unique<test_host>(
                id,
                test_policies{use<slot::storage, archetypes::group_storage&>{added.storage},
                              use<slot::transport, transport::loopback::endpoint&>{*added.link},
                              use_type<slot::machine, recorder>{},
                              use<slot::executor, manual_executor&>{added.executor},
                              use<slot::observer, event_log&>{added.observed}},
                options, number, [] {});
        }
    }

    member& at(std::uint32_t number) { return members_.at(node_id{number}); }
    time_point now() const { return now_; }

    raft::configuration everyone() const {
        raft::configuration all;
        for (auto const& [id, ignored] : members_) all.voters.push_back(id);
        return all;
    }
    void open_everywhere(group_id group, std::uint32_t preferred) {
        for (auto& [id, one] : members_) {
            ASSERT_TRUE(one.host->open_group(group, everyone(), recorder{}, id == node_id{preferred}, now_));
        }
    }

    /// A node ends its turn, and its disk gets on.
    void sync(std::uint32_t number) {
        at(number).host->finish_turn(now_);
        while (at(number).executor.finish_one()) at(number).host->finish_turn(now_);
    }
    void deliver() {
        while (network_.deliver_one()) {}
    }
    /// Turns, syncs and deliveries until nothing moves any more; time stands still.
    void settle() {
        for (bool moved = true; moved;) {
            moved = false;
            for (auto& [id, one] : members_) {
                if (one.away) continue;
                one.host->finish_turn(now_);
                while (one.executor.finish_one()) moved = true;
            }
            while (network_.deliver_one()) moved = true;
        }
    }
    void pass(duration time) {
        now_ += time;
        for (auto& [id, one] : members_)
            if (!one.away) one.host->on_time(now_);
        settle();
    }

private:
    transport::loopback network_;
    std::map<node_id, member> members_;
    time_point now_{std::chrono::seconds{1}};
};

}  // namespace chronik::test
