// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <admin/commands.hpp>
#include <admin/snapshot.hpp>

#include <chronik/base/time.hpp>

#include <string>

namespace broker {

/// What an HTTP path answers; docs/operating/ports.md lists them. No I/O.
struct answer {
    int status = 200;
    std::string body;
    std::string content_type = "application/json";
};

answer health_answer(bool stale, chronik::duration snapshot_age);
answer readiness_answer(node_snapshot const&);
answer status_answer(node_snapshot const&);
/// Brokers, what they hold, and what moves.
answer cluster_answer(node_snapshot const&);
answer reply_answer(admin::reply const&);
answer metrics_answer(node_snapshot const&);
answer error_answer(int status);

}  // namespace broker
