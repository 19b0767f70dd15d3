// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <admin/metrics.hpp>

#include <chronik/base/ids.hpp>
#include <chronik/base/time.hpp>

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

/// What the node says about itself at one moment. Made by the event loop, never changed afterwards.
struct node_snapshot {
    chronik::node_id node{};
    std::string cluster_id;
    node_phase phase = node_phase::starting;
    std::vector<std::string> not_ready;  ///< what is still missing: "metadata: entry 40 of 52 applied"
    std::vector<fact> facts;
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
