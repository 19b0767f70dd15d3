// SPDX-License-Identifier: Apache-2.0
#include <settings/ports.hpp>
#include <settings/settings_table.hpp>

#include <fmt/format.h>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <memory>

namespace broker {
namespace {

std::error_code last_error() { return {errno, std::generic_category()}; }

std::error_code try_listen_at(addrinfo const& at) {
    int const socket = ::socket(at.ai_family, at.ai_socktype | SOCK_CLOEXEC, at.ai_protocol);
    if (socket < 0) return last_error();
    // As a listener of ours does, so that connections in TIME_WAIT of a broker that just stopped do not count.
    int const yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    std::error_code error;
    if (::bind(socket, at.ai_addr, at.ai_addrlen) != 0 || ::listen(socket, 1) != 0) error = last_error();
    ::close(socket);
    return error;
}

}  // namespace

std::string listen_problem(port_use const& use, std::string_view address, std::uint16_t port, std::error_code error) {
    std::string const which = fmt::format("port {} ({})", port, use.purpose);
    std::string const derived = use.distance == 0 ? "" : fmt::format(" (kafka_port + {} unless set)", use.distance);
    if (error == std::errc::address_in_use) {
        return fmt::format("{} is in use: set {}{} to another", which, places(use.setting), derived);
    }
    if (error == std::errc::permission_denied || error == std::errc::operation_not_permitted) {
        return fmt::format(
            "{} may not be opened by this user: set {}{} to one above 1023, or grant CAP_NET_BIND_SERVICE", which,
            places(use.setting), derived);
    }
    if (error == std::errc::address_not_available) {
        return fmt::format("{} cannot be opened: {} is not an address of this machine: set {}", which, address,
                           places("bind_addr"));
    }
    return fmt::format("{} cannot be opened on {}: {}: check {} and {}", which, address, error.message(),
                       places("bind_addr"), places(use.setting));
}

std::error_code try_listen(std::string const& address, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* found = nullptr;
    if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
        return std::make_error_code(std::errc::address_not_available);
    }
    std::unique_ptr<addrinfo, void (*)(addrinfo*)> const kept(found, &::freeaddrinfo);
    return try_listen_at(*found);
}

bool is_wildcard(std::string_view address) {
    if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
    std::string const text(address);
    in_addr v4{};
    in6_addr v6{};
    if (::inet_aton(text.c_str(), &v4) != 0) return v4.s_addr == INADDR_ANY;
    return ::inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_UNSPECIFIED(&v6);
}

}  // namespace broker
