// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <handlers/reply.hpp>
#include <wire/headers.hpp>

#include <utility>

namespace broker::handlers {

/// What a handler knows of a request besides its body.
struct request_info {
    wire::request_header header;
    caller from;

    wire::schema::version version() const { return header.api_version; }
};

/// Called once with the answer to a request; dropped, it closes the connection.
template <class Response>
class answer {
public:
    answer(wire::request_header header, reply to) : header_(std::move(header)), to_(std::move(to)) {}

    void operator()(Response const& response) {
        auto frame = wire::frame_response(header_, response);
        // A version that cannot say what we answered is our mistake; the client must not wait for ever for it.
        if (!frame) return to_.close("the answer does not fit the request's version");
        to_.send(std::move(*frame));
    }

    /// For a request that wants none: produce with acks=0.
    void nothing() { to_.send_nothing(); }
    void close(char const* reason) { to_.close(reason); }

private:
    wire::request_header header_;
    reply to_;
};

}  // namespace broker::handlers
