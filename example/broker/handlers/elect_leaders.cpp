// SPDX-License-Identifier: Apache-2.0
#include <handlers/elect_leaders.hpp>

#include <handlers/nodes.hpp>
#include <metadata/reassignment.hpp>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace broker::handlers {

namespace {

using namespace std::chrono_literals;
using wire::error_code;
namespace message = wire::elect_leaders;

/// A handover takes a round trip; one that has not come by then does not come.
constexpr std::chrono::milliseconds elections_limit = 10s;
/// The leader may have changed, or have been in the middle of another handover.
constexpr chronik::duration ask_interval = 2s;

class election {
public:
    election(context& in, message::request asked) : in_(in), asked_(std::move(asked)) {}

    asio::awaitable<message::response> hold() {
        message::response response;
        if (asked_.type != message::election_type::preferred && asked_.type != message::election_type::unclean) {
            response.error = error_code::invalid_request;
            co_return response;
        }
        name(*in_.cluster.image());
        auto const deadline =
            in_.loop.now() + std::chrono::milliseconds{std::clamp(
                                 asked_.timeout_ms, 0, static_cast<std::int32_t>(elections_limit.count()))};
        while (settle(*in_.cluster.image())) {
            auto const left = deadline - in_.loop.now();
            if (left <= chronik::duration::zero()) break;
            std::function<bool(metadata::image const&)> settled = [this](metadata::image const& image) {
                return std::ranges::all_of(wanted_, [&](one const& each) {
                    return !each.waits || why_not(image, each) != error_code::request_timed_out;
                });
            };
            ask(*in_.cluster.image());
            co_await in_.cluster.until(std::move(settled), std::min<chronik::duration>(left, ask_interval));
        }
        for (auto& each : wanted_) {
            // Of all partitions, only those are told that somebody else had to lead.
            if (!asked_.topics && each.said.error == error_code::election_not_needed) continue;
            if (response.results.empty() || response.results.back().topic != each.topic)
                response.results.push_back({each.topic, {}});
            response.results.back().partitions.push_back(std::move(each.said));
        }
        co_return response;
    }

private:
    struct one {
        std::string topic;
        message::partition_result said;
        bool waits = true;
        bool asked = false;
    };

    void name(metadata::image const& image) {
        auto const add = [&](std::string const& topic, std::int32_t partition) {
            wanted_.push_back({topic, {partition, error_code::none, std::nullopt}});
        };
        if (asked_.topics) {
            for (auto const& topic : *asked_.topics)
                for (auto const partition : topic.partitions) add(topic.topic, partition);
            return;
        }
        image.for_each_topic([&](metadata::topic const& topic) {
            for (std::size_t at = 0; at < topic.groups.size(); ++at) add(topic.name, static_cast<std::int32_t>(at));
        });
    }

    static metadata::partition const* find(metadata::image const& image, one const& of) {
        auto const* const topic = image.find_topic(of.topic);
        auto const at = of.said.partition_id;
        return topic == nullptr || at < 0 ? nullptr : image.find_partition(*topic, static_cast<std::size_t>(at));
    }

    /// request_timed_out: the preferred replica can lead and does not yet.
    error_code why_not(metadata::image const& image, one const& of) const {
        auto const* const state = find(image, of);
        if (state == nullptr) return error_code::unknown_topic_or_partition;
        if (asked_.type == message::election_type::unclean)
            return reachable(image, state->leader) ? error_code::election_not_needed
                                                   : error_code::eligible_leaders_not_available;
        auto const preferred = state->replicas.front();
        if (!reachable(image, preferred)) return error_code::preferred_leader_not_available;
        if (state->leader == preferred) return of.asked ? error_code::none : error_code::election_not_needed;
        // Without a leader nobody can hand over; Raft finds one, and perhaps this one.
        bool const in_sync = metadata::holds(state->isr, preferred);
        return in_sync ? error_code::request_timed_out : error_code::preferred_leader_not_available;
    }

    /// returns   whether anything is still to be waited for
    bool settle(metadata::image const& image) {
        bool waiting = false;
        for (auto& each : wanted_) {
            if (!each.waits) continue;
            each.said.error = why_not(image, each);
            each.waits = each.said.error == error_code::request_timed_out;
            waiting = waiting || each.waits;
            each.said.error_message = text(each.said.error);
        }
        return waiting;
    }

    void ask(metadata::image const& image) {
        for (auto& each : wanted_) {
            if (!each.waits) continue;
            auto const& state = *find(image, each);
            each.asked = true;
            in_.cluster.ask_to_hand_over(state, state.replicas.front());
        }
    }

    static std::optional<std::string> text(error_code why) {
        switch (why) {
            case error_code::none: return std::nullopt;
            case error_code::election_not_needed: return "The leader is the one that was asked for.";
            case error_code::unknown_topic_or_partition: return "There is no such partition.";
            case error_code::preferred_leader_not_available:
                return "The preferred replica is not there, or not in sync.";
            case error_code::eligible_leaders_not_available:
                return "No replica is elected here that lacks what was acknowledged: start those that have it.";
            default: return "The preferred replica does not lead yet.";
        }
    }

    context& in_;
    message::request asked_;
    std::vector<one> wanted_;
};

asio::awaitable<void> run(context& in, message::request asked, answer<message::response> done) {
    election held{in, std::move(asked)};
    auto const response = co_await held.hold();
    done(response);
}

}  // namespace

void handle(context& in, request_info const&, message::request&& asked, answer<message::response> done) {
    in.loop.start(run(in, std::move(asked), std::move(done)));
}

}  // namespace broker::handlers
