// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <admin/metrics.hpp>

#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace broker {

enum class node_phase {
    starting,  ///< recovering, connecting, not yet serving
    running,   ///< serving clients
    draining,  ///< asked to stop: hands over leaderships, finishes requests
};

/// Something worth knowing about a node that has no field of its own: {"metadata_leader", 2}.
struct fact {
    std::string name;
    std::variant<bool, std::int64_t, std::uint64_t, double, std::string> value;
};

/// A broker as the metadata have it.
///
/// replaced        others are to have what it holds, since it has been away for so long
/// replicas, led   partitions that it holds, by itself or while they move; and those that it leads
/// votes           in the metadata group, as this node knows it
/// capacity        0 of one that was let in and has not come
struct broker_row {
    chronik::node_id node;
    std::string state;
    bool leaving = false;
    bool replaced = false;
    bool votes = false;
    std::string host;
    std::uint16_t kafka_port = 0;
    std::uint16_t http_port = 0;
    std::string rack;
    std::uint32_t capacity = 0;
    std::vector<std::string> tags;
    std::uint64_t replicas = 0;
    std::uint64_t led = 0;
};

/// A partition on its way.
struct move_row {
    std::string topic;
    std::uint32_t partition = 0;
    std::vector<chronik::node_id> replicas;
    std::vector<chronik::node_id> target;
};

/// The cluster as this node has applied it.
///
/// moves           the first moves_shown_max of `moving`
/// waiting         moves that wait for others; known to the metadata leader, 0 on the others
/// refused         why a rebalance that is due finds no plan; known to the metadata leader
struct cluster_rows {
    static constexpr std::size_t moves_shown_max = 1'000;

    chronik::node_id metadata_leader;
    std::uint64_t applied_index = 0;
    std::vector<broker_row> brokers;
    bool rebalance_due = false;
    bool rebalance_asked = false;
    std::uint64_t rebalances = 0;
    std::uint64_t moved = 0;
    std::uint64_t moving = 0;
    std::uint64_t waiting = 0;
    std::string refused;
    std::vector<move_row> moves;
};

/// What the node says about itself at one moment. Made by the event loop, never changed afterwards.
struct node_snapshot {
    chronik::node_id node{};
    std::string cluster_id;
    node_phase phase = node_phase::starting;
    std::vector<std::string> not_ready;  ///< what is still missing: "metadata: entry 40 of 52 applied"
    std::vector<fact> facts;
    cluster_rows cluster;
    metric_list metrics;
    chronik::time_point taken_at{};

    bool ready() const { return phase == node_phase::running && not_ready.empty(); }
};

/// The latest value of something, handed from one thread to others; readers keep what they got for as long as they
/// like.
///
/// threads   any. A mutex held for the copy of one pointer: libstdc++ 12's atomic shared_ptr is a lock as well, and one
///           that ThreadSanitizer does not understand.
template <class T>
class published {
public:
    explicit published(T first) : latest_(std::make_shared<T const>(std::move(first))) {}

    std::shared_ptr<T const> get() const {
        std::scoped_lock const lock(mutex_);
        return latest_;
    }
    void set(T value) {
        // Declared first, so that the value it is swapped for is freed after the lock is.
        auto next = std::make_shared<T const>(std::move(value));
        std::scoped_lock const lock(mutex_);
        latest_.swap(next);
    }

private:
    mutable std::mutex mutex_;
    std::shared_ptr<T const> latest_;
};

}  // namespace broker
