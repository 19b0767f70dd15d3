// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/context.hpp>

#include <asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace broker::handlers {

/// What became of one topic that was to be created, or to grow.
struct creation {
    wire::error_code error = wire::error_code::none;
    std::optional<std::string> message;
};

/// Creates topics from any node: planned and proposed by the metadata leader, committed, applied here, and led by
/// somebody. What cannot be finished in time says so; asked again with the same name it is found to exist.
///
/// topic_id of each request is set here. returns   one for each request, in order
asio::awaitable<std::vector<creation>> create_topics(context& in, std::vector<metadata::create_request>& topics,
                                                     chronik::duration limit);

/// Adds partitions to topics, in the same way.
asio::awaitable<std::vector<creation>> create_partitions(context& in, std::vector<metadata::growth_request> topics,
                                                         chronik::duration limit);

}  // namespace broker::handlers
