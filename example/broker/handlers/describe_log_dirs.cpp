// SPDX-License-Identifier: Apache-2.0
#include <handlers/describe_log_dirs.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace broker::handlers {

namespace {

namespace message = wire::describe_log_dirs;

using names = std::set<std::pair<std::string, std::int32_t>>;

bool wanted(std::optional<names> const& named, partitions::replica const& one) {
    return !named || named->contains({one.topic(), one.partition()});
}

message::partition describe(partitions::replica const& held) {
    message::partition one;
    one.partition_index = held.partition();
    one.partition_size = static_cast<std::int64_t>(held.payload_bytes());
    one.offset_lag = static_cast<std::int64_t>(held.log_end() - held.high_watermark());
    return one;
}

}  // namespace

void handle(context& in, request_info const&, message::request&& asked, answer<message::response> done) {
    message::response response;
    auto& folder = response.results.emplace_back();
    std::error_code failed;
    auto const where = std::filesystem::absolute(in.settings.data_dir, failed).lexically_normal();
    folder.log_dir = failed ? in.settings.data_dir : where.string();
    auto const space = std::filesystem::space(where, failed);
    if (!failed) {
        folder.total_bytes = static_cast<std::int64_t>(space.capacity);
        folder.usable_bytes = static_cast<std::int64_t>(space.available);
    }
    std::optional<names> named;
    if (asked.topics) {
        named.emplace();
        for (auto& topic : *asked.topics)
            for (auto const partition : topic.partitions) named->emplace(topic.name, partition);
    }
    std::map<std::string, std::vector<message::partition>> topics;
    for (auto const& [group, held] : in.partitions.replicas())
        if (wanted(named, *held)) topics[held->topic()].push_back(describe(*held));
    for (auto& [name, held] : topics) folder.topics.push_back({name, std::move(held)});
    done(response);
}

}  // namespace broker::handlers
