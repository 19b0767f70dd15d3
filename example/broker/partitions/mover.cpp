// SPDX-License-Identifier: Apache-2.0
#include <partitions/mover.hpp>

#include <metadata/reassignment.hpp>

#include <chronik/base/overloaded.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>

namespace broker::partitions {

using chronik::node_id;
using metadata::holds;

namespace {

constexpr chronik::duration word_interval = std::chrono::seconds{10};

std::string list(std::vector<node_id> const& nodes) {
    std::string text;
    for (node_id const node : nodes) text += fmt::format("{}{}", text.empty() ? "" : ",", node.value);
    return text.empty() ? "nobody" : text;
}

}  // namespace

std::vector<metadata::finished_move> mover::look(metadata::image const& image, chronik::time_point now) {
    std::erase_if(attempts_, [&](auto const& each) { return !image.moving().contains(each.first); });
    std::vector<metadata::finished_move> finished;
    for (auto const group : image.moving()) {
        replica const* const led = partitions_->find(group);
        if (led == nullptr || !led->serves()) continue;
        auto const& wanted = *image.find_partition(group);
        auto& tried = attempts_[group];
        if (tried.since != wanted.since) tried = {.since = wanted.since, .asked = {}};
        auto caught_up = led->in_sync.holding_all();
        caught_up.push_back(self_);
        auto done = step({wanted, *led, tried, std::move(caught_up)}, now);
        if (done) finished.push_back(*std::move(done));
        if (finished.size() == metadata::items_per_command_max) break;
    }
    return finished;
}

std::optional<metadata::finished_move> mover::step(move of, chronik::time_point now) {
    auto const& core = of.led.core();
    if (core.transferring()) return std::nullopt;
    auto const& members = core.members();
    chronik::cluster::group_view const view{.voters = members.voters,
                                            .learners = members.learners,
                                            .settled = core.members_settled() && core.can_serve(),
                                            .caught_up = of.caught_up};
    // Not fewer than now, nor than producers may ask for.
    auto const copies =
        std::max(of.led.in_sync_now.size(), static_cast<std::size_t>(std::max(of.led.min_insync_replicas, 1)));
    std::optional<metadata::finished_move> done;
    std::visit(chronik::overloaded{
                   [&](chronik::cluster::wait const& why) { say_why(of, why, now); },
                   [&](chronik::cluster::change const& to) { change(of, to, now); },
                   [&](chronik::cluster::finish const&) { done = finish(of, now); },
               },
               chronik::cluster::next_step(of.wanted.target, copies, view));
    return done;
}

void mover::change(move& of, chronik::cluster::change const& to, chronik::time_point now) {
    auto const& members = of.led.core().members();
    bool const exchanges = to.voters != members.voters;
    if (exchanges && !holds(to.voters, self_)) {
        // Who stays goes on with it, so that nobody has to be found when this leader is no member any more.
        for (node_id const heir : of.wanted.target) {
            bool const can_lead = members.is_voter(heir) && holds(of.caught_up, heir);
            if (can_lead && hand_over(of, heir, now)) return;
        }
    }
    chronik::raft::configuration next;
    next.voters = to.voters;
    next.learners = to.learners;
    auto const asked = logs_->change_members(of.led.group(), chronik::raft::normalized(std::move(next)), now);
    logger const log = log_.with({.group = of.led.group()});
    if (asked) {
        log.info("{}-{} moves to {}: voters {}, and {} learns", of.led.topic(), of.led.partition(),
                 list(of.wanted.target), list(to.voters), list(to.learners));
    } else if (asked.error() != chronik::errc::busy) {
        log.error("cannot change the members of {}-{}: {}", of.led.topic(), of.led.partition(),
                  asked.error().message());
    }
}

std::optional<metadata::finished_move> mover::finish(move& of, chronik::time_point now) {
    auto const& core = of.led.core();
    node_id const preferred = of.wanted.target.front();
    if (preferred != self_ && holds(of.caught_up, preferred) && hand_over(of, preferred, now)) return std::nullopt;
    auto isr = of.led.in_sync_now;
    std::ranges::sort(isr);
    // Somebody has left whom the last look still counted.
    if (!std::ranges::all_of(isr, [&](node_id node) { return holds(of.wanted.target, node); })) return std::nullopt;
    log_.info({.group = of.led.group()}, "{}-{} has moved to {}", of.led.topic(), of.led.partition(),
              list(of.wanted.target));
    return metadata::finished_move{.since = of.wanted.since,
                                   .members_at = core.members_index(),
                                   .state = {of.wanted.group, self_, core.term(), std::move(isr)}};
}

/// Once in a term: a replica that cannot take over must not hold the move up.
bool mover::hand_over(move& of, node_id to, chronik::time_point now) {
    auto const term = of.led.core().term();
    if (of.tried.asked == term) return false;
    of.tried.asked = term;
    log_.info({.group = of.led.group()}, "{}-{} moves: node {} takes over", of.led.topic(), of.led.partition(),
              to.value);
    return logs_->transfer(of.led.group(), to, now).has_value();
}

void mover::say_why(move& of, chronik::cluster::wait const& why, chronik::time_point now) {
    using reason = chronik::cluster::wait::reason;
    if (of.tried.next_word == chronik::time_point{}) of.tried.next_word = now + word_interval;
    if (now < of.tried.next_word) return;
    of.tried.next_word = now + word_interval;
    auto const missing = metadata::without(of.wanted.target, of.caught_up);
    logger const log = log_.with({.group = of.led.group()});
    switch (why.why) {
        case reason::change_under_way:
            return log.info("{}-{} moves: a change of its members is not committed yet", of.led.topic(),
                            of.led.partition());
        case reason::catching_up:
            return log.info("{}-{} moves: waits until {} has the log", of.led.topic(), of.led.partition(),
                            list(missing));
        case reason::too_few_copies:
            return log.warn("{}-{} moves: waits, because {} lacks records that only replicas that leave have",
                            of.led.topic(), of.led.partition(), list(missing));
    }
}

}  // namespace broker::partitions
