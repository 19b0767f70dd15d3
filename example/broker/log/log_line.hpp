// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <settings/settings.hpp>

#include <chronik/base/ids.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace broker {

/// What a line is about, besides its words. Never a record's key or value.
struct log_fields {
    std::optional<chronik::group_id> group = std::nullopt;
    std::optional<chronik::log_term> term = std::nullopt;
    std::optional<chronik::node_id> peer = std::nullopt;
    std::string_view topic = {};
    std::optional<std::int32_t> partition = std::nullopt;
    std::optional<std::uint64_t> request_id = std::nullopt;
};

/// Fields of `first`, and of `second` where that has one.
log_fields merged(log_fields const& first, log_fields const& second);

struct log_line {
    std::chrono::system_clock::time_point at;
    log_level level = log_level::info;
    std::string_view component;
    chronik::node_id node;
    log_fields fields = {};
    std::string_view message;
    std::uint64_t suppressed = 0;  ///< lines of the same call that were not written before this one
};

/// One line without its end: ts level component node, then the fields that are there, msg, and suppressed if not 0.
/// docs/operating/logging.md has the names; text that needs it is quoted or escaped, so a line is always one line.
std::string as_logfmt(log_line const&);
std::string as_json(log_line const&);

}  // namespace broker
