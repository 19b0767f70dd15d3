// SPDX-License-Identifier: Apache-2.0
#include <server/broker.hpp>

#include <algorithm>
#include <chrono>

/// How a broker stops: in the order in which others depend on it.
namespace broker {

namespace {

using namespace std::chrono_literals;

/// Nobody waits longer for the last answers of a stopping broker.
constexpr chronik::duration answers_limit = 2s;

}  // namespace

/// Hands over leaderships, answers what was asked, makes everything durable, and leaves.
asio::awaitable<void> broker_node::drain() {
    phase_ = node_phase::draining;
    status_.set(snapshot());
    auto const deadline = loop_.now() + config_.drain_timeout;
    co_await engine_.leave(deadline);
    clients_.drain();
    timer rest{loop_};
    auto const answers_deadline = std::min(deadline, loop_.now() + answers_limit);
    for (; loop_.now() < answers_deadline; clients_.sweep(loop_.now())) {
        if (clients_.idle() && engine_.logs().storage_idle()) break;
        co_await rest.pause(5ms);
    }
    clients_.stop();
    engine_.stop();
    stopping_ = true;
    links_.stop();
    driver_.stop();
    close_journal();
    log_.info("stopped cleanly");
    loop_.context().stop();
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
    engine_.write_states();
}

}  // namespace broker
