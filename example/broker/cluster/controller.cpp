// SPDX-License-Identifier: Apache-2.0
#include <cluster/controller.hpp>

#include <metadata/placing.hpp>
#include <metadata/uuid_text.hpp>

#include <chrono>
#include <utility>

namespace broker {

namespace {

constexpr chronik::duration word_interval = std::chrono::minutes{1};

}  // namespace

void controller::lead(bool leads, metadata::image const& image, chronik::time_point now) {
    if (leads == leading_) return;
    leading_ = leads;
    planning_.reset();
    rebalancing_.reset();
    replacing_.reset();
    log_.info("{} the metadata group", leads ? "leading" : "no longer leading");
    if (!leads) return;
    leases_.reset(image, now);
    rebalancer_.reset(now);
    next_word_ = now;
    name_cluster(image);
}

void controller::name_cluster(metadata::image const& image) {
    if (!image.cluster_id.empty()) return;
    metadata::set_cluster_id command;
    command.cluster =
        config_->cluster_id.empty() ? metadata::to_text(metadata::new_uuid(chance_)) : config_->cluster_id;
    commands_->propose_here(command);
}

template <class Plan>
control::answer controller::propose(Plan planned) {
    control::answer answer{};
    for (std::uint32_t topic = 0; topic < planned.items.size(); ++topic) {
        auto const& item = planned.items[topic];
        if (!item) answer.problems.push_back({topic, item.error().why, item.error().message});
    }
    answer.decided = planned.command.topics.empty();
    if (answer.decided) return answer;
    auto const asker = planned.command.request;
    answer.proposed = commands_->propose_here(std::move(planned.command));
    if (answer.proposed) planning_ = asker;
    return answer;
}

std::optional<control::answer> controller::plan(control::plan_topics const& asked, metadata::image const& image) {
    if (!leading_ || planning_) return std::nullopt;
    metadata::planner const decide{
        {.partitions = config_->num_partitions, .replication = config_->replication_factor_default},
        chosen_placement{config_->placement}};
    return propose(decide(image, asked.request, asked.topics));
}

std::optional<control::answer> controller::plan(control::plan_partitions const& asked, metadata::image const& image) {
    if (!leading_ || planning_) return std::nullopt;
    metadata::partition_planner const decide{chosen_placement{config_->placement}};
    return propose(decide(image, asked.request, asked.topics));
}

void controller::applied(metadata::applied const& done) {
    if (planning_ == done.request) planning_.reset();
    if (rebalancing_ == done.request) rebalancing_.reset();
    if (replacing_ == done.request) replacing_.reset();
}

void controller::heard(chronik::node_id from, control::heartbeat const& beat, metadata::image const& image,
                       chronik::time_point now) {
    if (!leading_) return;
    leases_.heartbeat(from, beat.incarnation, beat.ready, now);
    look(image, now);
}

void controller::look(metadata::image const& image, chronik::time_point now) {
    if (!leading_) return;
    name_cluster(image);
    for (auto const& change : leases_.expire(image, now)) {
        log_.info("broker {} becomes {}", change.node.value,
                  change.status == metadata::broker_state::alive ? "alive" : "failed");
        commands_->propose_here(metadata::change_broker_status{{}, change.node, change.incarnation, change.status});
    }
    replace_lost(image, now);
    rebalance(image, now);
}

/// How long somebody has been away is remembered by whoever leads: the next one counts anew.
void controller::replace_lost(metadata::image const& image, chronik::time_point now) {
    auto const grace = config_->replace_failed_after;
    if (!config_->auto_rebalance || grace == chronik::duration::zero() || replacing_) return;
    for (auto const node : leases_.overdue(image, now, grace)) {
        if (auto const why = metadata::needed(image, node); !why.empty()) {
            log_.warn("broker {} has been away for too long, and nobody can take what it holds: {}", node.value, why);
            leases_.put_off(node, now + word_interval);
            continue;
        }
        metadata::replace_broker command{commands_->next_request(), node, image.find_broker(node)->incarnation};
        auto const request = command.request;
        if (!commands_->propose_here(std::move(command))) return;
        log_.warn("broker {} has been away for too long: others get what it holds", node.value);
        // Whether the cluster can do without another one is judged by an image without this one.
        replacing_ = request;
        return;
    }
}

void controller::rebalance(metadata::image const& image, chronik::time_point now) {
    if (!leading_ || planning_ || rebalancing_) return;
    auto const step = rebalancer_.look(image, use_.votes, now);
    if (step.proposes()) propose(step, image);
    if (step.refused) say_why(step.refused, now);
    for (auto const& each : step.handovers) use_.ask_to_hand_over(*image.find_partition(each.group), each.to);
    if (!step.handovers.empty()) log_.info("asked for {} leaders to be the preferred ones", step.handovers.size());
}

void controller::propose(rebalance_step const& step, metadata::image const& image) {
    // One after the other: the last one stands for all, as they are applied in this order.
    auto const propose = [this](auto command) {
        command.request = commands_->next_request();
        auto const request = command.request;
        if (!commands_->propose_here(std::move(command))) return rebalancer_.forget_plan();
        rebalancing_ = request;
    };
    for (auto const node : step.emptied) {
        log_.info("broker {} holds nothing any more: it is decommissioned", node.value);
        propose(metadata::change_broker_status{
            {}, node, image.find_broker(node)->incarnation, metadata::broker_state::decommissioned});
    }
    if (step.over) {
        log_.info("rebalance {} is over: nothing is left to move", step.over->value);
        propose(metadata::finish_rebalance{{}, *step.over});
    }
    if (step.moves.empty()) return;
    log_.info("rebalance {}: {} partitions move, and {} wait", image.balance.since.value,
              image.moving().size() + step.moves.size(), rebalancer_.waiting());
    propose(metadata::plan_moves{{}, step.moves});
}

void controller::say_why(rebalance_refusal const& refused, chronik::time_point now) {
    if (now < next_word_) return;
    next_word_ = now + word_interval;
    log_.warn("cannot rebalance: {}", refused.text);
}

}  // namespace broker
