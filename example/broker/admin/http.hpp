// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <admin/command_gate.hpp>
#include <admin/snapshot.hpp>
#include <settings/exit.hpp>

#include <chronik/base/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace broker {

/// At the same time: those that are answered, and those that wait.
inline constexpr std::size_t http_connections_max = 68;

struct http_options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  ///< 0: any free one, for tests
    admin::command_gate* commands = nullptr;  ///< outlives the server; null: it takes none
    bool commands_from_anywhere = false;      ///< else from this machine only

    /// A running node whose snapshot is older than this is not healthy: its event loop hangs. Unset: not looked at.
    std::optional<chronik::duration> stale_after = std::nullopt;
    std::function<chronik::time_point()> monotonic = [] {
        return chronik::time_point(std::chrono::steady_clock::now().time_since_epoch());
    };
};

/// Metrics, health and readiness over HTTP, on threads of its own: it answers from the latest snapshot and does not ask
/// the event loop, so that it works best when something else does not. Only what changes the cluster goes there,
/// through the gate. docs/operating/ports.md has the paths.
class http_server {
public:
    /// source   outlives the server
    /// errors   exit_code::configuration when the port cannot be opened
    static startup<http_server> start(http_options, published<node_snapshot> const& source);

    http_server(http_server&&) noexcept;
    http_server& operator=(http_server&&) noexcept;
    ~http_server();

    std::uint16_t port() const;

    /// Answers what has been received, closes everything and returns; at most the second a slow client may take.
    void stop();

private:
    struct parts;
    explicit http_server(std::unique_ptr<parts>);

    std::unique_ptr<parts> parts_;
};

}  // namespace broker
