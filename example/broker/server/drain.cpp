// SPDX-License-Identifier: Apache-2.0
#include <server/broker.hpp>

#include <algorithm>
#include <chrono>

/// How a broker stops: in the order in which others depend on it.
namespace broker {

namespace {

using namespace std::chrono_literals;

/// How long a stopping broker waits until the metadata names the leaders that it handed over to.
constexpr chronik::duration report_limit = 500ms;
/// Nobody waits longer for the last answers of a stopping broker.
constexpr chronik::duration answers_limit = 2s;

}  // namespace

/// Hands over leaderships, answers what was asked, makes everything durable, and leaves.
asio::awaitable<void> broker_node::drain() {
    phase_ = node_phase::draining;
    status_.set(snapshot());
    auto const deadline = loop_.now() + config_.drain_timeout;
    co_await cluster_.announce_draining();
    std::size_t const led = partitions_.led();
    bool const moved = co_await hand_over(deadline);
    log_.info("handed over the leadership of {} partitions{}", led, moved ? "" : ", not all of them in time");

    groups_.stop();
    clients_.drain();
    polls_.sweep(chronik::never);
    timer rest{loop_};
    auto const answers_deadline = std::min(deadline, loop_.now() + answers_limit);
    for (; loop_.now() < answers_deadline; clients_.sweep(loop_.now())) {
        if (clients_.idle() && logs_.storage_idle()) break;
        co_await rest.pause(5ms);
    }
    clients_.stop();
    cluster_.stop();
    stopping_ = true;
    links_.stop();
    driver_.stop();
    close_journal();
    log_.info("stopped cleanly");
    loop_.context().stop();
}

asio::awaitable<bool> broker_node::hand_over(chronik::time_point deadline) {
    timer rest{loop_};
    partitions::departure leaving;
    auto moved_at = loop_.now();
    while (loop_.now() < deadline) {
        auto const now = loop_.now();
        std::size_t left = partitions_.hand_over(leaving, *cluster_.image(), now);
        if (auto* const metadata = logs_.find(metadata_group); metadata->is_leader())
            left += partitions::hand_over(leaving, logs_, *metadata, *cluster_.image(), now) ? 1 : 0;
        driver_.request_turn();
        // Who asks another node is told of the new leaders, not of this one, before it goes.
        if (left == 0 && (!partitions_.names_this_node(*cluster_.image()) || now >= moved_at + report_limit))
            co_return true;
        if (left != 0) moved_at = now;
        co_await rest.pause(10ms);
    }
    co_return false;
}

/// With the loop's part over, what is left is done here and now: the last flush, and the mark that says so.
void broker_node::close_journal() {
    lanes_.stop();
    if (journal_->is_flushing()) return;  // its completion is lost with the loop; recovery finds what it wrote
    if (auto const done = journal_->flush(); !done)
        return fail(exit_code::storage, "the last flush failed: " + done.error().message());
    if (auto const closed = journal_->close(); !closed) {
        return log_.warn("the journal is left without its closing mark: {}", closed.error().message());
    }
    if (auto const done = journal_->flush(); !done)
        return fail(exit_code::storage, "the closing mark failed: " + done.error().message());
    housekeeping_.stop();
    states_.write_last();
}

}  // namespace broker
