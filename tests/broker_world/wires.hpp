// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>
#include <chronik/base/random.hpp>
#include <chronik/base/shared_bytes.hpp>
#include <chronik/base/time.hpp>
#include <chronik/testing/network.hpp>
#include <chronik/testing/scheduler.hpp>
#include <chronik/transport/concepts.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <utility>

namespace broker::world {

/// How long things take on the way between brokers, in virtual time.
///
/// silence_timeout   what was sent is not acknowledged for so long: the connection is given up
struct wire_times {
    chronik::duration delay_min = std::chrono::microseconds{50};
    chronik::duration delay_max = std::chrono::milliseconds{2};
    chronik::duration retransmission = std::chrono::milliseconds{200};
    chronik::duration silence_timeout = std::chrono::seconds{5};
    chronik::duration dial_backoff_max = std::chrono::milliseconds{500};
};

/// The connections between brokers as TCP makes them, one for each direction: what is sent arrives whole and in order,
/// perhaps late, or is lost with its connection; a lost one is dialled again for ever.
///
/// Frames wait while a direction is cut, and go on when it is whole again. A process that ends is told to its peers at
/// once, or, when its machine went down, by nobody: they notice after silence_timeout, or when it is there again.
/// threads   one
class wires {
public:
    /// What a process is told; each from an event of its own.
    struct end {
        std::function<void(chronik::node_id from, std::uint8_t channel, chronik::shared_bytes body)> on_frame;
        std::function<void(chronik::node_id peer, bool up)> on_peer;
    };

    wires(chronik::testing::scheduler& events, std::uint64_t seed, wire_times times)
        : events_(&events), chance_(seed), times_(times) {}
    wires(wires const&) = delete;
    wires& operator=(wires const&) = delete;

    void attach(chronik::node_id node, end told) {
        ++lives_[node];
        ends_[node] = std::move(told);
        // Its machine knows nothing of the connections of an earlier life, and says so.
        for (auto& [between, one] : streams_)
            if (between.second == node && one.stale) reset_soon(between);
    }

    /// The process is gone. quiet   nobody says so
    void detach(chronik::node_id node, bool quiet) {
        ++lives_[node];
        ends_.erase(node);
        for (auto& [between, one] : streams_) {
            if (between.first == node) one.forget();
            if (between.second != node || !one.up) continue;
            one.stale = true;
            one.queue.clear();
            if (!quiet) reset_soon(between);
        }
    }

    // What one process does; see environment::links.

    void add_peer(chronik::node_id self, chronik::node_id peer) {
        stream({self, peer}).wanted = true;
        dial({self, peer}, chronik::duration::zero());
    }
    void remove_peer(chronik::node_id self, chronik::node_id peer) { stream({self, peer}).forget(); }
    bool connected(chronik::node_id self, chronik::node_id peer) const {
        auto const found = streams_.find({self, peer});
        return found != streams_.end() && found->second.up;
    }
    chronik::transport::send_result send(chronik::node_id self, chronik::node_id peer,
                                         chronik::transport::frame const& message) {
        pair const between{self, peer};
        auto& one = stream(between);
        if (!one.up) return chronik::transport::send_result::unreachable;
        watch_silence(between);
        if (one.stale) return chronik::transport::send_result::sent;  // a sender cannot tell
        if (one.queue.size() >= frames_queued_max) return chronik::transport::send_result::full;
        auto ready = std::max(one.last_ready, events_->now() + some_delay(one));
        ready = std::max(ready, one.hurt.clogged_until);
        one.last_ready = ready;
        one.queue.push_back({ready, message.channel, message.joined()});
        events_->at(ready, [this, between, number = one.number] { pump(between, number); });
        return chronik::transport::send_result::sent;
    }

    // What the world does to them; each is one direction.

    void cut(chronik::node_id from, chronik::node_id to) { ++stream({from, to}).hurt.cuts; }
    void mend(chronik::node_id from, chronik::node_id to) {
        auto& one = stream({from, to});
        one.hurt.cuts = std::max(0, one.hurt.cuts - 1);
        pump_soon({from, to}, one);
    }
    /// Loss costs retransmissions, and with enough of them the connection.
    chronik::testing::link_faults& link(chronik::node_id from, chronik::node_id to) { return stream({from, to}).hurt; }
    void heal() {
        for (auto& [between, one] : streams_) {
            one.hurt = {};
            pump_soon(between, one);
        }
    }
    /// The connection is reset, and what was on its way lost.
    void reset(chronik::node_id from, chronik::node_id to) { lose({from, to}); }

    std::uint64_t connections_lost() const { return lost_; }
    std::uint64_t frames_delivered() const { return delivered_; }
    std::uint64_t bytes_delivered() const { return bytes_delivered_; }

private:
    using pair = std::pair<chronik::node_id, chronik::node_id>;

    static constexpr std::size_t frames_queued_max = 20'000;

    struct waiting {
        chronik::time_point ready;
        std::uint8_t channel;
        chronik::shared_bytes body;
    };
    struct direction {
        chronik::testing::link_faults hurt;
        std::deque<waiting> queue;
        chronik::time_point last_ready{};
        std::uint64_t number = 0;  ///< of the connection
        bool wanted = false;       ///< the process at the beginning knows the one at the end
        bool dialling = false;
        bool up = false;
        bool stale = false;        ///< the process at the end is gone, and the one at the beginning has not heard
        bool watched = false;

        void close() {
            up = stale = watched = false;
            ++number;
            queue.clear();
        }
        void forget() {
            close();
            wanted = dialling = false;
        }
    };

    direction& stream(pair between) { return streams_[between]; }
    bool is_cut(pair between) {
        return stream(between).hurt.cuts > 0 || stream({between.second, between.first}).hurt.cuts > 0;
    }

    chronik::duration random_up_to(chronik::duration most) {
        return chronik::duration{static_cast<chronik::duration::rep>(
            chance_.below(static_cast<std::uint64_t>(most.count()) + 1))};
    }
    chronik::duration some_delay(direction const& of) {
        auto takes = times_.delay_min + random_up_to(times_.delay_max - times_.delay_min) + of.hurt.slow;
        auto again = times_.retransmission;
        for (; takes < times_.silence_timeout && chance_.chance(of.hurt.loss_percent); again *= 2) takes += again;
        return takes;
    }

    void pump_soon(pair between, direction const& one) {
        events_->after(chronik::duration::zero(), [this, between, number = one.number] { pump(between, number); });
    }
    void pump(pair between, std::uint64_t number) {
        auto& one = stream(between);
        while (one.number == number && !one.queue.empty() && one.hurt.cuts == 0 &&
               one.queue.front().ready <= events_->now()) {
            auto const next = std::move(one.queue.front());
            one.queue.pop_front();
            auto const to = ends_.find(between.second);
            if (to == ends_.end()) continue;
            ++delivered_;
            bytes_delivered_ += next.body.size();
            to->second.on_frame(between.first, next.channel, next.body);
        }
    }

    void dial(pair between, chronik::duration pause) {
        auto& one = stream(between);
        if (!one.wanted || one.up || std::exchange(one.dialling, true)) return;
        events_->after(pause + some_delay(one), [this, between, life = lives_[between.first]] {
            if (lives_[between.first] != life) return;
            auto& dialled = stream(between);
            dialled.dialling = false;
            if (!dialled.wanted || dialled.up) return;
            // A stranger is turned away.
            bool const is_welcome =
                ends_.contains(between.second) && stream({between.second, between.first}).wanted && !is_cut(between);
            if (!is_welcome) return dial(between, random_up_to(times_.dial_backoff_max));
            dialled.up = true;
            ++dialled.number;
            dialled.last_ready = events_->now();
            ends_.at(between.first).on_peer(between.second, true);
        });
    }

    void reset_soon(pair between) {
        auto const& one = stream(between);
        events_->after(some_delay(one), [this, between, number = one.number] {
            if (stream(between).number != number) return;
            // Nobody hears of it through a cut.
            if (is_cut(between)) watch_silence(between);
            else lose(between);
        });
    }
    void watch_silence(pair between) {
        auto& one = stream(between);
        if (!(one.stale || is_cut(between)) || std::exchange(one.watched, true)) return;
        events_->after(times_.silence_timeout, [this, between, number = one.number] {
            auto& watched = stream(between);
            if (watched.number != number) return;
            watched.watched = false;
            if (watched.stale || is_cut(between)) lose(between);
        });
    }
    void lose(pair between) {
        auto& one = stream(between);
        if (!one.up) return;
        ++lost_;
        one.close();
        auto const from = ends_.find(between.first);
        if (from == ends_.end()) return;
        from->second.on_peer(between.second, false);
        dial(between, random_up_to(times_.dial_backoff_max));
    }

    chronik::testing::scheduler* events_;
    chronik::random chance_;
    wire_times times_;
    std::map<chronik::node_id, end> ends_;
    std::map<chronik::node_id, std::uint64_t> lives_;
    std::map<pair, direction> streams_;
    std::uint64_t lost_ = 0;
    std::uint64_t delivered_ = 0;
    std::uint64_t bytes_delivered_ = 0;
};

}  // namespace broker::world
