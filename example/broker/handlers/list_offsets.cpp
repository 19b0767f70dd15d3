// SPDX-License-Identifier: Apache-2.0
#include <handlers/list_offsets.hpp>

#include <set>
#include <string_view>
#include <utility>

namespace broker::handlers {

namespace {

using partitions::replica;
using wire::error_code;
namespace message = wire::list_offsets;

void answer_offset(message::partition_response& answer, replica const& source, chronik::log_offset offset) {
    answer.offset = static_cast<std::int64_t>(offset.value);
    answer.leader_epoch = offset == source.high_watermark() ? source.leader_epoch() : source.epoch_before(offset + 1);
}

void answer_time(message::partition_response& answer,
                 chronik::result<std::optional<replica::timed_offset>> const& found) {
    if (!found) {
        answer.error = error_code::kafka_storage_error;
    } else if (*found) {
        answer.offset = static_cast<std::int64_t>((*found)->offset.value);
        answer.timestamp = (*found)->timestamp_ms;
        answer.leader_epoch = (*found)->leader_epoch;
    }
}

void look_up(context const& in, metadata::image const& image, std::string const& topic,
             message::partition_request const& asked, message::partition_response& answer) {
    auto const found = in.find_leader(image, topic, asked.partition_index);
    if (!found) {
        answer.error = found.error();
        return;
    }
    replica const& source = **found;
    answer.error = epoch_problem(source, asked.current_leader_epoch);
    if (answer.error != error_code::none) return;
    switch (asked.timestamp) {
        case message::latest_timestamp: return answer_offset(answer, source, source.high_watermark());
        case message::earliest_timestamp:
        case message::earliest_local_timestamp: return answer_offset(answer, source, source.log_start());
        case message::max_timestamp: return answer_time(answer, source.find_newest());
        case message::latest_tiered_timestamp: return;  // nothing is tiered: no offset, which is the answer for that
        default: break;
    }
    if (asked.timestamp < 0) {
        answer.error = error_code::invalid_request;
        return;
    }
    answer_time(answer, source.find_time(asked.timestamp));
}

}  // namespace

void handle(context& in, request_info const&, message::request&& asked, answer<message::response> done) {
    message::response response;
    auto const image = in.cluster.image();
    // Each partition once: a look-up by time may have to decompress a batch.
    std::set<std::pair<std::string_view, std::int32_t>> seen;
    for (auto const& topic : asked.topics) {
        auto& answers = response.topics.emplace_back();
        answers.name = topic.name;
        for (auto const& partition : topic.partitions) {
            auto& one = answers.partitions.emplace_back();
            one.partition_index = partition.partition_index;
            if (seen.emplace(topic.name, partition.partition_index).second)
                look_up(in, *image, topic.name, partition, one);
            else one.error = error_code::invalid_request;
        }
    }
    done(response);
}

}  // namespace broker::handlers
