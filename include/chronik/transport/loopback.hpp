// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/assert.hpp>
#include <chronik/base/ids.hpp>
#include <chronik/transport/concepts.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <utility>

namespace chronik::transport {

/// A network inside one process: frames arrive in the order they were sent, when the caller says so.
///
/// No thread, no clock, no chance: the same calls give the same run. For losses and delays by seed see
/// testing/network.hpp.
/// threads   one
class loopback {
public:
    using receiver = std::move_only_function<void(node_id from, std::uint8_t channel, shared_bytes body)>;

    explicit loopback(std::size_t frames_max = 4096) : frames_max_(frames_max) {}
    loopback(loopback const&) = delete;
    loopback& operator=(loopback const&) = delete;

    /// One node's end; a model of transport::transport. The loopback outlives it.
    class endpoint {
    public:
        send_result send(node_id to, frame const& message) { return links_->accept(self_, to, message); }

    private:
        friend loopback;
        endpoint(loopback& links, node_id self) : links_(&links), self_(self) {}
        loopback* links_;
        node_id self_;
    };

    endpoint attach(node_id node, receiver receives) {
        CHRONIK_ASSERT(node != no_node);
        receivers_[node] = std::move(receives);
        return {*this, node};
    }
    /// The node is gone: what was on its way to it is lost.
    void detach(node_id node) { receivers_.erase(node); }

    /// Delivers the oldest frame; false when there is none. The receiver may send, attach and detach.
    bool deliver_one() {
        if (waiting_.empty()) return false;
        travelling const next = std::move(waiting_.front());
        waiting_.pop_front();
        auto const found = receivers_.find(next.to);
        if (found == receivers_.end()) return true;
        // Held here while it runs: it may detach itself.
        receiver receives = std::exchange(found->second, nullptr);
        receives(next.from, next.channel, next.body);
        auto const after = receivers_.find(next.to);
        if (after != receivers_.end() && !after->second) after->second = std::move(receives);
        return true;
    }

    std::size_t waiting() const { return waiting_.size(); }

private:
    struct travelling {
        node_id from;
        node_id to;
        std::uint8_t channel;
        shared_bytes body;
    };

    send_result accept(node_id from, node_id to, frame const& message) {
        if (!receivers_.contains(to)) return send_result::unreachable;
        if (waiting_.size() >= frames_max_) return send_result::full;
        waiting_.push_back({from, to, message.channel, message.joined()});
        return send_result::sent;
    }

    std::size_t frames_max_;
    std::map<node_id, receiver> receivers_;
    std::deque<travelling> waiting_;
};

}  // namespace chronik::transport
