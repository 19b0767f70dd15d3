// SPDX-License-Identifier: Apache-2.0
#include <handlers/offset_for_leader_epoch.hpp>

namespace broker::handlers {

namespace {

namespace message = wire::offset_for_leader_epoch;

void look_up(context const& in, metadata::image const& image, std::string const& topic,
             message::partition_request const& asked, message::partition_response& answer) {
    answer.partition = asked.partition;
    auto const found = in.find_leader(image, topic, asked.partition);
    answer.error = found ? epoch_problem(**found, asked.current_leader_epoch) : found.error();
    if (answer.error != wire::error_code::none) return;
    auto const end = (*found)->end_of_epoch(asked.leader_epoch);
    answer.leader_epoch = end.epoch;
    answer.end_offset = end.end_offset;
}

}  // namespace

void handle(context& in, request_info const&, message::request&& asked, answer<message::response> done) {
    message::response response;
    auto const image = in.cluster.image();
    response.topics.reserve(asked.topics.size());
    for (auto const& topic : asked.topics) {
        auto& answers = response.topics.emplace_back();
        answers.name = topic.name;
        answers.partitions.reserve(topic.partitions.size());
        for (auto const& partition : topic.partitions)
            look_up(in, *image, topic.name, partition, answers.partitions.emplace_back());
    }
    done(response);
}

}  // namespace broker::handlers
