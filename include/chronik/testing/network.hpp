// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/random.hpp>
#include <chronik/testing/scheduler.hpp>
#include <chronik/transport/concepts.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace chronik::testing {

/// What the network does to frames, in percent of all frames and in virtual time.
struct network_faults {
    unsigned loss_percent = 0;
    unsigned duplicate_percent = 0;
    duration delay_min = std::chrono::microseconds(50);
    duration delay_max = std::chrono::microseconds(500);  ///< a frame may overtake another within this range
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
    void cut(node_id from, node_id to) { cut_.insert({from, to}); }
    void isolate(node_id node, std::vector<node_id> const& others) {
        for (node_id other : others) {
            if (other == node) continue;
            cut(node, other);
            cut(other, node);
        }
    }
    void heal() { cut_.clear(); }

    std::uint64_t frames_lost() const { return lost_; }
    std::uint64_t frames_delivered() const { return delivered_; }

private:
    transport::send_result carry(node_id from, node_id to, transport::frame const& frame) {
        if (cut_.contains({from, to}) || chance_.chance(faults_.loss_percent)) {
            ++lost_;
            return transport::send_result::sent;  // a sender cannot tell
        }
        unsigned const copies = chance_.chance(faults_.duplicate_percent) ? 2 : 1;
        for (unsigned copy = 0; copy < copies; ++copy) {
            auto const spread = static_cast<std::uint64_t>((faults_.delay_max - faults_.delay_min).count());
            duration const delay = faults_.delay_min + duration(static_cast<duration::rep>(chance_.below(spread + 1)));
            events_->after(delay, [this, from, to, channel = frame.channel, body = frame.joined()] {
                if (cut_.contains({from, to})) {
                    ++lost_;
                    return;
                }
                auto const receives = receivers_.find(to);
                if (receives == receivers_.end()) return;
                ++delivered_;
                receives->second(from, channel, body);
            });
        }
        return transport::send_result::sent;
    }

    scheduler* events_;
    random chance_;
    network_faults faults_;
    std::map<node_id, receiver> receivers_;
    std::set<std::pair<node_id, node_id>> cut_;
    std::uint64_t lost_ = 0;
    std::uint64_t delivered_ = 0;
};

}  // namespace chronik::testing
