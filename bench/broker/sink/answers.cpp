// SPDX-License-Identifier: Apache-2.0
#include <broker/sink/answers.hpp>

#include <wire/api_table.hpp>
#include <wire/headers.hpp>
#include <wire/record_batch.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace sink {

namespace {

namespace wire = broker::wire;
using wire::error_code;

constexpr std::int32_t own_node = 1;
constexpr std::int16_t acks_none = 0;

constexpr std::array served{wire::produce::request::key,       wire::list_offsets::request::key,
                            wire::metadata::request::key,      wire::api_versions::request::key,
                            wire::create_topics::request::key, wire::init_producer_id::request::key};

bool is_served(std::int16_t key) { return std::ranges::find(served, key) != served.end(); }

wire::topic_id number_id(std::uint64_t number) {
    wire::topic_id id;
    std::memcpy(id.bytes.data(), &number, sizeof number);
    return id;
}

/// The broker's own list, not only what is served here: from the versions of Fetch a client concludes which format of
/// batches it may send, and it is to send this server what it sends the broker.
wire::api_versions::response reply_to(wire::api_versions::request const&, address const&, ledger&) {
    return wire::supported_apis();
}

wire::metadata::topic describe(std::string const& name, topic const* known) {
    wire::metadata::topic told;
    told.name = name;
    if (known == nullptr) {
        told.error = error_code::unknown_topic_or_partition;
        return told;
    }
    told.id = known->id;
    for (std::size_t i = 0; i < known->partitions.size(); ++i) {
        auto& one = told.partitions.emplace_back();
        one.partition_index = static_cast<std::int32_t>(i);
        one.leader_id = own_node;
        one.leader_epoch = 0;
        one.replica_nodes = one.isr_nodes = {own_node};
    }
    return told;
}

wire::metadata::response reply_to(wire::metadata::request const& asked, address const& self, ledger& received) {
    wire::metadata::response told;
    told.brokers.push_back({own_node, self.host, self.port, std::nullopt});
    told.cluster_id = "receive-only";
    told.controller_id = own_node;
    // Version 0 asks for all by naming none; a client that creates and loads one topic has no use for that.
    if (!asked.topics) {
        for (auto const& [name, known] : received.topics) told.topics.push_back(describe(name, &known));
        return told;
    }
    for (auto const& each : *asked.topics) {
        auto const name = each.name.value_or("");
        auto const found = received.topics.find(name);
        told.topics.push_back(describe(name, found == received.topics.end() ? nullptr : &found->second));
    }
    return told;
}

error_code create(wire::create_topics::topic_request const& asked, ledger& received) {
    if (received.topics.contains(asked.name)) return error_code::topic_already_exists;
    if (received.topics.size() >= ledger::topics_max || asked.num_partitions < 1 ||
        asked.num_partitions > ledger::partitions_max - received.partitions)
        return error_code::invalid_partitions;
    if (asked.replication_factor != 1) return error_code::invalid_replication_factor;
    if (!asked.configs.empty() || !asked.assignments.empty()) return error_code::invalid_request;
    received.partitions += asked.num_partitions;
    received.topics[asked.name] = {number_id(received.topics.size() + 1),
                                   std::vector<tally>(static_cast<std::size_t>(asked.num_partitions))};
    return error_code::none;
}

wire::create_topics::response reply_to(wire::create_topics::request const& asked, address const&, ledger& received) {
    wire::create_topics::response told;
    for (auto const& each : asked.topics) {
        auto& one = told.topics.emplace_back();
        one.name = each.name;
        one.error = create(each, received);
        if (one.error != error_code::none) continue;
        one.id = received.topics[each.name].id;
        one.num_partitions = each.num_partitions;
        one.replication_factor = each.replication_factor;
        one.configs.emplace();
    }
    return told;
}

wire::init_producer_id::response reply_to(wire::init_producer_id::request const&, address const&, ledger& received) {
    wire::init_producer_id::response told;
    told.producer_id = received.producers++;
    return told;
}

/// Counts the batches of one partition, all or none.
error_code count(std::span<std::byte const> records, tally& into) {
    tally sum = into;
    wire::batch_cursor cursor{records};
    while (auto const batch = cursor.next()) {
        if (batch->magic() != wire::batch_view::magic_supported || batch->record_count() < 1)
            return error_code::corrupt_message;
        sum.records += static_cast<std::uint64_t>(batch->record_count());
        sum.bytes += batch->size();
        ++sum.batches;
    }
    if (!cursor.rest().empty() || records.empty()) return error_code::corrupt_message;
    into = sum;
    return error_code::none;
}

wire::produce::response reply_to(wire::produce::request const& asked, address const&, ledger& received) {
    ++received.produce_requests;
    wire::produce::response told;
    told.topics.reserve(asked.topics.size());
    for (auto const& topic : asked.topics) {
        auto& answers = told.topics.emplace_back();
        answers.name = topic.name;
        answers.partitions.reserve(topic.partitions.size());
        for (auto const& partition : topic.partitions) {
            auto& one = answers.partitions.emplace_back();
            one.index = partition.index;
            one.base_offset = -1;
            auto* const known = received.find(topic.name, partition.index);
            if (known == nullptr) {
                one.error = error_code::unknown_topic_or_partition;
                continue;
            }
            auto const base = static_cast<std::int64_t>(known->records);
            one.error = partition.records ? count(partition.records->view(), *known) : error_code::invalid_record;
            if (one.error == error_code::none) one.base_offset = base;
        }
    }
    return told;
}

wire::list_offsets::response reply_to(wire::list_offsets::request const& asked, address const&, ledger& received) {
    namespace message = wire::list_offsets;
    message::response told;
    for (auto const& topic : asked.topics) {
        auto& answers = told.topics.emplace_back();
        answers.name = topic.name;
        for (auto const& partition : topic.partitions) {
            auto& one = answers.partitions.emplace_back();
            one.partition_index = partition.partition_index;
            auto const* const known = received.find(topic.name, partition.partition_index);
            if (known == nullptr) {
                one.error = error_code::unknown_topic_or_partition;
            } else if (partition.timestamp == message::latest_timestamp) {
                one.offset = static_cast<std::int64_t>(known->records);
            } else if (partition.timestamp == message::earliest_timestamp) {
                one.offset = 0;
            } else {
                one.error = error_code::invalid_request;
            }
        }
    }
    return told;
}

/// Whether the client waits for an answer.
template <class Request>
bool is_answered(Request const&) {
    return true;
}
bool is_answered(wire::produce::request const& asked) { return asked.acks != acks_none; }

template <class Request>
chronik::result<std::vector<chronik::shared_bytes>> answer_as(wire::request_frame const& frame, address const& self,
                                                              ledger& received) {
    auto const asked = wire::decode<Request>(frame.body, frame.header.api_version);
    if (!asked) return std::unexpected(asked.error());
    auto const told = reply_to(*asked, self, received);
    if (!is_answered(*asked)) return {};
    return wire::frame_response(frame.header, told);
}

}  // namespace

chronik::result<std::vector<chronik::shared_bytes>> answer(std::span<std::byte const> request, address const& self,
                                                           ledger& received) {
    ++received.requests;
    received.received_bytes += wire::frame_prefix_bytes + request.size();
    // Nobody keeps a part of it: the reader's buffer needs no owner.
    auto const frame = wire::read_request(chronik::shared_bytes{nullptr, request});
    if (!frame) return std::unexpected(frame.error());
    auto const& header = frame->header;
    auto const* const api = wire::find_api(header.api_key);
    if (api == nullptr || !is_served(header.api_key))
        return chronik::failure(chronik::errc::unsupported_version);
    if (!api->serves(header.api_version)) {
        if (header.api_key != wire::api_versions::request::key)
            return chronik::failure(chronik::errc::unsupported_version);
        return wire::frame_unsupported_api_versions(header.correlation_id);
    }
    switch (header.api_key) {
        case wire::produce::request::key: return answer_as<wire::produce::request>(*frame, self, received);
        case wire::list_offsets::request::key: return answer_as<wire::list_offsets::request>(*frame, self, received);
        case wire::metadata::request::key: return answer_as<wire::metadata::request>(*frame, self, received);
        case wire::api_versions::request::key: return answer_as<wire::api_versions::request>(*frame, self, received);
        case wire::create_topics::request::key: return answer_as<wire::create_topics::request>(*frame, self, received);
        default: return answer_as<wire::init_producer_id::request>(*frame, self, received);
    }
}

}  // namespace sink
