// SPDX-License-Identifier: Apache-2.0
#include <partitions/cold_reads.hpp>

#include <chronik/base/assert.hpp>

#include <algorithm>
#include <utility>

namespace broker::partitions {

cold_reads::cold_reads(limits bounds, parts with, logger log)
    : bounds_(bounds), with_(std::move(with)), log_(std::move(log)), running_(bounds.lanes) {
    CHRONIK_ASSERT(bounds.lanes > 1);
}

cold_reads::~cold_reads() { *alive_ = false; }

void cold_reads::bring(chronik::wal::settled_range what, reason why, told done) {
    CHRONIK_ASSERT(why != reason::ahead);
    CHRONIK_ASSERT(!what.runs.empty());
    CHRONIK_ASSERT(what.bytes > 0);
    ++waiting_;
    auto const group = what.runs.front()->name().group;
    auto const bytes = what.bytes;
    of(why).push_back({std::move(what), {}, why, std::move(done), group, bytes});
    start_what_waits();
}

void cold_reads::bring_ahead(chronik::wal::settled_range what, chronik::shared_bytes passed,
                             chronik::shared_bytes coming) {
    CHRONIK_ASSERT(!what.runs.empty());
    what.bytes = std::clamp<std::size_t>(what.bytes, 1, bounds_.window_bytes_max);
    if (what.bytes > bounds_.ahead_bytes_max - std::min(bounds_.ahead_bytes_max, bytes_ahead_)) return;
    auto const group = what.runs.front()->name().group;
    if (groups_ahead_.contains(group)) return;
    // Rows are a small part, and were looked at just before or lie beside those that were.
    auto const next = coming.view().first(std::min(coming.size(), what.bytes));
    if (!next.empty() && with_.memory.holds(next)) return;
    groups_ahead_.insert(group);
    bytes_ahead_ += what.bytes;
    auto const bytes = what.bytes;
    of(reason::ahead).push_back({std::move(what), std::move(passed), reason::ahead, nullptr, group, bytes});
    start_what_waits();
}

void cold_reads::clear() {
    waiting_ = 0;
    bytes_ahead_ = 0;
    groups_ahead_.clear();
    // Who is forgotten may be the last to hold something that asks again.
    auto const orders = std::exchange(waiting_orders_, {});
    auto const running = std::exchange(running_, std::vector<std::optional<order>>(bounds_.lanes));
    *std::exchange(alive_, std::make_shared<bool>(true)) = false;
}

void cold_reads::start_what_waits() {
    for (std::size_t lane = 0; lane < running_.size(); ++lane) {
        if (running_[lane]) continue;
        auto* const queue = next_for(lane);
        if (queue == nullptr) continue;
        order next = std::move(queue->front());
        queue->pop_front();
        start(lane, std::move(next));
    }
}

/// returns   where its next order waits; null if there is none for this lane
std::deque<cold_reads::order>* cold_reads::next_for(std::size_t lane) {
    bool const followers_first = lane == 1;
    auto& first = of(followers_first ? reason::follower : reason::fetch);
    auto& second = of(followers_first ? reason::fetch : reason::follower);
    if (!first.empty()) return &first;
    if (!second.empty()) return &second;
    return lane == 0 || of(reason::ahead).empty() ? nullptr : &of(reason::ahead);
}

void cold_reads::start(std::size_t lane, order&& next) {
    auto const made = std::make_shared<chronik::wal::settled_visit>();
    auto what = std::exchange(next.what, {});
    auto passed = std::exchange(next.passed, {});
    running_[lane] = std::move(next);
    with_.run(
        lane,
        [memory = with_.memory, what = std::move(what), passed = std::move(passed), made] {
            *made = chronik::wal::visit_settled(what, memory.bring);
            if (!passed.empty()) memory.cool(passed.view());
        },
        [this, lane, made, alive = alive_] {
            if (*alive) finish(lane, *made);
        });
}

void cold_reads::finish(std::size_t lane, chronik::wal::settled_visit const& made) {
    auto done = std::move(*running_[lane]);
    running_[lane].reset();
    if (made.error) {
        ++failures_;
        log_.error({.group = done.group}, "cannot read {}: {}", made.file, made.error.message());
    }
    auto& sum = counted_[static_cast<std::size_t>(done.why)];
    ++sum.reads;
    sum.bytes += made.bytes;
    if (done.why == reason::ahead) {
        groups_ahead_.erase(done.group);
        bytes_ahead_ -= done.bytes;
    } else {
        --waiting_;
    }
    start_what_waits();
    if (done.done) done.done(made);
}

}  // namespace broker::partitions
