// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker_world/client.hpp>
#include <broker_world/history.hpp>
#include <wire/error_code.hpp>
#include <wire/messages/fetch.hpp>
#include <wire/record_batch.hpp>
#include <wire/records.hpp>

#include <asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace broker::world {

/// Where a consumer stands in a partition.
struct position {
    place where;
    std::int64_t next = 0;
    std::int32_t epoch = -1;  ///< of the last record that was read
    std::int64_t shown = 0;   ///< the high watermark of the last answer
};

/// Reads a partition as consumers do: asks its leader, in the epoch that it knows, from a position on, and moves that
/// over what comes. Everything that comes goes to the history.
///
/// threads   one for each world
class reading {
public:
    explicit reading(client& by) : client_(&by) {}

    /// One fetch. False if it came to nothing: the leader is another, or nobody answered.
    asio::awaitable<bool> fetch(position& at, std::int32_t wait_ms) {
        auto const known = client_->leader_of(at.where);
        if (known.node == chronik::no_node) {
            co_await client_->back_off();
            static_cast<void>(co_await client_->refresh(at.where.topic));
            co_return false;
        }
        auto const asked = request_of(at, known, wait_ms);
        auto const told = co_await client_->ask<wire::fetch::response>(known.node, asked, version,
                                                                       client::request_limit);
        bool const is_one = told && told->topics.size() == 1 && told->topics[0].partitions.size() == 1;
        if (!is_one) {
            static_cast<void>(co_await client_->refresh(at.where.topic));
            co_return false;
        }
        auto const& said = told->topics[0].partitions[0];
        if (said.error != wire::error_code::none) {
            expect_harmless(at, said.error);
            co_await client_->back_off();
            static_cast<void>(co_await client_->refresh(at.where.topic));
            co_return false;
        }
        if (said.diverging_epoch.epoch >= 0) {
            report(at, "what was read is not in the log of a later leader");
            co_return false;
        }
        client_->in().records().shown(at.where, known.epoch, said.high_watermark);
        // Each answer was heard before the next was asked for.
        if (said.high_watermark < at.shown) report(at, "the high watermark goes back");
        at.shown = said.high_watermark;
        if (said.records) take(at, said.records->flat(), said.high_watermark);
        co_return true;
    }

private:
    wire::fetch::request request_of(position const& at, client::leader const& from, std::int32_t wait_ms) const {
        wire::fetch::request made;
        made.max_wait_ms = wait_ms;
        made.min_bytes = 1;
        auto& topic = made.topics.emplace_back();
        topic.name = at.where.topic;
        auto& one = topic.partitions.emplace_back();
        one.partition = at.where.partition;
        one.current_leader_epoch = from.epoch;
        one.fetch_offset = at.next;
        one.last_fetched_epoch = at.epoch;
        one.partition_max_bytes = 16 * 1024;
        return made;
    }

    void expect_harmless(position const& at, wire::error_code said) {
        using enum wire::error_code;
        bool const is_harmless = said == not_leader_or_follower || said == leader_not_available ||
                                 said == unknown_topic_or_partition || said == fenced_leader_epoch ||
                                 said == unknown_leader_epoch || said == kafka_storage_error;
        if (!is_harmless) report(at, "a fetch was told " + std::string{wire::name(said)});
    }

    void take(position& at, std::vector<std::byte> const& bytes, std::int64_t high_watermark) {
        wire::batch_cursor batches{bytes};
        while (auto const batch = batches.next()) {
            if (wire::validate(*batch) != wire::error_code::none) return report(at, "a batch that was read is damaged");
            auto const plain = wire::decompressed(*batch);
            if (!plain) return report(at, "a batch that was read cannot be decompressed");
            if (batch->base_offset() > at.next) return report(at, "a fetch skips records");
            wire::record_cursor records{plain->bytes, batch->record_count()};
            while (auto const record = records.next()) {
                auto const offset = batch->base_offset() + record->offset_delta;
                if (offset < at.next) continue;
                if (offset >= high_watermark) return report(at, "a fetch shows what is not committed");
                auto const value = record->value.value_or(std::span<std::byte const>{});
                client_->in().records().fetched(at.where, offset,
                                                {reinterpret_cast<char const*>(value.data()), value.size()});
                at.next = offset + 1;
                at.epoch = batch->leader_epoch();
            }
        }
    }

    void report(position const& at, std::string const& what) {
        client_->in().found().report(to_string(at.where) + " at offset " + std::to_string(at.next) + ": " + what);
    }

    /// From this version on a fetch says which epoch was read last, and hears where its history and the log part.
    static constexpr std::int16_t version = 12;

    client* client_;
};

/// Reads every partition of the plan from its beginning on. Now and then it begins a partition again, which was settled
/// meanwhile, until it is told to calm down.
class reader {
public:
    reader(world& in, std::uint32_t number, std::uint64_t seed)
        : client_(in, "reader" + std::to_string(number), seed), from_(client_) {
        for (auto const& topic : in.planned().topics)
            for (std::int32_t each = 0; each < topic.partitions; ++each) at_.push_back({.where = {topic.name, each}});
    }

    void start() { client_.loop().start(run()); }
    void calm_down() { is_calm_ = true; }
    /// Everything that is committed has been read.
    bool is_at_the_end() const {
        for (auto const& each : at_)
            if (each.next < client_.in().records().end_of(each.where)) return false;
        return true;
    }

private:
    asio::awaitable<void> run() {
        while (true) {
            for (auto& each : at_) static_cast<void>(co_await from_.fetch(each, 100));
            if (!is_calm_ && client_.chance().chance(5)) begin_again();
            co_await client_.back_off();
        }
    }

    void begin_again() {
        auto& one = at_[static_cast<std::size_t>(client_.chance().below(at_.size()))];
        one.next = 0;
        one.epoch = -1;
    }

    client client_;
    reading from_;
    std::vector<position> at_;
    bool is_calm_ = false;
};

}  // namespace broker::world
