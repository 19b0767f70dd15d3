// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/bytes.hpp>
#include <chronik/base/error.hpp>
#include <chronik/base/shared_bytes.hpp>

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace broker::groups {

/// Groups of consumers; others (Connect's, for example) have a protocol type and a subscription of their own.
inline constexpr std::string_view consumer_protocol_type = "consumer";

/// The topics of a consumer's subscription. Of its versions all begin alike: the version, then the topics.
///
/// errors   errc::malformed
/// source   Kafka's ConsumerProtocolSubscription
inline chronik::result<std::vector<std::string>> read_subscription(chronik::shared_bytes const& bytes) {
    chronik::byte_reader in{bytes.view()};
    auto const version = in.number<std::int16_t, std::endian::big>();
    auto const count = in.number<std::int32_t, std::endian::big>();
    std::vector<std::string> topics;
    for (std::int32_t at = 0; at < count && !in.failed(); ++at) {
        auto const size = in.number<std::int16_t, std::endian::big>();
        if (size < 0) return chronik::failure(chronik::errc::malformed);
        auto const name = in.run(static_cast<std::size_t>(size));
        topics.emplace_back(reinterpret_cast<char const*>(name.data()), name.size());
    }
    if (in.failed() || version < 0 || count < 0) return chronik::failure(chronik::errc::malformed);
    return topics;
}

}  // namespace broker::groups
