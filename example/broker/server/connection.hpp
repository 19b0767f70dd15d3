// SPDX-License-Identifier: Apache-2.0
#pragma once

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
#include <vector>

namespace broker {

/// Who is asking. Every request has a principal, also where everyone may do everything.
struct principal {
    std::string name = "ANONYMOUS";
};

struct connection_limits {
    std::size_t request_bytes_max = 100 * 1024 * 1024;
    std::size_t requests_in_flight_max = 128;  ///< of one connection; then it is not read any more
    chronik::duration receive_time_max = std::chrono::seconds{30};  ///< from a request's first byte to its last
};

/// Counters over all connections; the loop's.
struct connection_metrics {
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;    ///< over the limit of connections
    std::uint64_t malformed = 0;  ///< closed because its bytes made no sense
    std::uint64_t open = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t requests = 0;
};

class connection;

/// The place of one answer in the order of a connection's requests.
///
/// Exactly one of send, send_nothing and close is called. A reply that is dropped closes the connection: a client
/// that waits for ever is worse than one that reconnects.
class reply {
public:
    struct place {
        bool finished = false;
        std::vector<chronik::shared_bytes> parts;
        budget::share held;  ///< the request's bytes, until it is answered
    };

    reply(std::shared_ptr<connection> owner, std::shared_ptr<place> mine) : owner_(std::move(owner)), mine_(std::move(mine)) {}
    reply(reply&&) = default;
    reply& operator=(reply&&) = default;
    ~reply();

    /// parts   the whole answer, its length included, as a gather list
    void send(std::vector<chronik::shared_bytes> parts);
    /// For requests without an answer: produce with acks=0.
    void send_nothing();
    void close(char const* reason);

private:
    std::shared_ptr<connection> owner_;
    std::shared_ptr<place> mine_;
};

/// One client connection: reads requests, hands them on in order, writes the answers in the same order.
///
/// Requests of one connection are started in order and may be under way together, so a producer's batches share
/// a sync; answers that are ready go out in one gathering write.
/// threads   the loop's
class connection : public std::enable_shared_from_this<connection> {
public:
    /// body   one request without its length
    using request_handler = std::function<void(connection& from, chronik::shared_bytes body, reply answer)>;

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
    /// length and then nothing must not hold memory that others wait for.
    void expire(chronik::time_point now);

    std::string const& peer() const { return peer_; }
    principal const& who() const { return principal_; }
    /// Why the connection was closed by us; empty otherwise.
    std::string const& closed_because() const { return reason_; }

private:
    friend class reply;

    asio::awaitable<void> read_requests();
    asio::awaitable<bool> read_more(std::size_t at_least);
    asio::awaitable<void> read_request(std::size_t size);
    asio::awaitable<void> write_answers();
    void answered();
    void close(char const* reason);

    asio::ip::tcp::socket socket_;
    budget* memory_;
    connection_limits limits_;
    connection_metrics* metrics_;
    request_handler handle_;
    std::string peer_;
    principal principal_;
    std::string reason_;

    std::vector<std::byte> input_;  ///< what was received and not yet taken: bytes [taken_, filled_)
    std::size_t taken_ = 0;
    std::size_t filled_ = 0;
    std::deque<std::shared_ptr<reply::place>> answers_;
    asio::steady_timer answer_ready_;  ///< never expires; cancelled to wake the writer
    asio::steady_timer room_;          ///< never expires; cancelled when requests in flight became fewer
    chronik::time_point receiving_since_ = chronik::never;
    bool closed_ = false;
    bool draining_ = false;
};

}  // namespace broker
