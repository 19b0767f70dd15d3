// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <wire/messages/common.hpp>

/// InitProducerId, key 22, versions 0 to 5: every Java producer's first request, because idempotence is its default.
namespace broker::wire::init_producer_id {

struct request {
    std::optional<std::string> transactional_id;
    std::int32_t transaction_timeout_ms = 0;
    std::int64_t producer_id = -1;
    std::int16_t producer_epoch = -1;

    static constexpr std::int16_t key = 22;
    static constexpr schema::versions described_versions{0, 5};
    static constexpr schema::version flexible_since = 2;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"transactional_id", &request::transactional_id>{},
        field<"transaction_timeout_ms", &request::transaction_timeout_ms>{},
        field<"producer_id", &request::producer_id, since(3)>{},
        field<"producer_epoch", &request::producer_epoch, since(3)>{});
    bool operator==(request const&) const = default;
};

struct response {
    std::int32_t throttle_time_ms = 0;
    error_code error = error_code::none;
    std::int64_t producer_id = -1;
    std::int16_t producer_epoch = 0;

    static constexpr schema::versions described_versions{0, 5};
    static constexpr schema::version flexible_since = 2;
    static constexpr auto schema = boost::hana::make_tuple(
        field<"throttle_time_ms", &response::throttle_time_ms>{},
        field<"error_code", &response::error>{},
        field<"producer_id", &response::producer_id>{},
        field<"producer_epoch", &response::producer_epoch>{});
    bool operator==(response const&) const = default;
};

}  // namespace broker::wire::init_producer_id
