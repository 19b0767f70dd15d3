// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker_world/client.hpp>
#include <broker_world/history.hpp>
#include <broker_world/plan.hpp>
#include <cluster/rendezvous.hpp>
#include <wire/batch_builder.hpp>
#include <wire/error_code.hpp>
#include <wire/messages/init_producer_id.hpp>
#include <wire/messages/produce.hpp>

#include <chronik/base/shared_bytes.hpp>

#include <asio/awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace broker::world {

/// Sends batches of new values until it is told to finish; then it ends as soon as it knows what came of the last ones,
/// and, if it may send again, has one more acknowledged in each partition.
///
/// An idempotent one has as many batches of a partition under way as clients do, and sends again, in order, those
/// without an acknowledgement. The others send one after the other, each once.
/// threads   one for each world
class producer {
public:
    producer(world& in, std::uint32_t number, guarantee how, std::uint64_t seed)
        : client_(in, "producer" + std::to_string(number), seed), number_(number), how_(how),
          window_max_(how == guarantee::exactly_once ? client_.chance().between(1, under_way_max)
                                                      : std::uint64_t{1}) {
        for (auto const& topic : in.planned().topics)
            for (std::int32_t each = 0; each < topic.partitions; ++each) places_.push_back({topic.name, each});
    }

    void start() { client_.loop().start(run()); }
    void finish() { finishing_ = true; }
    bool has_finished() const { return finished_; }
    std::string const& name() const { return client_.name(); }

private:
    /// What came of one try.
    enum class outcome : std::uint8_t {
        acknowledged,
        refused,   ///< it is not in the log, and never will be
        unknown,   ///< it may be in the log, or may still get there
    };
    struct batch {
        std::vector<history::value> values;
        std::int32_t sequence = -1;
        outcome came_of = outcome::unknown;
    };
    /// Batches of one partition that are under way together.
    struct round {
        round(event_loop& loop, std::size_t batches) : over(loop), left(batches) {}
        rendezvous<bool> over;
        std::size_t left;
    };

    asio::awaitable<void> run() {
        if (how_ == guarantee::exactly_once) co_await get_id();
        while (!finishing_) {
            auto const where = places_[static_cast<std::size_t>(client_.chance().below(places_.size()))];
            std::vector<batch> window;
            for (auto left = client_.chance().between(1, window_max_); left > 0; --left)
                window.push_back(new_batch(where));
            if (how_ == guarantee::none) co_await let_go(where, window.front());
            else co_await send(where, window);
            auto const most = std::chrono::duration_cast<std::chrono::milliseconds>(client_.in().planned().pause_max);
            co_await client_.back_off(most);
        }
        if (how_ == guarantee::exactly_once) co_await say_goodbye();
        finished_ = true;
    }

    /// Healed, each partition takes what it is sent.
    asio::awaitable<void> say_goodbye() {
        for (auto const& where : places_) {
            std::vector<batch> last;
            last.push_back(new_batch(where));
            co_await send(where, last);
        }
    }

    batch new_batch(place const& where) {
        batch made;
        for (auto left = client_.chance().between(1, 4); left > 0; --left)
            made.values.push_back(client_.in().records().send(where, how_, number_));
        auto& next = sequences_[where];
        made.sequence = next;
        next += static_cast<std::int32_t>(made.values.size());
        return made;
    }

    asio::awaitable<void> get_id() {
        while (id_ < 0) {
            wire::init_producer_id::request const asked;
            auto const at = client_.any_node();
            auto const told =
                co_await client_.ask<wire::init_producer_id::response>(at, asked, 4, client::request_limit);
            if (told && told->error == wire::error_code::none) {
                id_ = told->producer_id;
                epoch_ = told->producer_epoch;
            } else {
                co_await client_.back_off();
            }
        }
        if (epoch_ != 0) report("got a producer id that is not fresh");
    }

    /// Until all of them are acknowledged; or once, if a second try could write twice.
    asio::awaitable<void> send(place const& where, std::vector<batch>& window) {
        while (true) {
            auto const to = co_await find_leader(where);
            auto const now = std::make_shared<round>(client_.loop(), window.size());
            // Each begins before the next is started, and all go over one connection, so they arrive in order.
            auto const link = client_.link_to(to);
            for (auto& each : window) client_.loop().start(try_once(link, where, each, &each == &window.front(), now));
            static_cast<void>(co_await now->over.wait(client::request_limit * 2));
            if (how_ != guarantee::exactly_once) {
                if (window.front().came_of == outcome::refused) refuse(window.front());
                co_return;
            }
            std::erase_if(window, [](auto const& each) { return each.came_of == outcome::acknowledged; });
            if (window.empty()) co_return;
            co_await client_.back_off();
        }
    }

    asio::awaitable<void> try_once(std::shared_ptr<connection> link, place const& where, batch& what, bool is_first,
                                   std::shared_ptr<round> now) {
        what.came_of = outcome::unknown;
        auto const asked = request_of(where, what);
        auto const told = co_await client_.ask_over<wire::produce::response>(std::move(link), asked, version,
                                                                             client::request_limit);
        bool const is_one = told && told->topics.size() == 1 && told->topics[0].partitions.size() == 1;
        if (told && !is_one) report("an answer is about other partitions than were asked for");
        if (is_one) {
            auto const& said = told->topics[0].partitions[0];
            what.came_of = outcome_of(said.error, is_first);
            if (what.came_of == outcome::acknowledged) acknowledge(what, said.base_offset);
        }
        is_doubtful_ = is_doubtful_ || what.came_of != outcome::acknowledged;
        if (--now->left == 0) now->over.bring(true);
    }

    /// Without an answer, only that nobody took it is known.
    asio::awaitable<void> let_go(place const& where, batch& what) {
        auto const to = co_await find_leader(where);
        if (!client_.tell(to, request_of(where, what), version)) {
            refuse(what);
            is_doubtful_ = true;
        }
    }

    asio::awaitable<chronik::node_id> find_leader(place const& where) {
        // Where something went wrong, another may lead by now.
        bool is_known = !std::exchange(is_doubtful_, false);
        while (true) {
            auto const known = client_.leader_of(where).node;
            if (is_known && known != chronik::no_node) co_return known;
            is_known = co_await client_.refresh(where.topic);
            if (!is_known || client_.leader_of(where).node == chronik::no_node) co_await client_.back_off();
        }
    }

    outcome outcome_of(wire::error_code said, bool is_first) {
        using enum wire::error_code;
        switch (said) {
            case none: return outcome::acknowledged;
            case request_timed_out:
            case not_enough_replicas_after_append: return outcome::unknown;
            case not_leader_or_follower:
            case unknown_topic_or_partition:
            case leader_not_available:
            case not_enough_replicas: return outcome::refused;
            // The disk failed under it; what was written before may be found by a restart.
            case kafka_storage_error: return outcome::unknown;
            // The one before it was refused. The first of those without an acknowledgement follows what is in the log.
            case out_of_order_sequence_number:
                if (!is_first) return outcome::refused;
                break;
            default: break;
        }
        report("was told " + std::string{wire::name(said)});
        return outcome::unknown;
    }

    void acknowledge(batch const& what, std::int64_t base) {
        for (auto const each : what.values) client_.in().records().acknowledged(each, base < 0 ? -1 : base++);
    }
    void refuse(batch const& what) {
        for (auto const each : what.values) client_.in().records().refused(each);
    }
    void report(std::string const& what) { client_.in().found().report(name() + ": " + what); }

    wire::produce::request request_of(place const& where, batch const& what) {
        wire::batch_builder records;
        if (how_ == guarantee::exactly_once) records.producer(id_, epoch_, what.sequence);
        for (auto const each : what.values) {
            // As large as it takes for segments to fill.
            std::string const key(static_cast<std::size_t>(each % 7 == 0 ? 2'000 : 40), 'k');
            records.add(key, std::to_string(each), client_.loop().wall_ms());
        }
        wire::produce::request made;
        made.acks = how_ == guarantee::none ? std::int16_t{0} : how_ == guarantee::leader ? std::int16_t{1}
                                                                                         : std::int16_t{-1};
        made.timeout_ms = 2'000;
        auto& topic = made.topics.emplace_back();
        topic.name = where.topic;
        topic.partitions.push_back({where.partition, chronik::shared_bytes{records.build()}});
        return made;
    }

    static constexpr std::int16_t version = 9;
    /// As clients have it, and as many as brokers remember.
    static constexpr std::uint64_t under_way_max = 5;

    client client_;
    std::uint32_t number_;
    guarantee how_;
    std::uint64_t window_max_;
    std::vector<place> places_;
    std::int64_t id_ = -1;
    std::int16_t epoch_ = -1;
    std::map<place, std::int32_t> sequences_;  ///< of the next batch
    bool is_doubtful_ = true;                  ///< what is known of leaders
    bool finishing_ = false;
    bool finished_ = false;
};

}  // namespace broker::world
