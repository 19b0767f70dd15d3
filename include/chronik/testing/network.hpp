// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/random.hpp>
#include <chronik/testing/scheduler.hpp>
#include <chronik/transport/concepts.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

namespace chronik::testing {

/// What the network does to frames, in percent of all frames and in virtual time.
struct network_faults {
    unsigned loss_percent = 0;
    unsigned duplicate_percent = 0;
    duration delay_min = std::chrono::microseconds(50);
    duration delay_max = std::chrono::microseconds(500);  ///< a frame may overtake another within this range
    unsigned straggler_percent = 0;   ///< of the frames that arrive: a second copy comes much later,
    duration straggler_max{};         ///< up to this much, all orders of magnitude alike
};

/// What one direction between two nodes suffers beyond the whole network's faults.
///
/// cuts            how many faults cut it: nothing passes while there is one
/// loss_percent    of its frames
/// slow            added to each delay
/// clogged_until   frames are held, and then come all at once and in any order; beyond `held_max` they are lost
struct link_faults {
    int cuts = 0;
    unsigned loss_percent = 0;
    duration slow{};
    time_point clogged_until{};
    unsigned held = 0;

    static constexpr unsigned held_max = 64;
};

/// The links between simulated nodes: delay, loss, duplication and reordering by seed, partitions on request.
///
/// threads   one
class network {
public:
    using receiver = std::function<void(node_id from, std::uint8_t channel, shared_bytes body)>;

    network(scheduler& events, std::uint64_t seed, network_faults faults = {})
        : events_(&events), chance_(seed), faults_(faults) {}

    /// One node's end of the network; a model of transport::transport.
    class endpoint {
    public:
        endpoint(network& links, node_id self) : links_(&links), self_(self) {}
        transport::send_result send(node_id to, transport::frame const& frame) {
            return links_->carry(self_, to, frame);
        }

    private:
        network* links_;
        node_id self_;
    };

    void attach(node_id node, receiver receives) { receivers_[node] = std::move(receives); }
    /// The node is gone: what was on its way to it is lost.
    void detach(node_id node) { receivers_.erase(node); }

    void set_faults(network_faults faults) { faults_ = faults; }
    /// Cuts one direction, so that asymmetric and bridge partitions can be built.
    void cut(node_id from, node_id to) { ++link(from, to).cuts; }
    void mend(node_id from, node_id to) { link(from, to).cuts = std::max(0, link(from, to).cuts - 1); }
    void isolate(node_id node, std::vector<node_id> const& others) {
        for (node_id other : others) {
            if (other == node) continue;
            cut(node, other);
            cut(other, node);
        }
    }
    /// One direction, to hurt it.
    link_faults& link(node_id from, node_id to) { return hurt_[{from, to}]; }
    /// Every link works as the whole network does.
    void heal() { hurt_.clear(); }
    /// Frames that were sent and have not come yet never will: nothing arrives late any more.
    void lose_what_is_under_way() { ++era_; }

    std::uint64_t frames_lost() const { return lost_; }
    std::uint64_t frames_delivered() const { return delivered_; }
    std::uint64_t bytes_delivered() const { return bytes_; }
    std::uint64_t frames_repeated() const { return repeated_; }
    std::uint64_t frames_late() const { return late_; }

private:
    link_faults* faults_of(node_id from, node_id to) {
        if (hurt_.empty()) return nullptr;
        auto const found = hurt_.find({from, to});
        return found == hurt_.end() ? nullptr : &found->second;
    }

    transport::send_result carry(node_id from, node_id to, transport::frame const& frame) {
        link_faults* const hurt = faults_of(from, to);
        if ((hurt && (hurt->cuts > 0 || chance_.chance(hurt->loss_percent))) || chance_.chance(faults_.loss_percent)) {
            ++lost_;
            return transport::send_result::sent;  // a sender cannot tell
        }
        bool const clogged = hurt && hurt->clogged_until > events_->now();
        if (clogged && hurt->held >= link_faults::held_max) {
            ++lost_;
            return transport::send_result::full;
        }
        duration least = hurt ? hurt->slow : duration{};
        if (clogged) {
            ++hurt->held;
            least += hurt->clogged_until - events_->now();
        } else if (hurt) {
            hurt->held = 0;
        }
        unsigned const copies = chance_.chance(faults_.duplicate_percent) ? 2 : 1;
        repeated_ += copies - 1;
        shared_bytes const body = frame.joined();
        for (unsigned copy = 0; copy < copies; ++copy) deliver(least + some_delay(), from, to, frame.channel, body);
        if (faults_.straggler_percent != 0 && chance_.chance(faults_.straggler_percent)) {
            ++late_;
            deliver(least + long_delay(), from, to, frame.channel, body);
        }
        return transport::send_result::sent;
    }

    duration some_delay() {
        auto const spread = static_cast<std::uint64_t>((faults_.delay_max - faults_.delay_min).count());
        return faults_.delay_min + duration{static_cast<duration::rep>(chance_.below(spread + 1))};
    }
    duration long_delay() {
        auto const longest = std::max<std::uint64_t>(2, static_cast<std::uint64_t>(faults_.straggler_max.count()));
        auto const magnitude = chance_.between(1, static_cast<std::uint64_t>(std::bit_width(longest)) - 1);
        return duration{static_cast<duration::rep>(chance_.below(std::uint64_t{2} << magnitude))};
    }

    void deliver(duration delay, node_id from, node_id to, std::uint8_t channel, shared_bytes const& body) {
        events_->after(delay, [this, era = era_, from, to, channel, body] {
            auto const* const hurt = faults_of(from, to);
            if (era != era_ || (hurt && hurt->cuts > 0)) {
                ++lost_;
                return;
            }
            auto const receives = receivers_.find(to);
            if (receives == receivers_.end()) return;
            ++delivered_;
            bytes_ += body.size();
            receives->second(from, channel, body);
        });
    }

    scheduler* events_;
    random chance_;
    network_faults faults_;
    std::map<node_id, receiver> receivers_;
    std::map<std::pair<node_id, node_id>, link_faults> hurt_;
    std::uint64_t era_ = 0;  ///< frames of an earlier one are lost
    std::uint64_t lost_ = 0;
    std::uint64_t delivered_ = 0;
    std::uint64_t bytes_ = 0;  ///< of frames that were delivered
    std::uint64_t repeated_ = 0;
    std::uint64_t late_ = 0;
};

}  // namespace chronik::testing
