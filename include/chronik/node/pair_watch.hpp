// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>
#include <chronik/node/pair_messages.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace chronik {

/// Groups with their terms, as a number that changes with each that comes or goes.
class resting_set {
public:
    std::uint64_t digest() const { return digest_; }
    std::uint32_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    bool operator==(resting_set const&) const = default;

    void add(group_id group, log_term term) {
        digest_ ^= name(group, term);
        ++size_;
    }
    void remove(group_id group, log_term term) {
        CHRONIK_ASSERT(size_ > 0);
        digest_ ^= name(group, term);
        --size_;
    }

private:
    /// The finalizer of splitmix64, once for each half: groups and terms are small numbers in a row.
    static std::uint64_t name(group_id group, log_term term) { return mix(mix(group.value) + term.value); }
    static std::uint64_t mix(std::uint64_t word) {
        word += 0x9e3779b97f4a7c15ULL;
        word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9ULL;
        word = (word ^ (word >> 27)) * 0x94d049bb133111ebULL;
        return word ^ (word >> 31);
    }

    std::uint64_t digest_ = 0;
    std::uint32_t size_ = 0;
};

/// Watches over the groups that rest, by pairs of nodes: one message each way stands for the heartbeats of them all.
///
/// The leader of resting groups sends a beat with their digest; who follows it in the same groups is reassured, and
/// says so. A group that one of them counts and the other does not spoils that for both. Messages on their way do so
/// for a moment, and a group whose leader has gone for as long as it takes: after `silence_max` both wake what rests.
/// Between busy nodes a beat may wait that long behind megabytes of entries. Who is woken then waits for heartbeats as
/// of the last message of any kind, and does not stand for election because a beat is late.
class pair_watch {
public:
    pair_watch(duration interval, duration silence_max) : interval_(interval), silence_max_(silence_max) {}

    /// A group rests with this node as its leader, and `follower` as one of those who follow.
    void lead(node_id follower, group_id group, log_term term, time_point now) {
        pair& with = pairs_[follower];
        if (with.led.empty()) {
            with.echoed = now;
            with.next_beat = now + interval_;
        }
        with.led.add(group, term);
    }
    void lead_no_more(node_id follower, group_id group, log_term term) { pairs_[follower].led.remove(group, term); }

    void follow(node_id leader, group_id group, log_term term, time_point now) {
        pair& with = pairs_[leader];
        if (with.followed.empty()) {
            with.reassured = now;
            with.newest_beat = 0;
        }
        with.followed.add(group, term);
    }
    void follow_no_more(node_id leader, group_id group, log_term term) { pairs_[leader].followed.remove(group, term); }

    /// The answer to a beat; an old one, late or twice, reassures nobody.
    pair_echo hear(node_id from, pair_beat const& beat, time_point now) {
        auto const known = pairs_.find(from);
        if (known == pairs_.end()) return {beat.number, beat.groups == 0};
        pair& with = known->second;
        bool const same = with.followed.digest() == beat.digest && with.followed.size() == beat.groups;
        if (beat.number <= with.newest_beat) return {beat.number, same};
        with.newest_beat = beat.number;
        if (same) with.reassured = now;
        return {beat.number, same};
    }
    void hear(node_id from, pair_echo const& echo, time_point now) {
        auto const known = pairs_.find(from);
        if (known == pairs_.end()) return;
        pair& with = known->second;
        if (!echo.same || echo.number <= with.newest_echo || echo.number > with.sent) return;
        with.newest_echo = echo.number;
        with.echoed = now;
    }

    /// Anything: the node is there.
    void hear(node_id from, time_point now) {
        if (auto const known = pairs_.find(from); known != pairs_.end()) known->second.heard = now;
    }

    time_point wake_at() const {
        time_point soonest = never;
        for (auto const& [node, with] : pairs_) {
            if (!with.led.empty()) soonest = std::min({soonest, with.next_beat, with.echoed + silence_max_});
            if (!with.followed.empty()) soonest = std::min(soonest, with.reassured + silence_max_);
        }
        return soonest;
    }

    /// Gives the beats that are due to `send(node, pair_beat)`, and then the nodes that have been silent for too long
    /// to `rouse(node, when anything was heard of them)`, which wakes every group that rests with them.
    template <class Send, class Rouse>
    void visit_due(time_point now, Send&& send, Rouse&& rouse) {
        std::vector<std::pair<node_id, time_point>> silent;
        for (auto& [node, with] : pairs_) {
            if (!with.led.empty() && with.echoed + silence_max_ <= now) {
                silent.emplace_back(node, std::max(with.heard, std::exchange(with.echoed, now)));
            } else if (!with.led.empty() && with.next_beat <= now) {
                with.next_beat = now + interval_;
                send(node, pair_beat{++with.sent, with.led.digest(), with.led.size()});
            }
            if (!with.followed.empty() && with.reassured + silence_max_ <= now)
                silent.emplace_back(node, std::max(with.heard, std::exchange(with.reassured, now)));
        }
        for (auto const& [node, heard] : silent) rouse(node, heard);
    }

private:
    /// led        groups that this node leads, and the other follows
    /// followed   groups that the other leads, and this node follows
    struct pair {
        resting_set led;
        std::uint64_t sent = 0;
        std::uint64_t newest_echo = 0;
        time_point next_beat{};
        time_point echoed{};

        resting_set followed;
        std::uint64_t newest_beat = 0;
        time_point reassured{};

        time_point heard{};
    };

    duration interval_;
    duration silence_max_;
    std::map<node_id, pair> pairs_;
};

}  // namespace chronik
