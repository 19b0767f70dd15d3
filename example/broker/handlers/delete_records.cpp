// SPDX-License-Identifier: Apache-2.0
#include <handlers/delete_records.hpp>

#include <groups/offsets_topic.hpp>
#include <partitions/command.hpp>

#include <chronik/base/assert.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace broker::handlers {

namespace {

using wire::error_code;
namespace message = wire::delete_records;

/// No request is remembered for longer, whatever its client asks for.
constexpr std::int32_t timeout_ms_max = 600'000;

/// One request, until its last partition has an outcome or its time is over.
class pending : public std::enable_shared_from_this<pending> {
public:
    pending(context& in, answer<message::response> done) : in_(in), done_(std::move(done)) {}

    void start(message::request const& asked) {
        auto const image = in_.cluster.image();
        std::set<std::pair<std::string_view, std::int32_t>> seen;
        for (auto const& topic : asked.topics) {
            auto& answers = response_.topics.emplace_back();
            answers.name = topic.name;
            answers.partitions.resize(topic.partitions.size());
            for (std::size_t at = 0; at < topic.partitions.size(); ++at) {
                auto const& partition = topic.partitions[at];
                answers.partitions[at].partition_index = partition.partition_index;
                answers.partitions[at].low_watermark = -1;
                bool const first = seen.emplace(topic.name, partition.partition_index).second;
                place const here{response_.topics.size() - 1, at};
                answers.partitions[at].error =
                    first ? begin(*image, topic.name, partition, here) : error_code::invalid_request;
            }
        }
        in_.request_turn();
        if (outstanding_ > 1) {
            std::chrono::milliseconds const limit{std::clamp(asked.timeout_ms, 0, timeout_ms_max)};
            deadline_ = in_.timeouts.add(in_.loop.now() + limit, [self = shared_from_this()] {
                self->deadline_.reset();
                self->finish();
            });
        }
        finish_one();
    }

private:
    /// Of a partition in the answer.
    struct place {
        std::size_t topic;
        std::size_t partition;
    };

    message::partition_response& at(place where) { return response_.topics[where.topic].partitions[where.partition]; }

    /// returns   what the partition's answer says as long as nothing else has come
    error_code begin(metadata::image const& image, std::string const& topic, message::partition_request const& asked,
                     place where) {
        if (groups::is_internal(topic)) return error_code::invalid_topic_exception;
        auto const found = in_.find_leader(image, topic, asked.partition_index);
        if (!found) return found.error();
        partitions::replica const& target = **found;
        auto const* const policy = image.find_topic(topic)->config("cleanup.policy");
        if (policy != nullptr && policy->find("delete") == std::string::npos) return error_code::policy_violation;
        auto const end = static_cast<std::int64_t>(target.high_watermark().value);
        auto const before = asked.offset == message::all_records ? end : asked.offset;
        if (before < 0 || before > end) return error_code::offset_out_of_range;
        chronik::log_offset const wanted{static_cast<std::uint64_t>(before)};
        if (wanted <= target.log_start()) {
            at(where).low_watermark = static_cast<std::int64_t>(target.log_start().value);
            return error_code::none;
        }
        auto payload = partitions::command_set::encode(partitions::delete_records{wanted});
        CHRONIK_ASSERT(payload.has_value());
        auto told = [self = shared_from_this(), group = target.group(), where](auto const& outcome) {
            self->take(group, outcome.error, where);
        };
        auto const accepted =
            in_.logs.propose(target.group(), std::move(*payload), 0, chronik::acknowledge::committed, 0,
                             in_.loop.now(), std::move(told));
        if (!accepted) return to_kafka(accepted.error());
        ++outstanding_;
        // True if nothing comes in time: it may still commit, and nobody knows.
        return error_code::request_timed_out;
    }

    void take(chronik::group_id group, std::error_code error, place where) {
        auto& answer = at(where);
        auto const* const held = in_.partitions.find(group);
        answer.error = error ? to_kafka(error) : error_code::none;
        if (!error && held != nullptr) answer.low_watermark = static_cast<std::int64_t>(held->log_start().value);
        if (!error && held == nullptr) answer.error = error_code::unknown_topic_or_partition;
        finish_one();
    }

    void finish_one() {
        if (--outstanding_ == 0) finish();
    }
    void finish() {
        if (std::exchange(answered_, true)) return;
        if (deadline_) in_.timeouts.cancel(*deadline_);
        done_(response_);
    }

    context& in_;
    answer<message::response> done_;
    message::response response_;
    std::size_t outstanding_ = 1;  ///< the request itself, until all its partitions are started
    std::optional<deadlines::handle> deadline_;
    bool answered_ = false;
};

}  // namespace

void handle(context& in, request_info const&, message::request&& asked, answer<message::response> done) {
    std::make_shared<pending>(in, std::move(done))->start(asked);
}

}  // namespace broker::handlers
