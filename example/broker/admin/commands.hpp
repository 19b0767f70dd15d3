// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chronik/base/ids.hpp>

#include <cstdint>
#include <string>
#include <variant>

/// What an operator asks for over HTTP; docs/operating/ports.md has the paths.
namespace broker::admin {

/// "This broker leaves." It is emptied, and then decommissioned.
struct decommission {
    chronik::node_id node;
};

/// "It stays after all", or comes back.
struct keep {
    chronik::node_id node;
};

/// "Let this node in." It is started, or about to be, at that address, and joins.
struct admit {
    chronik::node_id node;
    std::string host;
    std::uint16_t kafka_port = 0;
    std::uint16_t rpc_port = 0;
};

/// "Make the load even."
struct rebalance {};

/// "Let this broker lead that partition."
struct transfer {
    std::string topic;
    std::uint32_t partition = 0;
    chronik::node_id to;
};

using command = std::variant<decommission, keep, admit, rebalance, transfer>;

/// status   HTTP's: 200 it is so, 202 it has begun, everything else is a refusal
struct reply {
    int status = 200;
    std::string text;
};

}  // namespace broker::admin
