// SPDX-License-Identifier: Apache-2.0
#include <handlers/describe_topic_partitions.hpp>

#include <groups/offsets_topic.hpp>
#include <handlers/nodes.hpp>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace broker::handlers {

namespace {

using wire::error_code;
namespace message = wire::describe_topic_partitions;

/// What an answer holds at most, whatever the client asks for; Kafka's default too.
constexpr std::size_t partitions_max = 2'000;

/// Fills one page: topics by name from the cursor on, until it is full.
class page {
public:
    page(context const& in, message::request const& asked)
        : in_(in),
          image_(in.cluster.image()),
          ready_(in.cluster.ready()),
          settled_(in.cluster.settled()),
          asked_(asked) {
        auto const wanted = asked.response_partition_limit;
        left_ = wanted < 1 ? 1 : std::min(static_cast<std::size_t>(wanted), partitions_max);
    }

    message::response fill() {
        auto const names = wanted_names();
        auto at = names.begin();
        if (asked_.cursor) at = names.lower_bound(asked_.cursor->topic_name);
        for (; at != names.end() && !response_.next_cursor; ++at) {
            bool const resumed = asked_.cursor && asked_.cursor->topic_name == *at;
            add(*at, resumed ? static_cast<std::size_t>(std::max(asked_.cursor->partition_index, 0)) : 0);
        }
        return std::move(response_);
    }

private:
    std::set<std::string> wanted_names() const {
        std::set<std::string> names;
        for (auto const& each : asked_.topics) names.insert(each.name);
        if (asked_.topics.empty()) image_->for_each_topic([&](auto const& each) { names.insert(each.name); });
        return names;
    }

    void add(std::string const& name, std::size_t first) {
        auto const* const topic = image_->find_topic(name);
        // A topic without partitions in this answer counts as one: a page of unknown names is bounded too.
        if (left_ == 0) {
            response_.next_cursor = {name, static_cast<std::int32_t>(first)};
            return;
        }
        auto& out = response_.topics.emplace_back();
        out.name = name;
        if (topic == nullptr) {
            --left_;
            // Before the metadata is current nobody can say that something does not exist.
            out.error = ready_ ? error_code::unknown_topic_or_partition : error_code::leader_not_available;
            return;
        }
        out.id = topic->id;
        out.is_internal = groups::is_internal(name);
        if (!settled_) {
            --left_;
            out.error = error_code::leader_not_available;
            return;
        }
        std::size_t const end = std::min(topic->groups.size(), first + left_);
        for (std::size_t index = first; index < end; ++index) out.partitions.push_back(describe(*topic, index));
        left_ -= std::max<std::size_t>(out.partitions.size(), 1);
        if (end < topic->groups.size()) response_.next_cursor = {name, static_cast<std::int32_t>(end)};
    }

    message::partition describe(metadata::topic const& topic, std::size_t index) const {
        auto const& state = *image_->find_partition(topic, index);
        message::partition out;
        out.partition_index = static_cast<std::int32_t>(index);
        out.leader_id = reachable_leader(in_, *image_, state);
        out.leader_epoch = static_cast<std::int32_t>(state.leader_epoch.value);
        out.replica_nodes = numbers(state.replicas);
        out.isr_nodes = numbers(state.isr);
        out.offline_replicas = offline(*image_, state);
        // A replica that is out of sync never becomes leader here. Empty, not null: Java's client reads it as a list.
        out.eligible_leader_replicas.emplace();
        out.last_known_elr.emplace();
        if (out.leader_id < 0) out.error = error_code::leader_not_available;
        return out;
    }

    context const& in_;
    std::shared_ptr<metadata::image const> image_;
    bool ready_;
    bool settled_;
    message::request const& asked_;
    std::size_t left_ = 0;  ///< partitions that this page still takes
    message::response response_;
};

}  // namespace

void handle(context& in, request_info const&, message::request&& asked, answer<message::response> done) {
    done(page{in, asked}.fill());
}

}  // namespace broker::handlers
