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

/// "Make the load even."
struct rebalance {};

/// "Let this broker lead that partition."
struct transfer {
    std::string topic;
    std::uint32_t partition = 0;
    chronik::node_id to;
};

using command = std::variant<decommission, keep, rebalance, transfer>;

/// status   HTTP's: 200 it is so, 202 it has begun, everything else is a refusal
struct reply {
    int status = 200;
    std::string text;
};

}  // namespace broker::admin
