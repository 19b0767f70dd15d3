// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/reply.hpp>
#include <server/budget.hpp>

#include <chronik/base/shared_bytes.hpp>
#include <chronik/base/time.hpp>

#include <asio/awaitable.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace broker {

struct connection_limits {
    std::size_t request_bytes_max = 100 * 1024 * 1024;
    std::size_t requests_in_flight_max = 128;  ///< of one connection; then it is not read any more
    chronik::duration receive_time_max = std::chrono::seconds{30};  ///< from a request's first byte to its last
    chronik::duration send_pause_max = std::chrono::seconds{30};    ///< with an answer to send and no byte taken
    chronik::duration idle_time_max = std::chrono::minutes{10};     ///< without a request; Kafka's default
};

/// Counters over all connections; the loop's.
struct connection_metrics {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;    ///< over the limit of connections
    std::uint64_t malformed = 0;  ///< closed because its bytes made no sense
    std::uint64_t accepts_failed = 0;  ///< whoever connects waits; it is tried again
    std::error_code accept_error{};    ///< why, the last time
    std::uint64_t open = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t requests = 0;
};

/// One client connection: reads requests, hands them on in order, writes the answers in the same order.
///
/// Requests of one connection are started in order and may be under way together, so a producer's batches share
/// a sync; answers that are ready go out in one gathering write.
/// threads   the loop's
class connection final : public reply::owner, public std::enable_shared_from_this<connection> {
public:
    /// body   one request without its length
    using request_handler = std::function<void(caller const& from, chronik::shared_bytes body, reply answer)>;

    connection(asio::ip::tcp::socket socket, budget& memory, connection_limits limits, connection_metrics& metrics,
               request_handler handle);
    ~connection();

    void start();
    /// Closes at once; answers under way are dropped.
    void stop();
    /// Reads no further request and closes when all answers are out.
    void drain();
    bool closed() const { return closed_; }
    /// Closes the connection if it has been inside one request since before `now - receive_time_max`: who sends a
    /// length and then nothing must not hold memory that others wait for. The same for a client that asks and does
    /// not read: its answers keep segments of the log from being recycled. And for one that asks nothing any more.
    void expire(chronik::time_point now);

    /// Why the connection was closed by us; empty otherwise.
    std::string const& closed_because() const { return reason_; }

private:
    struct place : reply::place {
        budget::share held;  ///< the request's bytes, until it is answered
    };

    asio::awaitable<void> read_requests();
    asio::awaitable<bool> read_more(std::size_t at_least);
    asio::awaitable<void> read_request(std::size_t size);
    asio::awaitable<void> write_answers();
    void answered() override;
    void close(char const* reason) override;

    asio::ip::tcp::socket socket_;
    budget* memory_;
    connection_limits limits_;
    connection_metrics* metrics_;
    request_handler handle_;
    caller caller_;
    std::string reason_;

    std::vector<std::byte> input_;  ///< what was received and not yet taken: bytes [taken_, filled_)
    std::size_t taken_ = 0;
    std::size_t filled_ = 0;
    std::deque<std::shared_ptr<place>> answers_;
    asio::steady_timer answer_ready_;  ///< never expires; cancelled to wake the writer
    asio::steady_timer room_;          ///< never expires; cancelled when requests in flight became fewer
    chronik::time_point receiving_since_ = chronik::never;
    chronik::time_point idle_since_;  ///< the last request, or the beginning
    chronik::time_point sending_since_ = chronik::never;  ///< when the client last took something
    bool closed_ = false;
    bool draining_ = false;
};

}  // namespace broker
