// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../figures/process.hpp"
#include "child_process.hpp"

#include <chronik/posix/descriptor.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <vector>

/// What TCP between two processes of this machine can do at best.
namespace chronik::bench {

namespace detail {

inline void tune(int socket) {
    int const on = 1;
    if (::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) std::abort();
}

/// flags   MSG_DONTWAIT: asks again and again instead of sleeping
inline bool receive_all(int socket, std::byte* into, std::size_t bytes, int flags) {
    while (bytes > 0) {
        auto const got = ::recv(socket, into, bytes, flags);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (got <= 0) return false;
        into += got;
        bytes -= static_cast<std::size_t>(got);
    }
    return true;
}
inline bool send_all(int socket, std::byte const* from, std::size_t bytes) {
    while (bytes > 0) {
        auto const sent = ::send(socket, from, bytes, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return false;
        from += sent;
        bytes -= static_cast<std::size_t>(sent);
    }
    return true;
}

/// A socket that listens on loopback, at a port that the system gives, and where that is.
struct any_port {
    posix::descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in where{};

    any_port() {
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof where;
        auto* const address = reinterpret_cast<sockaddr*>(&where);
        bool const listens = ::bind(socket.number(), address, size) == 0 && ::listen(socket.number(), 1) == 0 &&
                             ::getsockname(socket.number(), address, &size) == 0;
        if (!listens) std::abort();
    }
    posix::descriptor accept() const {
        posix::descriptor taken{::accept4(socket.number(), nullptr, nullptr, SOCK_CLOEXEC)};
        if (!taken) std::abort();
        tune(taken.number());
        return taken;
    }
    posix::descriptor connect() const {
        posix::descriptor made{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        auto const* const address = reinterpret_cast<sockaddr const*>(&where);
        if (::connect(made.number(), address, sizeof where) != 0) std::abort();
        tune(made.number());
        return made;
    }
};

}  // namespace detail

/// How a process waits for a message: the kernel wakes it, or it asks again and again.
enum class waits { asleep, spinning };

/// Another process that sends back what it gets, in messages of one size.
class echo_process {
public:
    echo_process(std::size_t bytes, waits how)
        : message_(bytes, std::byte{7}), flags_(how == waits::spinning ? MSG_DONTWAIT : 0), other_([&] { echo(); }),
          socket_(port_.connect()) {}

    double round_trip_ns() {
        auto const begin = steady::now();
        bool const back = detail::send_all(socket_.number(), message_.data(), message_.size()) &&
                          detail::receive_all(socket_.number(), message_.data(), message_.size(), flags_);
        if (!back) std::abort();
        return nanoseconds(steady::now() - begin);
    }

private:
    void echo() {
        auto const from = port_.accept();
        while (detail::receive_all(from.number(), message_.data(), message_.size(), flags_) &&
               detail::send_all(from.number(), message_.data(), message_.size())) {
        }
    }

    detail::any_port port_;
    std::vector<std::byte> message_;
    int flags_;
    child_process other_;
    posix::descriptor socket_;
};

/// Bytes in a second that go to another process, which only receives, in writes of `size`.
inline double loopback_bytes_per_second(std::size_t size, std::size_t writes) {
    detail::any_port const port;
    std::vector<std::byte> message(size, std::byte{7});
    child_process const other{[&] {
        auto const from = port.accept();
        for (std::size_t nth = 0; nth < writes; ++nth) {
            if (!detail::receive_all(from.number(), message.data(), message.size(), 0)) return;
        }
        static_cast<void>(detail::send_all(from.number(), message.data(), 1));
    }};
    auto const socket = port.connect();
    auto const begin = steady::now();
    for (std::size_t nth = 0; nth < writes; ++nth) {
        if (!detail::send_all(socket.number(), message.data(), message.size())) std::abort();
    }
    // The other has it all when it says so.
    if (!detail::receive_all(socket.number(), message.data(), 1, 0)) std::abort();
    return static_cast<double>(size * writes) / nanoseconds(steady::now() - begin) * 1e9;
}

}  // namespace chronik::bench
