// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cluster/metadata_log.hpp>

#include <asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace broker {

/// Producer ids that no other broker gives: from blocks that the metadata group hands out.
///
/// A block that is not used up when the broker stops is lost; there are 2^63.
/// threads   the loop's
class producer_ids {
public:
    static constexpr std::uint32_t block_size = 1000;

    explicit producer_ids(metadata_log& commands) : commands_(&commands) {}

    /// The next id; nothing if the metadata could not be changed in time.
    asio::awaitable<std::optional<std::int64_t>> next(chronik::duration limit) {
        if (next_ == end_) {
            metadata::allocate_producer_ids command;
            command.count = block_size;
            auto const outcome = co_await commands_->submit(std::move(command), limit);
            if (!outcome.applied || outcome.applied->outcome != metadata::error::none) co_return std::nullopt;
            // Two requests may have asked at once; the block that came last is used, the other is lost.
            next_ = outcome.applied->first_producer_id;
            end_ = next_ + block_size;
        }
        co_return static_cast<std::int64_t>(next_++);
    }

private:
    metadata_log* commands_;
    std::uint64_t next_ = 0;
    std::uint64_t end_ = 0;
};

}  // namespace broker
