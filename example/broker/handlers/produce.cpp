// SPDX-License-Identifier: Apache-2.0
#include <handlers/produce.hpp>

#include <groups/offsets_topic.hpp>

#include <algorithm>
#include <chrono>
#include <memory>

namespace broker::handlers {

namespace {

using chronik::errc;
using partitions::replica;
using wire::error_code;
namespace message = wire::produce;

constexpr std::int16_t acks_none = 0;
constexpr std::int16_t acks_leader = 1;
constexpr std::int16_t acks_all = -1;
/// No request is remembered for longer, whatever its client asks for.
constexpr std::int32_t timeout_ms_max = 600'000;

/// One request, until its last partition has an outcome or its time is over.
struct pending {
    pending(answer<message::response> to, context& in, std::int16_t wanted)
        : done(std::move(to)), timeouts(&in.timeouts), acks(wanted) {}

    answer<message::response> done;
    deadlines* timeouts;
    std::int16_t acks;
    message::response response;
    std::size_t outstanding = 1;  ///< the request itself, until all its partitions are started
    std::optional<deadlines::handle> deadline;
    bool answered = false;

    message::partition_response& at(std::size_t topic, std::size_t partition) {
        return response.topics[topic].partitions[partition];
    }

    /// A partition whose outcome will come later. Until then it says what is true if it does not come in time: it may
    /// still commit, and nobody knows.
    void wait_for(message::partition_response& answer) {
        ++outstanding;
        answer.error = error_code::request_timed_out;
        answer.base_offset = -1;
    }
    void finish_one() {
        if (--outstanding == 0) finish();
    }
    void finish() {
        if (std::exchange(answered, true)) return;
        if (deadline) timeouts->cancel(*deadline);
        if (acks != acks_none) return done(response);
        // Nobody reads an answer here; a closed connection is how this client learns that something failed.
        bool const failed = std::ranges::any_of(response.topics, [](auto const& topic) {
            return std::ranges::any_of(topic.partitions, [](auto const& one) { return one.error != error_code::none; });
        });
        if (failed) return done.close("a produce request with acks=0 failed");
        done.nothing();
    }
};

void refuse(message::partition_response& answer, error_code error, char const* why = nullptr) {
    answer.error = error;
    answer.base_offset = -1;
    if (why != nullptr) answer.error_message = why;
}

/// What became of a batch that was appended. Of one that may still commit NOT_LEADER_OR_FOLLOWER would be untrue, and
/// so would KAFKA_STORAGE_ERROR of one that this node could not sync: clients take both for "not written", and the
/// next start may find it, or other replicas have it.
error_code outcome_of_append(std::error_code error) {
    if (!error) return error_code::none;
    bool const may_be_there =
        error == errc::unknown_outcome || error == errc::closed || error == errc::storage_failed;
    return may_be_there ? error_code::not_enough_replicas_after_append : to_kafka(error);
}

/// What can be wrong before the log is asked.
error_code check(replica const& target, wire::batch_view const& batch, std::int16_t acks) {
    if (batch.size() > target.message_bytes_max) return error_code::message_too_large;
    if (batch.is_transactional()) return error_code::invalid_txn_state;
    if (acks == acks_all && target.in_sync_now.size() < static_cast<std::size_t>(target.min_insync_replicas)) {
        return error_code::not_enough_replicas;
    }
    // What cannot be read cannot be cleaned, and what has no key would be.
    if (target.cleanup.compacts) return wire::validate_records(batch, wire::keys::required);
    if (batch.compression() == wire::compression_type::none) return wire::validate_records(batch);
    return error_code::none;
}

class partition_append {
public:
    partition_append(context& in, std::shared_ptr<pending> request, std::size_t topic, std::size_t partition)
        : in_(in), request_(std::move(request)), topic_(topic), partition_(partition) {}

    void start(replica& target, chronik::shared_bytes const& records, chronik::time_point now) {
        auto const batch = wire::single_batch(records.view());
        if (!batch) return refuse(slot(), batch.error());
        target.appended.begin(target.core().term(), target.state().producers(), target.applied());
        auto const producer = partitions::producer_of(*batch);
        // It takes nothing more, and its successor is about to lead.
        if (target.core().transferring()) return put_off(target, producer, error_code::not_leader_or_follower);
        if (auto const problem = check(target, *batch, request_->acks); problem != error_code::none) {
            if (problem == error_code::not_enough_replicas) return put_off(target, producer, problem);
            return refuse(slot(), problem);
        }
        auto const known = target.appended.check(producer);
        slot().log_start_offset = static_cast<std::int64_t>(target.log_start().value);
        switch (known.verdict) {
            case partitions::sequence_verdict::append: return append(target, records, *batch, producer, now);
            case partitions::sequence_verdict::duplicate: return wait_for_earlier(target, known.earlier);
            case partitions::sequence_verdict::early: return refuse(slot(), error_code::not_enough_replicas);
            case partitions::sequence_verdict::out_of_order:
                return refuse(slot(), error_code::out_of_order_sequence_number);
            case partitions::sequence_verdict::fenced: return refuse(slot(), error_code::invalid_producer_epoch);
        }
    }

private:
    host::done_type told() {
        return [request = request_, topic = topic_, partition = partition_](auto const& outcome) {
            auto& answer = request->at(topic, partition);
            answer.error = outcome_of_append(outcome.error);
            answer.base_offset = outcome.error ? -1 : static_cast<std::int64_t>(outcome.base_offset.value);
            request->finish_one();
        };
    }

    message::partition_response& slot() { return request_->at(topic_, partition_); }

    /// Refuses a batch that its producer will send again, and what it has sent behind it as well.
    void put_off(replica& target, partitions::producer_batch const& producer, error_code why) {
        target.appended.put_off(producer);
        refuse(slot(), why);
    }

    void append(replica& target, chronik::shared_bytes const& records, wire::batch_view const& batch,
                partitions::producer_batch const& producer, chronik::time_point now) {
        // The bytes are this request's own receive buffer, which nobody else has seen yet.
        auto* const writable = const_cast<std::byte*>(batch.bytes().data());
        auto const next = target.core().next_offset();
        wire::stamp({writable, batch.size()}, static_cast<std::int64_t>(next.value), target.leader_epoch());

        auto const level =
            request_->acks == acks_all ? chronik::acknowledge::committed : chronik::acknowledge::on_this_node;
        std::uint32_t const copies =
            request_->acks == acks_all ? static_cast<std::uint32_t>(target.min_insync_replicas) : 0;
        auto const payload =
            records.slice(static_cast<std::size_t>(batch.bytes().data() - records.data()), batch.size());
        auto const accepted =
            in_.logs.propose(target.group(), payload, static_cast<std::uint32_t>(batch.record_count()), level, copies,
                             now, request_->acks == acks_none ? host::done_type{} : told());
        if (!accepted && accepted.error() == errc::busy)
            return put_off(target, producer, to_kafka(accepted.error()));
        if (!accepted) return refuse(slot(), to_kafka(accepted.error()));
        CHRONIK_ASSERT(accepted->base_offset == next);
        in_.moved.produced_bytes += payload.size();
        if (producer.producer_id >= 0) target.appended.append(producer, {accepted->index, accepted->base_offset});
        if (request_->acks != acks_none) request_->wait_for(slot());
    }

    /// The batch is in the log already. The answer is as durable as the first one was to be.
    void wait_for_earlier(replica& target, partitions::batch_place earlier) {
        slot().base_offset = static_cast<std::int64_t>(earlier.base_offset.value);
        if (request_->acks == acks_none || earlier.index <= target.applied()) return;
        request_->wait_for(slot());
        in_.logs.await(target.group(), {earlier.index, target.core().term(), earlier.base_offset},
                       chronik::acknowledge::committed, static_cast<std::uint32_t>(target.min_insync_replicas), told());
    }

    context& in_;
    std::shared_ptr<pending> request_;
    std::size_t topic_;
    std::size_t partition_;
};

}  // namespace

void handle(context& in, request_info const& info, message::request&& asked, answer<message::response> done) {
    auto const request = std::make_shared<pending>(std::move(done), in, asked.acks);
    auto const now = in.loop.now();
    bool const acks_known = asked.acks == acks_all || asked.acks == acks_none || asked.acks == acks_leader;
    auto const& image = in.cluster.image();

    request->response.topics.reserve(asked.topics.size());
    for (auto const& topic : asked.topics) {
        auto& answers = request->response.topics.emplace_back();
        answers.name = topic.name;
        answers.partitions.resize(topic.partitions.size());
        for (std::size_t i = 0; i < topic.partitions.size(); ++i)
            answers.partitions[i].index = topic.partitions[i].index;
    }
    for (std::size_t t = 0; t < asked.topics.size(); ++t) {
        auto const& topic = asked.topics[t];
        for (std::size_t p = 0; p < topic.partitions.size(); ++p) {
            auto& answer = request->at(t, p);
            auto const found = in.find_leader(*image, topic.name, topic.partitions[p].index);
            if (groups::is_internal(topic.name)) {
                refuse(answer, error_code::invalid_topic_exception, "this topic is written by brokers alone");
            } else if (!acks_known) {
                refuse(answer, error_code::invalid_required_acks);
            } else if (asked.transactional_id) {
                refuse(answer, error_code::invalid_txn_state, "transactions are not supported by this broker");
            } else if (!found) {
                refuse(answer, found.error());
                if (info.version() >= 10)
                    in.hint_leader(*image, topic.name, answer.index, answer.current_leader,
                                   request->response.node_endpoints);
            } else if (!topic.partitions[p].records) {
                refuse(answer, error_code::invalid_record,
                       "a produce request carries one record batch for each partition");
            } else {
                partition_append{in, request, t, p}.start(**found, *topic.partitions[p].records, now);
            }
        }
    }
    in.request_turn();
    if (request->outstanding > 1) {
        std::chrono::milliseconds const limit{std::clamp(asked.timeout_ms, 0, timeout_ms_max)};
        request->deadline = in.timeouts.add(now + limit, [request] {
            request->deadline.reset();
            request->finish();
        });
    }
    request->finish_one();
}

}  // namespace broker::handlers
