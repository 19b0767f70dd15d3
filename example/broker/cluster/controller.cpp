// SPDX-License-Identifier: Apache-2.0
#include <cluster/controller.hpp>

#include <metadata/uuid_text.hpp>

#include <utility>

namespace broker {

void controller::lead(bool leads, metadata::image const& image, chronik::time_point now) {
    if (leads == leading_) return;
    leading_ = leads;
    planning_.reset();
    log_.info("{} the metadata group", leads ? "leading" : "no longer leading");
    if (!leads) return;
    leases_.reset(image, now);
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
    metadata::planner<> const decide{
        {.partitions = config_->num_partitions, .replication = config_->replication_factor_default}};
    return propose(decide(image, asked.request, asked.topics));
}

std::optional<control::answer> controller::plan(control::plan_partitions const& asked, metadata::image const& image) {
    if (!leading_ || planning_) return std::nullopt;
    return propose(metadata::partition_planner<>{}(image, asked.request, asked.topics));
}

void controller::applied(metadata::applied const& done) {
    if (planning_ == done.request) planning_.reset();
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
                  change.status == metadata::broker_status::alive ? "alive" : "failed");
        commands_->propose_here(metadata::change_broker_status{{}, change.node, change.incarnation, change.status});
    }
}

}  // namespace broker
